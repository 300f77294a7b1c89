/** A site with pages, a strict policy and a login, which has the chat on each of its pages. */
import { SECRET, signedWithSecret } from "./login.ts";

/** What the pages of a site differ in. */
export interface HostSiteOptions {
  /** The origin and path of the chat, without a slash at its end. */
  readonly chat: string;
  /** The attributes of the script's element. */
  readonly attributes?: string;
  /** What is in the pages beside. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const SITE_SCRIPT = `
  window.heard = [];
  const listen = () => {
    for (const event of ["ready", "unread", "open", "close", "message"])
      ClassicChatbox.on(event, (value) => heard.push([event, value]));
  };
  if (window.ClassicChatbox) listen();
  else document.querySelector("#embed").addEventListener("load", listen);
`;

/** Serves it at localhost, while the chat is at 127.0.0.1: two sites to a browser. */
export function startHostSite(options: HostSiteOptions): Bun.Server<undefined> {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => answer(request, options),
  });
}

/** The address of a page of the site. */
export function pageOf(site: Bun.Server<undefined>, path = "/"): string {
  return `http://localhost:${site.port}${path}`;
}

function answer(
  request: Request,
  { chat, attributes = "", body = "", headers = {} }: HostSiteOptions,
): Response {
  const { pathname } = new URL(request.url);
  const user = /\buser=([\w-]+)/.exec(request.headers.get("Cookie") ?? "")?.[1];
  switch (pathname) {
    case "/site.js":
      return new Response(SITE_SCRIPT, { headers: { "Content-Type": "text/javascript" } });
    case "/chat-token": {
      const claims = { sub: user, name: user, exp: Math.floor(Date.now() / 1000) + 600 };
      return user ? new Response(signedWithSecret(claims, {}, SECRET)) : new Response(null, { status: 403 });
    }
    case "/sign-in":
    case "/sign-out": {
      const name = new URL(request.url).searchParams.get("name") ?? "";
      const age = pathname === "/sign-in" ? 3600 : 0;
      return new Response(null, {
        status: 303,
        headers: { Location: "/", "Set-Cookie": `user=${name}; Max-Age=${age}; SameSite=Lax; HttpOnly` },
      });
    }
    case "/":
    case "/two":
    case "/three": {
      const token = user ? 'data-token-url="/chat-token"' : "";
      const origin = new URL(chat).origin;
      const policy = [
        "default-src 'none'",
        `script-src 'self' ${origin}`,
        `frame-src ${origin}`,
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ].join("; ");
      const html = `<!doctype html><html lang="en"><title>The site</title>
        <meta name="viewport" content="width=device-width">
        <main><h1>Page ${pathname}</h1><a href="/">One</a> <a href="/two">Two</a> <a href="/three">Three</a> ${body}</main>
        <script id="embed" src="${chat}/embed.js" ${attributes} ${token} async></script>
        <script src="/site.js"></script>`;
      return new Response(html, {
        headers: { "Content-Type": "text/html", "Content-Security-Policy": policy, ...headers },
      });
    }
    default:
      return new Response(null, { status: 204 });
  }
}

import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Readable } from "../engine/engine.ts";
import { type ClientFile, namedByContents } from "./content-names.ts";
import { type ReadingLanguage, readingLanguage, readingPage } from "./reading-page.ts";

const WEB_FOLDER = join(import.meta.dir, "../web");
const BUNDLED_NAME = "[name]-[hash].[ext]";

/** Where the page's scripts and styles are, each under a name that never means anything else. */
export const ASSETS = "/assets/";

/**
 * Nothing but this origin's own files and sockets, and no text of the wire can become markup or script.
 * `'self'` covers this origin's WebSockets as well (CSP level 3; Safari does so from 15.4).
 *
 * There is no `frame-ancestors` on purpose: people put a chat box into a frame on their own site. Framing gives a
 * foreign page nothing to abuse, since no cookie or other standing right comes with a click.
 */
export const CONTENT_SECURITY_POLICY = policyWith("'self' blob:");

/** For those who have chosen a background picture by its address: their own page may fetch pictures from elsewhere. */
const POLICY_WITH_PICTURES = policyWith("'self' blob: https:");

/** The page asks for that policy by a cookie, which says nothing about the person. */
const WANTS_PICTURES = /(?:^|;\s*)classic-chatbox-pictures=1(?:;|$)/;

function policyWith(pictures: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${pictures}`,
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

const MANIFEST = "/manifest.webmanifest";
const MANIFEST_TYPE = "application/manifest+json";

/** By this a browser offers to install the page like a program. */
const MANIFEST_JSON = {
  name: "Chat",
  short_name: "Chat",
  start_url: "/",
  display: "standalone",
  background_color: "#fbfaf8",
  theme_color: "#0b6e69",
  icons: [
    { src: "/icons/icon-192.png", sizes: "192x192", type: "image/png" },
    { src: "/icons/icon-512.png", sizes: "512x512", type: "image/png" },
    { src: "/icons/icon-maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
};

const SECURITY_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

const CACHE_ASSET = "public, max-age=31536000, immutable";
const CACHE_PAGE = "no-cache";
const CACHE_ICON = "public, max-age=86400";

/** The web client, ready to be served. */
export interface Pages {
  /**
   * The answer to an HTTP request that is no upgrade; undefined when `path` is none of the web client's.
   *
   * @param path of the request's URL. The caller has checked that a `/rooms/` path names a room, and that the
   *   request is a GET or HEAD.
   */
  respond(path: string, request: Request): Response | undefined;

  /** What the page loads from `/assets/`, by name. */
  readonly assets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  /** The newest messages of a room as a page that needs no JavaScript, made once for a list. */
  reading(
    room: string,
    messages: readonly Readable[],
    request: Request,
  ): { readonly response: Response; readonly bytes: number };
}

type Encoding = "br" | "gzip" | "identity";

interface Representation {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes a smaller body. */
  readonly better?: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** One file in each encoding worth sending, the smallest first. */
export type Resource = Map<Encoding, Representation>;

const gzipped = promisify(gzip);
const brotliCompressed = promisify(brotliCompress);
/**
 * A hundredth of the time that the best quality takes, for a tenth more bytes. The best would hold each start up for
 * longer than all else together, so a file is compressed like that once somebody has asked for it.
 */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * Builds the web client from its sources and keeps it in memory, compressed.
 *
 * @throws AggregateError when the sources do not build
 */
export async function buildPages(): Promise<Pages> {
  const resources = new Map(await iconResources());
  resources.set(
    MANIFEST,
    await resourceOf(bytesOf(JSON.stringify(MANIFEST_JSON)), MANIFEST_TYPE, CACHE_ICON),
  );
  const assets = new Map<string, Uint8Array<ArrayBuffer>>();
  let stylesheet = "";
  let pages: { strict: Resource; withPictures: Resource } | undefined;
  for (const { name, type, bytes } of await buildClient()) {
    if (name.endsWith(".html")) pages = await pageResources(bytes, type);
    else {
      assets.set(name, bytes);
      resources.set(ASSETS + name, await assetResource(name, bytes));
    }
    if (name.endsWith(".css")) stylesheet = ASSETS + name;
    if (/^icon-[0-9a-f]+\.svg$/.test(name))
      resources.set("/favicon.ico", await resourceOf(bytes, type, CACHE_ICON));
  }
  const readings = new WeakMap<readonly Readable[], Map<ReadingLanguage, Uint8Array<ArrayBuffer>>>();
  return {
    assets,
    respond(path, request) {
      const resource =
        path === "/" || path.startsWith("/rooms/") ? pageFor(pages, request) : resources.get(path);
      return resource && answer(resource, request);
    },
    reading(room, messages, request) {
      const language = readingLanguage(request.headers.get("Accept-Language") ?? "");
      const made = readings.get(messages) ?? new Map<ReadingLanguage, Uint8Array<ArrayBuffer>>();
      readings.set(messages, made);
      const body = made.get(language) ?? bytesOf(readingPage(room, messages, language, stylesheet));
      made.set(language, body);
      const headers = {
        "Content-Type": "text/html;charset=utf-8",
        "Cache-Control": "no-store",
        Vary: "Accept-Language",
        ...SECURITY_HEADERS,
      };
      return { response: new Response(body, { headers }), bytes: body.length };
    },
  };
}

/** Builds the web client. @throws AggregateError when the sources do not build */
export async function buildClient(): Promise<ClientFile[]> {
  const build = await Bun.build({
    entrypoints: [join(WEB_FOLDER, "page.html")],
    // Else the bundler would obey the one of the folder that the server was started in.
    tsconfig: join(WEB_FOLDER, "../../tsconfig.json"),
    target: "browser",
    minify: true,
    publicPath: ASSETS,
    naming: { entry: BUNDLED_NAME, chunk: BUNDLED_NAME, asset: BUNDLED_NAME },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = build.outputs.map(async (output) => ({
    name: basename(output.path),
    type: output.type,
    bytes: new Uint8Array(await output.arrayBuffer()),
  }));
  return namedByContents(await Promise.all(files));
}

/** What is answered for a file of the page, by whichever server it was built. */
export function assetResource(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Resource> {
  return resourceOf(bytes, Bun.file(name).type, CACHE_ASSET);
}

async function iconResources(): Promise<[string, Resource][]> {
  const icons = ["icon-192.png", "icon-512.png", "icon-maskable.png"];
  return Promise.all(
    icons.map(async (name): Promise<[string, Resource]> => {
      const bytes = await Bun.file(join(WEB_FOLDER, "icons", name)).bytes();
      return [`/icons/${name}`, await resourceOf(bytes, "image/png", CACHE_ICON)];
    }),
  );
}

async function pageResources(
  html: Uint8Array<ArrayBuffer>,
  type: string,
): Promise<{ strict: Resource; withPictures: Resource }> {
  // The bundler would look for a file of that name.
  const whole = new TextDecoder()
    .decode(html)
    .replace("</head>", `<link rel="manifest" href="${MANIFEST}"></head>`);
  const bytes = bytesOf(whole);
  const vary = "Accept-Encoding, Cookie";
  return {
    strict: await resourceOf(bytes, type, CACHE_PAGE, { Vary: vary }),
    withPictures: await resourceOf(
      bytes,
      type,
      CACHE_PAGE,
      { Vary: vary, "Content-Security-Policy": POLICY_WITH_PICTURES },
      "pictures-",
    ),
  };
}

function pageFor(
  pages: { strict: Resource; withPictures: Resource } | undefined,
  request: Request,
): Resource | undefined {
  return WANTS_PICTURES.test(request.headers.get("Cookie") ?? "") ? pages?.withPictures : pages?.strict;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** @param variant begins the tags of a resource that differs from another one only in its headers */
async function resourceOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  cacheControl: string,
  more: Readonly<Record<string, string>> = {},
  variant = "",
): Promise<Resource> {
  const hash = variant + Bun.hash(bytes).toString(36);
  const bodies: [Encoding, Uint8Array<ArrayBuffer>][] = [
    // In the background: a file of another server's page is compressed while people talk.
    ["br", new Uint8Array(await brotliCompressed(bytes, QUICK))],
    ["gzip", new Uint8Array(await gzipped(bytes, { level: 9 }))],
    ["identity", bytes],
  ];
  const better = async () => new Uint8Array(await brotliCompressed(bytes));
  return new Map(
    bodies.map(([encoding, body]) => {
      // Encodings differ in their bytes, so each needs a tag of its own.
      const tag = `"${hash}-${encoding}"`;
      const headers = {
        "Content-Type": type,
        ...(encoding === "identity" ? {} : { "Content-Encoding": encoding }),
        Vary: "Accept-Encoding",
        ETag: tag,
        "Cache-Control": cacheControl,
        ...SECURITY_HEADERS,
        ...more,
      };
      return [encoding, { body, tag, headers, ...(encoding === "br" ? { better } : {}) }];
    }),
  );
}

/** The answer to a request for a resource, in the best encoding that the browser takes, or that it has it already. */
export function answer(resource: Resource, request: Request): Response {
  const [encoding, form] = representationFor(resource, request.headers.get("Accept-Encoding") ?? "");
  const { body, tag, headers } = form;
  improve(resource, encoding, form);
  if (hasTag(request.headers.get("If-None-Match") ?? "", tag)) {
    return new Response(null, { status: 304, headers });
  }
  // Whoever sends it leaves the body away for HEAD, and keeps its length.
  return new Response(body, { headers });
}

/** Has later answers be smaller. Their tag stays: it tells files apart, and parts of a file are not given out. */
function improve(resource: Resource, encoding: Encoding, { better, ...form }: Representation): void {
  if (better === undefined) return;
  resource.set(encoding, form);
  void better().then((body) => resource.set(encoding, { ...form, body }));
}

function representationFor(resource: Resource, acceptEncoding: string): [Encoding, Representation] {
  const accepted = acceptedEncodings(acceptEncoding);
  for (const [encoding, representation] of resource) {
    if (encoding === "identity" || accepted.has(encoding)) return [encoding, representation];
  }
  throw new Error("a resource has no unencoded form");
}

/** The encodings that an `Accept-Encoding` header allows by name. */
function acceptedEncodings(header: string): Set<string> {
  const accepted = new Set<string>();
  for (const item of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return accepted;
}

function hasTag(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch.split(",").some((item) => {
    const asked = item.trim().replace(/^W\//, "");
    return asked === tag || asked === "*";
  });
}

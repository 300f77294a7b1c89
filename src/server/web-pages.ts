import type { Readable } from "../engine/record.ts";
import type { ListedRoom, RoomList } from "../protocol/room-list.ts";
import { MAIN_ROOM, pathOfRoom, roomOfPath } from "../protocol/room-name.ts";
import { BESIDE } from "./content-names.ts";
import { missingPage, noRoomPage } from "./missing-page.ts";
import { readingPage } from "./reading-page.ts";
import { roomLikePath, roomMeant, rootFrom } from "./room-address.ts";
import { roomsPage } from "./rooms-page.ts";
import type { SiteSettings } from "./settings.ts";
import { siteLook } from "./site-look.ts";
import {
  ASSETS_FOLDER,
  escaped,
  READING_LANGUAGES,
  type ReadingLanguage,
  readingLanguage,
  type SiteLook,
} from "./static-page.ts";
import { webFiles } from "./web-files.ts";
import {
  CACHE_EMBED,
  CACHE_ICON,
  CACHE_LIST,
  CACHE_PAGE,
  type PageHeaders,
  pageHeaders,
  SECURITY_HEADERS,
  wantsPictures,
} from "./web-headers.ts";
import { answer, assetResource, namedIn, type Resource, resourceOf } from "./web-resource.ts";

/** Where the page's scripts and styles are, each under a name that never means anything else. */
export const ASSETS = `/${ASSETS_FOLDER}`;

/** Where host sites find the script that puts the chat on their pages. */
const EMBED_SCRIPT = "/embed.js";

/** The script of the service worker. It must lie at the chat's root, below which it works. */
const SERVICE_WORKER = "/service-worker.js";

const MANIFEST = "manifest.webmanifest";
const MANIFEST_TYPE = "application/manifest+json";

/**
 * With this a browser offers to install the page like a program. Everything in it is relative to the manifest's own
 * address. There is no `id`: it would be relative to the site, and so two chats of one site would have the same.
 */
const manifestOf = ({ title, themeColour }: SiteLook) => ({
  name: title ?? "Chat",
  short_name: title ?? "Chat",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: "#fbfaf8",
  theme_color: themeColour ?? "#0b6e69",
  icons: [
    { src: "icons/icon-192.png", sizes: "192x192", type: "image/png" },
    { src: "icons/icon-512.png", sizes: "512x512", type: "image/png" },
    { src: "icons/icon-maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
});

/** The web client, ready to be served. */
export interface WebPages {
  /**
   * The answer to a request for a page or a file of the web client; undefined when the path is not one of its own.
   *
   * @param path inside the chat. The request must be a GET or HEAD.
   */
  respond(path: string, request: Request): Promise<Response> | undefined;

  /** What the page loads from `/assets/`, by name. */
  readonly assets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  /** The newest messages of a room as a page that works without JavaScript, made once for each list. */
  reading(
    room: string,
    messages: readonly Readable[],
    isBot: (person: string) => boolean,
    request: Request,
  ): SizedResponse;

  /** The list of rooms as a page that works without JavaScript, made once for each list. */
  rooms(path: string, rooms: readonly ListedRoom[], request: Request): SizedResponse;

  /** The answer for a room that does not exist. */
  noRoom(path: string, request: Request): Response;

  /** The answer for any other path: it redirects to the room that is probably meant, or says that there is nothing. */
  missing(path: string, request: Request): Response;
}

/** A response, and how large its body is. */
export interface SizedResponse {
  readonly response: Response;
  readonly bytes: number;
}

/** What the operator chooses for the pages. */
export interface PageSettings {
  /** The path under which browsers find the chat; empty when the server need not know it. */
  readonly basePath: string;
  /** Who may have the pages in a frame, as the policy names them; null for anybody. */
  readonly frameAncestors: readonly string[] | null;
  readonly site: SiteSettings;
}

/** The page in one language, with each policy. */
interface PageResources {
  readonly strict: Resource;
  readonly withPictures: Resource;
}

/**
 * Has the web client ready in memory.
 *
 * @throws AggregateError when the sources do not build
 */
export async function buildWebPages({ basePath, frameAncestors, site }: PageSettings): Promise<WebPages> {
  const look = siteLook(site);
  const headers = pageHeaders(frameAncestors);
  const { client, embedScript, serviceWorker, icons } = await webFiles();
  const resources = new Map<string, Resource>();
  for (const [name, bytes] of icons)
    resources.set(`/icons/${name}`, resourceOf(bytes, "image/png", CACHE_ICON));
  resources.set(EMBED_SCRIPT, resourceOf(embedScript, "text/javascript;charset=utf-8", CACHE_EMBED));
  resources.set(SERVICE_WORKER, resourceOf(serviceWorker, "text/javascript;charset=utf-8", CACHE_PAGE));
  resources.set(
    `/${MANIFEST}`,
    resourceOf(bytesOf(JSON.stringify(manifestOf(look))), MANIFEST_TYPE, CACHE_ICON),
  );
  const assets = new Map<string, Uint8Array<ArrayBuffer>>();
  const pages = new Map<string, PageResources>();
  let stylesheet = "";
  for (const file of client) {
    const { name, type, bytes } = file;
    if (name.endsWith(".html")) {
      for (const path of [MAIN_ROOM, "/rooms/any"]) {
        const root = rootFrom(path, basePath);
        for (const language of READING_LANGUAGES)
          pages.set(root + language, pageResources({ html: bytes, type, root, language, headers, look }));
      }
    } else {
      assets.set(name, bytes);
      resources.set(ASSETS + name, assetResource(file));
    }
    if (name.endsWith(".css")) stylesheet = name;
    if (/^icon-[0-9a-f]+\.svg$/.test(name))
      resources.set("/favicon.ico", resourceOf(bytes, type, CACHE_ICON));
  }
  for (const [name, bytes] of look.files) {
    assets.set(name, bytes);
    resources.set(ASSETS + name, assetResource({ name, bytes }));
  }
  const htmlResponse = (
    body: Uint8Array<ArrayBuffer>,
    status: number,
    vary: string,
    cacheControl = "no-store",
  ) => {
    const about = { "Content-Type": "text/html;charset=utf-8", "Cache-Control": cacheControl, Vary: vary };
    return new Response(body, { status, headers: { ...about, ...headers.strict } });
  };
  const lists = new WeakMap<readonly ListedRoom[], Map<string, Uint8Array<ArrayBuffer>>>();
  const readings = new WeakMap<readonly Readable[], Map<ReadingLanguage, Uint8Array<ArrayBuffer>>>();
  return {
    assets,
    respond(path, request) {
      const resource =
        roomOfPath(path) === undefined
          ? resources.get(path)
          : pageFor(pages.get(rootFrom(path, basePath) + languageFor(request)), request);
      return resource && answer(resource, request);
    },
    reading(room, messages, isBot, request) {
      const language = languageFor(request);
      const made = readings.get(messages) ?? new Map<ReadingLanguage, Uint8Array<ArrayBuffer>>();
      readings.set(messages, made);
      const root = rootFrom(pathOfRoom(room), basePath);
      const body =
        made.get(language) ??
        bytesOf(readingPage(room, messages, isBot, language, { root, stylesheet, site: look }));
      made.set(language, body);
      return { response: htmlResponse(body, 200, "Accept-Language"), bytes: body.length };
    },
    missing(path, request) {
      const root = rootFrom(path, basePath);
      const room = roomMeant(path);
      if (room !== undefined) return redirect(`${root}rooms/${room}${new URL(request.url).search}`);
      if (!wantsPage(request)) return nothing();
      const page = missingPage(languageFor(request), { root, stylesheet, site: look }, roomLikePath(path));
      return htmlResponse(bytesOf(page), 404, "Accept, Accept-Language");
    },
    rooms(path, rooms, request) {
      const language = languageFor(request);
      const root = rootFrom(path, basePath);
      const made = lists.get(rooms) ?? new Map<string, Uint8Array<ArrayBuffer>>();
      lists.set(rooms, made);
      const body =
        made.get(root + language) ?? bytesOf(roomsPage(rooms, language, { root, stylesheet, site: look }));
      made.set(root + language, body);
      return { response: htmlResponse(body, 200, "Accept-Language", CACHE_LIST), bytes: body.length };
    },
    noRoom(path, request) {
      if (!wantsPage(request)) return nothing();
      const page = noRoomPage(languageFor(request), {
        root: rootFrom(path, basePath),
        stylesheet,
        site: look,
      });
      return htmlResponse(bytesOf(page), 404, "Accept, Accept-Language");
    },
  };
}

function languageFor(request: Request): ReadingLanguage {
  return readingLanguage(request.headers.get("Accept-Language") ?? "");
}

function wantsPage(request: Request): boolean {
  return namedIn(request.headers.get("Accept") ?? "").has("text/html");
}

/**
 * The list of rooms as JSON.
 *
 * @param origin the origin of a page that may read it; null for none, or for a request that no page makes
 */
export function roomsJson(list: RoomList, origin: string | null): SizedResponse {
  const body = bytesOf(JSON.stringify(list));
  const headers = {
    "Content-Type": "application/json;charset=utf-8",
    // Nobody else asks what is new since then.
    "Cache-Control": list.unread === undefined ? CACHE_LIST : "no-store",
    Vary: "Origin",
    ...SECURITY_HEADERS,
    ...(origin === null ? {} : { "Access-Control-Allow-Origin": origin }),
  };
  return { response: new Response(body, { headers }), bytes: body.length };
}

/**
 * What the chat's own page reads, and nobody keeps.
 *
 * @param origin of a page that may read it, as in a sandboxed frame; null for none, or for a request that no page makes
 */
export function privateJson(value: unknown, origin: string | null): Response {
  const headers = {
    "Cache-Control": "no-store",
    Vary: "Origin",
    ...SECURITY_HEADERS,
    ...(origin === null ? {} : { "Access-Control-Allow-Origin": origin }),
  };
  return Response.json(value, { headers });
}

/** For requests that do not ask for a page. What is missing now may be there when another server has started. */
function nothing(): Response {
  const headers = {
    "Content-Type": "text/plain;charset=utf-8",
    "Cache-Control": "no-store",
    Vary: "Accept",
    ...SECURITY_HEADERS,
  };
  return new Response("There is nothing here.\n", { status: 404, headers });
}

/** Must be revalidated each time, so that no browser keeps for good what a proxy before this server may change. */
function redirect(location: string): Response {
  return new Response(null, { status: 301, headers: { Location: location, "Cache-Control": "no-cache" } });
}

interface PageParts {
  readonly html: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** What leads from the page to the chat's root. */
  readonly root: string;
  /** What the browser asks for. Its words are loaded along with the script, which would otherwise ask for them later. */
  readonly language: ReadingLanguage;
  readonly headers: PageHeaders;
  readonly look: SiteLook;
}

function pageResources({ html, type, root, language, headers, look }: PageParts): PageResources {
  const plain = new TextDecoder().decode(html);
  const [, words] = new RegExp(` data-${language}="([^"]+)"`).exec(plain) ?? [];
  if (words === undefined) throw new Error(`the page has no words of the language ${language}`);
  const assets = root + ASSETS_FOLDER;
  const title = look.title === null ? null : escaped(look.title);
  const data = Object.entries({ site: look.title, welcome: look.welcome })
    .map(([name, text]) => (text === null ? "" : ` data-${name}="${escaped(text)}"`))
    .join("");
  const whole = plain
    .replace('<html lang="en">', () => `<html lang="${language}"${data}>`)
    .replace("<title>Chat</title>", () => `<title>${title ?? "Chat"}</title>`)
    .replace("</head>", `<link rel="modulepreload" crossorigin href="${words}"></head>`)
    .replaceAll(`"${BESIDE}`, `"${assets}`)
    .replace("</head>", () => `${look.head(assets)}</head>`)
    .replace("<body>", () => `<body>${look.bar(assets, language)}`)
    // Added here because the bundler would look for a file of that name.
    .replace("</head>", `<link rel="manifest" href="${root}${MANIFEST}"></head>`);
  const bytes = bytesOf(whole);
  const vary = { Vary: "Accept-Encoding, Accept-Language, Cookie" };
  const withPictures = { ...headers.withPictures, ...vary };
  return {
    strict: resourceOf(bytes, type, CACHE_PAGE, { ...headers.strict, ...vary }),
    withPictures: resourceOf(bytes, type, CACHE_PAGE, withPictures, "pictures-"),
  };
}

function pageFor(pages: PageResources | undefined, request: Request): Resource | undefined {
  return wantsPictures(request) ? pages?.withPictures : pages?.strict;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

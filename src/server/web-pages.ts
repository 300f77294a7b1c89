import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Readable } from "../engine/engine.ts";
import { MAIN_ROOM, roomOfPath } from "../protocol/room-name.ts";
import { type ClientFile, namedByContents } from "./content-names.ts";
import { missingPage } from "./missing-page.ts";
import { readingPage } from "./reading-page.ts";
import { roomLike, roomMeant, rootFrom } from "./room-address.ts";
import { READING_LANGUAGES, type ReadingLanguage, readingLanguage } from "./static-page.ts";

const WEB_FOLDER = join(import.meta.dir, "../web");
const BUNDLED_NAME = "[name]-[hash].[ext]";

/** How the page's files name each other, and how the page names them as the bundler writes it. */
const BESIDE = "./";

/** A part of the page as the bundler has a script load it. */
const PART_IMPORT = /\bimport\("(\.\/([a-z]+)-\w+\.js)"\)/g;

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

const MANIFEST = "manifest.webmanifest";
const MANIFEST_TYPE = "application/manifest+json";

/**
 * By this a browser offers to install the page like a program. All of it is relative to the manifest's own address. There
 * is no `id`: it would be relative to the site, and that of two chats of a site the same.
 */
const MANIFEST_JSON = {
  name: "Chat",
  short_name: "Chat",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: "#fbfaf8",
  theme_color: "#0b6e69",
  icons: [
    { src: "icons/icon-192.png", sizes: "192x192", type: "image/png" },
    { src: "icons/icon-512.png", sizes: "512x512", type: "image/png" },
    { src: "icons/icon-maskable.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
};

const SECURITY_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  // Else a page that loads nothing from elsewhere without leave (COEP) could not have the chat in a frame. Other pages can
  // have all of it either way.
  "Cross-Origin-Resource-Policy": "cross-origin",
};

/** Such a page also asks its frames to load nothing without leave. This one loads its own files only. */
const PAGE_HEADERS = { ...SECURITY_HEADERS, "Cross-Origin-Embedder-Policy": "require-corp" };

/** In a sandboxed frame the page is of no origin, and its own files are those of another one. They are anybody's to read. */
const FILE_HEADERS = { ...SECURITY_HEADERS, "Access-Control-Allow-Origin": "*" };

const CACHE_ASSET = "public, max-age=31536000, immutable";
const CACHE_PAGE = "no-cache";
const CACHE_ICON = "public, max-age=86400";

/** The web client, ready to be served. */
export interface WebPages {
  /**
   * The answer to an HTTP request that is no upgrade; undefined when `path` is none of the web client's.
   *
   * @param path inside the chat. The caller has checked that the request is a GET or HEAD.
   */
  respond(path: string, request: Request): Promise<Response> | undefined;

  /** What the page loads from `/assets/`, by name. */
  readonly assets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  /** The newest messages of a room as a page that needs no JavaScript, made once for a list. */
  reading(
    room: string,
    messages: readonly Readable[],
    request: Request,
  ): { readonly response: Response; readonly bytes: number };

  /** The answer where there is nothing: it leads to the room that is meant, if one is, and else says what there is. */
  missing(path: string, request: Request): Response;
}

type Encoding = "br" | "gzip" | "identity";

interface Representation {
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes a smaller body. */
  readonly better?: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** One file in each encoding worth sending, the smallest first. */
export type Resource = Map<Encoding, Representation>;

/** The page of one language, for each policy. */
interface PageResources {
  readonly strict: Resource;
  readonly withPictures: Resource;
}

const gzipped = promisify(gzip);
const brotliCompressed = promisify(brotliCompress);
/**
 * A hundredth of the time that the best quality takes, for a tenth more bytes. Whoever asks for a file first does not wait
 * for the best, which later ones get.
 */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * Builds the web client from its sources and keeps it in memory.
 *
 * @param basePath under which browsers find the chat; empty when that need not be known
 * @throws AggregateError when the sources do not build
 */
export async function buildWebPages(basePath = ""): Promise<WebPages> {
  const resources = new Map(await iconResources());
  resources.set(
    `/${MANIFEST}`,
    resourceOf(bytesOf(JSON.stringify(MANIFEST_JSON)), MANIFEST_TYPE, CACHE_ICON),
  );
  const assets = new Map<string, Uint8Array<ArrayBuffer>>();
  const pages = new Map<string, PageResources>();
  let stylesheet = "";
  for (const { name, type, bytes } of await buildClient()) {
    if (name.endsWith(".html")) {
      for (const path of [MAIN_ROOM, "/rooms/any"]) {
        const root = rootFrom(path, basePath);
        for (const language of READING_LANGUAGES)
          pages.set(root + language, pageResources(bytes, type, root, language));
      }
    } else {
      assets.set(name, bytes);
      resources.set(ASSETS + name, assetResource(name, bytes));
    }
    if (name.endsWith(".css")) stylesheet = ASSETS.slice(1) + name;
    if (/^icon-[0-9a-f]+\.svg$/.test(name))
      resources.set("/favicon.ico", resourceOf(bytes, type, CACHE_ICON));
  }
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
    reading(room, messages, request) {
      const language = languageFor(request);
      const made = readings.get(messages) ?? new Map<ReadingLanguage, Uint8Array<ArrayBuffer>>();
      readings.set(messages, made);
      const root = rootFrom(room === MAIN_ROOM ? room : `/rooms/${room}`, basePath);
      const body = made.get(language) ?? bytesOf(readingPage(room, messages, language, { root, stylesheet }));
      made.set(language, body);
      return { response: htmlResponse(body, 200, "Accept-Language"), bytes: body.length };
    },
    missing(path, request) {
      const root = rootFrom(path, basePath);
      const room = roomMeant(path);
      if (room !== undefined) return redirect(`${root}rooms/${room}${new URL(request.url).search}`);
      if (!namedIn(request.headers.get("Accept") ?? "").has("text/html")) return nothing();
      const page = missingPage(languageFor(request), { root, stylesheet }, roomLike(path));
      return htmlResponse(bytesOf(page), 404, "Accept, Accept-Language");
    },
  };
}

function languageFor(request: Request): ReadingLanguage {
  return readingLanguage(request.headers.get("Accept-Language") ?? "");
}

function htmlResponse(body: Uint8Array<ArrayBuffer>, status: number, vary: string): Response {
  const headers = {
    "Content-Type": "text/html;charset=utf-8",
    "Cache-Control": "no-store",
    Vary: vary,
    ...PAGE_HEADERS,
  };
  return new Response(body, { status, headers });
}

/** For whoever asks for no page. What is not there now may be there when another server has started. */
function nothing(): Response {
  const headers = {
    "Content-Type": "text/plain;charset=utf-8",
    "Cache-Control": "no-store",
    Vary: "Accept",
    ...SECURITY_HEADERS,
  };
  return new Response("There is nothing here.\n", { status: 404, headers });
}

/** Asked for anew each time, so that no browser keeps for good what a proxy before this server may change. */
function redirect(location: string): Response {
  return new Response(null, { status: 301, headers: { Location: location, "Cache-Control": "no-cache" } });
}

/** Builds the web client. @throws AggregateError when the sources do not build */
export async function buildClient(): Promise<ClientFile[]> {
  const build = await Bun.build({
    entrypoints: [join(WEB_FOLDER, "page.html")],
    // Else the bundler would obey the one of the folder that the server was started in.
    tsconfig: join(WEB_FOLDER, "../../tsconfig.json"),
    target: "browser",
    minify: true,
    splitting: true,
    // What is needed at once is one file; it would be code for nothing.
    modulePreload: false,
    // The page's files lie beside each other. Where that is, the page says.
    publicPath: BESIDE,
    naming: { entry: BUNDLED_NAME, chunk: BUNDLED_NAME, asset: BUNDLED_NAME },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = build.outputs.map(async (output) => ({
    name: basename(output.path),
    type: output.type,
    bytes: new Uint8Array(await output.arrayBuffer()),
  }));
  return namedByContents(withPartsNamedByPage(await Promise.all(files)));
}

/**
 * Has the page name the parts that its script loads when they are needed, and the script ask it (web/page/parts.ts). Parts
 * import from the script, and two files that name each other cannot be named by their contents.
 */
function withPartsNamedByPage(files: readonly ClientFile[]): ClientFile[] {
  const parts = new Map<string, string>();
  const without = files.map((file) =>
    changed(file, ".js", (script) =>
      script.replace(PART_IMPORT, (_, address: string, part: string) => {
        parts.set(part, address);
        return `import(partAddress("${part}"))`;
      }),
    ),
  );
  const named = [...parts].map(([part, address]) => `data-${part}="${address}" `).join("");
  return without.map((file) =>
    changed(file, ".html", (page) => page.replace("<script ", `<script ${named}`)),
  );
}

function changed(file: ClientFile, ending: string, change: (text: string) => string): ClientFile {
  if (!file.name.endsWith(ending)) return file;
  return { ...file, bytes: bytesOf(change(new TextDecoder().decode(file.bytes))) };
}

/** What is answered for a file of the page, by whichever server it was built. */
export function assetResource(name: string, bytes: Uint8Array<ArrayBuffer>): Resource {
  return resourceOf(bytes, Bun.file(name).type, CACHE_ASSET);
}

async function iconResources(): Promise<[string, Resource][]> {
  const icons = ["icon-192.png", "icon-512.png", "icon-maskable.png"];
  return Promise.all(
    icons.map(async (name): Promise<[string, Resource]> => {
      const bytes = await Bun.file(join(WEB_FOLDER, "icons", name)).bytes();
      return [`/icons/${name}`, resourceOf(bytes, "image/png", CACHE_ICON)];
    }),
  );
}

/**
 * @param root what leads from the page to the chat's root
 * @param language that the browser asks for. Its words come beside the script, which would else ask for them only then.
 */
function pageResources(
  html: Uint8Array<ArrayBuffer>,
  type: string,
  root: string,
  language: ReadingLanguage,
): PageResources {
  const plain = new TextDecoder().decode(html);
  const [, words] = new RegExp(` data-${language}="([^"]+)"`).exec(plain) ?? [];
  if (words === undefined) throw new Error(`the page has no words of the language ${language}`);
  const whole = plain
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace("</head>", `<link rel="modulepreload" crossorigin href="${words}"></head>`)
    .replaceAll(`"${BESIDE}`, `"${root}${ASSETS.slice(1)}`)
    // The bundler would look for a file of that name.
    .replace("</head>", `<link rel="manifest" href="${root}${MANIFEST}"></head>`);
  const bytes = bytesOf(whole);
  const headers = { ...PAGE_HEADERS, Vary: "Accept-Encoding, Accept-Language, Cookie" };
  return {
    strict: resourceOf(bytes, type, CACHE_PAGE, headers),
    withPictures: resourceOf(
      bytes,
      type,
      CACHE_PAGE,
      {
        ...headers,
        "Content-Security-Policy": POLICY_WITH_PICTURES,
        // Other sites' pictures come without leave, and so without cookies.
        "Cross-Origin-Embedder-Policy": "credentialless",
      },
      "pictures-",
    ),
  };
}

function pageFor(pages: PageResources | undefined, request: Request): Resource | undefined {
  return WANTS_PICTURES.test(request.headers.get("Cookie") ?? "") ? pages?.withPictures : pages?.strict;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** @param variant begins the tags of a resource that differs from another one only in its headers */
function resourceOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  cacheControl: string,
  more: Readonly<Record<string, string>> = FILE_HEADERS,
  variant = "",
): Resource {
  const hash = variant + Bun.hash(bytes).toString(36);
  // Made when somebody asks for it, and in the background: people talk meanwhile.
  const bodies: [Encoding, () => Promise<Uint8Array<ArrayBuffer>>][] = [
    ["br", once(async () => new Uint8Array(await brotliCompressed(bytes, QUICK)))],
    ["gzip", once(async () => new Uint8Array(await gzipped(bytes, { level: 9 })))],
    ["identity", async () => bytes],
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
        ...more,
      };
      return [encoding, { body, tag, headers, ...(encoding === "br" ? { better } : {}) }];
    }),
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The answer to a request for a resource, in the best encoding that the browser takes, or that it has it already. */
export async function answer(resource: Resource, request: Request): Promise<Response> {
  const [encoding, form] = representationFor(resource, request.headers.get("Accept-Encoding") ?? "");
  const { body, tag, headers } = form;
  improve(resource, encoding, form);
  if (hasTag(request.headers.get("If-None-Match") ?? "", tag)) {
    return new Response(null, { status: 304, headers });
  }
  // Whoever sends it leaves the body away for HEAD, and keeps its length.
  return new Response(await body(), { headers });
}

/** Has later answers be smaller. Their tag stays: it tells files apart, and parts of a file are not given out. */
function improve(resource: Resource, encoding: Encoding, { better, ...form }: Representation): void {
  if (better === undefined) return;
  resource.set(encoding, form);
  void better().then((body) => resource.set(encoding, { ...form, body: async () => body }));
}

function representationFor(resource: Resource, acceptEncoding: string): [Encoding, Representation] {
  const accepted = namedIn(acceptEncoding);
  for (const [encoding, representation] of resource) {
    if (encoding === "identity" || accepted.has(encoding)) return [encoding, representation];
  }
  throw new Error("a resource has no unencoded form");
}

/** What a header such as `Accept-Encoding` allows by name. */
function namedIn(header: string): Set<string> {
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

import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const WEB_FOLDER = join(import.meta.dir, "../web");
const ASSETS = "/assets/";
const ASSET_NAME = "[name]-[hash].[ext]";

/**
 * Nothing but this origin's own files and sockets, and no text of the wire can become markup or script.
 * `'self'` covers this origin's WebSockets as well (CSP level 3; Safari does so from 15.4).
 *
 * There is no `frame-ancestors` on purpose: people put a chat box into a frame on their own site. Framing gives a
 * foreign page nothing to abuse, since no cookie or other standing right comes with a click.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

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
}

type Encoding = "br" | "gzip" | "identity";

interface Representation {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One file in each encoding worth sending, the smallest first. */
type Resource = ReadonlyMap<Encoding, Representation>;

/**
 * Builds the web client from its sources and keeps it in memory, compressed.
 *
 * @throws AggregateError when the sources do not build
 */
export async function buildPages(): Promise<Pages> {
  const build = await Bun.build({
    entrypoints: [join(WEB_FOLDER, "page.html")],
    target: "browser",
    minify: true,
    publicPath: ASSETS,
    naming: { entry: ASSET_NAME, chunk: ASSET_NAME, asset: ASSET_NAME },
  });
  const resources = new Map<string, Resource>();
  let page: Resource | undefined;
  for (const output of build.outputs) {
    const bytes = new Uint8Array(await output.arrayBuffer());
    const name = output.path.slice(output.path.lastIndexOf("/") + 1);
    if (name.endsWith(".html")) page = resourceOf(bytes, output.type, CACHE_PAGE);
    else resources.set(ASSETS + name, resourceOf(bytes, output.type, CACHE_ASSET));
    if (name.endsWith(".svg")) resources.set("/favicon.ico", resourceOf(bytes, output.type, CACHE_ICON));
  }
  return {
    respond(path, request) {
      const resource = path === "/" || path.startsWith("/rooms/") ? page : resources.get(path);
      return resource && answer(resource, request);
    },
  };
}

function resourceOf(bytes: Uint8Array<ArrayBuffer>, type: string, cacheControl: string): Resource {
  const hash = Bun.hash(bytes).toString(36);
  const bodies: [Encoding, Uint8Array<ArrayBuffer>][] = [
    ["br", new Uint8Array(brotliCompressSync(bytes))],
    ["gzip", Bun.gzipSync(bytes, { level: 9 })],
    ["identity", bytes],
  ];
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
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
      };
      return [encoding, { body, tag, headers }];
    }),
  );
}

function answer(resource: Resource, request: Request): Response {
  const { body, tag, headers } = representationFor(resource, request.headers.get("Accept-Encoding") ?? "");
  if (hasTag(request.headers.get("If-None-Match") ?? "", tag)) {
    return new Response(null, { status: 304, headers });
  }
  // Whoever sends it leaves the body away for HEAD, and keeps its length.
  return new Response(body, { headers });
}

function representationFor(resource: Resource, acceptEncoding: string): Representation {
  const accepted = acceptedEncodings(acceptEncoding);
  for (const [encoding, representation] of resource) {
    if (encoding === "identity" || accepted.has(encoding)) return representation;
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

import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { ClientFile } from "./content-names.ts";
import { CACHE_ASSET, FILE_HEADERS } from "./web-headers.ts";

type Encoding = "br" | "gzip" | "identity";

interface Representation {
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes a smaller body. */
  readonly better?: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** One file in each encoding that is worth sending, the smallest first. */
export type Resource = Map<Encoding, Representation>;

const gzipped = promisify(gzip);
const brotliCompressed = promisify(brotliCompress);
/**
 * Takes a hundredth of the time of the best quality, for a tenth more bytes. The first request for a file does not wait
 * for the best, which later ones get.
 */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** The resource for a file of the page, whichever server has built it. */
export function assetResource({ name, bytes, brotli }: Omit<ClientFile, "type">): Resource {
  const resource = resourceOf(bytes, Bun.file(name).type, CACHE_ASSET);
  const quick = resource.get("br");
  if (brotli !== undefined && quick !== undefined) {
    const { better: _, ...form } = quick;
    resource.set("br", { ...form, body: async () => brotli });
  }
  return resource;
}

/** Compresses as well as can be, which takes half a second for a script of 200 kB. */
export async function brotliOf(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await brotliCompressed(bytes));
}

/** @param variant begins the tags of a resource that differs from another one only in its headers */
export function resourceOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  cacheControl: string,
  more: Readonly<Record<string, string>> = FILE_HEADERS,
  variant = "",
): Resource {
  const hash = variant + Bun.hash(bytes).toString(36);
  // Made on the first request, and in the background: meanwhile people talk.
  const bodies: [Encoding, () => Promise<Uint8Array<ArrayBuffer>>][] = [
    ["br", once(async () => new Uint8Array(await brotliCompressed(bytes, QUICK)))],
    ["gzip", once(async () => new Uint8Array(await gzipped(bytes, { level: 9 })))],
    ["identity", async () => bytes],
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
        ...more,
      };
      return [
        encoding,
        { body, tag, headers, ...(encoding === "br" ? { better: () => brotliOf(bytes) } : {}) },
      ];
    }),
  );
}

/** The answer to a request for a resource, in the best encoding that the browser takes, or that it is unchanged. */
export async function answer(resource: Resource, request: Request): Promise<Response> {
  const [encoding, form] = representationFor(resource, request.headers.get("Accept-Encoding") ?? "");
  const { body, tag, headers } = form;
  improve(resource, encoding, form);
  if (hasTag(request.headers.get("If-None-Match") ?? "", tag)) {
    return new Response(null, { status: 304, headers });
  }
  // For HEAD the socket leaves out the body and keeps its length.
  return new Response(await body(), { headers });
}

/** What a header such as `Accept-Encoding` allows by name. */
export function namedIn(header: string): Set<string> {
  const accepted = new Set<string>();
  for (const item of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return accepted;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Makes later answers smaller. Their tag stays: it tells files apart, and parts of a file are never served. */
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

function hasTag(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch.split(",").some((item) => {
    const asked = item.trim().replace(/^W\//, "");
    return asked === tag || asked === "*";
  });
}

import { STATUS_CODES } from "node:http";

/** The head of a request may be so long; browsers and proxies stay far below. */
const HEAD_MAX_BYTES = 16 * 1024;

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP\/1\.([01])$/;
/**
 * A path, or a whole URL. The path stands for itself: it is not decoded, and its dots are not followed. The last four
 * characters of it should not be in one, but browsers send them.
 */
const TARGET = /^(?:https?:\/\/([^/?]+))?(\/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~[\]^|]*)?(\?[!-~]*)?$/i;
/** No two neighbours of it match the same character, so that no line is tried in more than one way. */
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
/** A name or an address, and perhaps a port. No comma is in it: one would stand between two headers. */
const AUTHORITY = /^(?:[A-Za-z0-9\-._~%!$&'()*+;=]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;
/** Methods that mean something elsewhere (RFC 9110, section 9.3, and RFC 5789). */
const METHODS_ELSEWHERE = ["POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/** 16 bytes in Base64, of which the last letter has four bits to spare that must be zero. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What is read of bytes that should begin with a request: the request and what comes behind its head, once it is whole. */
export type ReadRequest = { readonly kind: "incomplete" } | BadRequest | HttpRequest;

/** A request that nobody need look at, with the answer to it. */
export interface BadRequest {
  readonly kind: "bad";
  readonly status: 400 | 405 | 431 | 501;
  readonly sentence: string;
}

/** A GET or a HEAD. */
export interface HttpRequest {
  readonly kind: "request";
  readonly path: string;
  /** Its URL has the host that the client named, or `localhost` when it named none, and the query. */
  readonly request: Request;
  readonly isHttp10: boolean;
  readonly rest: Uint8Array;
}

/** Browsers send some twenty, and proxies add a few. A field costs more than its bytes. */
const FIELDS_MAX = 100;

const UNREADABLE = bad(400, "This is no request that can be read.");

/**
 * Reads the head of an HTTP/1.1 request (RFC 9112, sections 2 to 5). Bodies are not read: nothing here takes one, and
 * every answer closes the connection.
 */
export function readRequest(bytes: Buffer): ReadRequest {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return bytes.length > HEAD_MAX_BYTES ? UNREADABLE : { kind: "incomplete" };
  if (end > HEAD_MAX_BYTES) return UNREADABLE;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n", FIELDS_MAX + 2);
  if (lines.length > FIELDS_MAX) return bad(431, "There are too many header fields.");
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  const headers = readHeaders(lines);
  if (method === undefined || target === undefined || headers === null) return UNREADABLE;
  // Before a `Request` is made: what it does not know becomes a GET in it.
  if (METHODS_ELSEWHERE.includes(method)) return bad(405, "Only GET is answered here.");
  if (method !== "GET" && method !== "HEAD") return bad(501, "This method is not known here.");
  const isHttp10 = minor === "0";
  const [, authority, path = authority && "/", query = ""] = TARGET.exec(target) ?? [];
  if (path === undefined) return UNREADABLE;
  const host = hostOf(authority, headers, isHttp10);
  if (host === null) return bad(400, "A request must name its host, and only one.");
  try {
    const request = new Request(`http://${host}/${query}`, { method, headers });
    return { kind: "request", path, request, isHttp10, rest: bytes.subarray(end + END_OF_HEAD.length) };
  } catch {
    return UNREADABLE;
  }
}

function readHeaders(lines: readonly string[]): Headers | null {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    headers.append(name, value.trim());
  }
  return headers;
}

/**
 * The host that a request is for (RFC 9112, sections 3.2 and 3.3): that of a whole URL goes before the header. Null when
 * the header is missing, twice there, or no host.
 */
function hostOf(authority: string | undefined, headers: Headers, isHttp10: boolean): string | null {
  const header = headers.get("host");
  const isBroken = header === null ? !isHttp10 : header !== "" && !AUTHORITY.test(header);
  const host = authority ?? header ?? "";
  if (isBroken || (host !== "" && !AUTHORITY.test(host))) return null;
  return host === "" ? "localhost" : host;
}

function bad(status: BadRequest["status"], sentence: string): BadRequest {
  return { kind: "bad", status, sentence };
}

/** The bytes of an answer that closes the connection. A HEAD request's has no body, but the length of one. */
export async function responseBytes(response: Response, method: string): Promise<Buffer> {
  const body = await response.bytes();
  const isUnchanged = response.status === 304;
  const head = responseHead(response.status, [
    ...response.headers,
    ...(isUnchanged ? [] : [["Content-Length", String(body.length)] as const]),
    ["Date", new Date().toUTCString()],
    ["Connection", "close"],
  ]);
  return method === "HEAD" || isUnchanged ? head : Buffer.concat([head, body]);
}

/** Whether a request asks for a WebSocket. */
export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The key of a whole and valid handshake (RFC 6455, section 4.2.1), else null. */
export function handshakeKey({ request, isHttp10 }: HttpRequest): string | null {
  const { headers, method } = request;
  const key = headers.get("sec-websocket-key");
  const isWhole =
    !isHttp10 &&
    method === "GET" &&
    headers.get("host") !== "" &&
    headers.get("sec-websocket-version") === "13" &&
    (headers.get("connection") ?? "").toLowerCase().split(/[ ,]+/).includes("upgrade");
  return isWhole && key !== null && KEY.test(key) ? key : null;
}

/** The answer that makes a WebSocket of a connection (RFC 6455, section 4.2.2). Null: none is confirmed. */
export function switchingProtocols(
  key: string,
  subprotocol: string | null,
  extension: string | null,
): Buffer {
  const accept = new Bun.CryptoHasher("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return responseHead(101, [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", accept],
    ...(subprotocol === null ? [] : [["Sec-WebSocket-Protocol", subprotocol] as const]),
    ...(extension === null ? [] : [["Sec-WebSocket-Extensions", extension] as const]),
  ]);
}

function responseHead(status: number, headers: readonly (readonly [string, string])[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`, "latin1");
}

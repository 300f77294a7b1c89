import { STATUS_CODES } from "node:http";

/** The head of a request may be so long; browsers and proxies stay far below. */
const HEAD_MAX_BYTES = 16 * 1024;

const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** A path stands for itself: it is not decoded, and its dots are not followed. */
const REQUEST_LINE = /^([A-Z]+) (\/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]*)(\?[!-~]*)? HTTP\/1\.[01]$/;
/** No two neighbours of it match the same character, so that no line is tried in more than one way. */
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** What is read of bytes that should begin with a request: the request and what comes behind its head, once it is whole. */
export type ReadRequest =
  | { readonly kind: "incomplete" }
  | { readonly kind: "bad" }
  | { readonly kind: "request"; readonly path: string; readonly request: Request; readonly rest: Uint8Array };

/**
 * Reads the head of an HTTP/1.1 request (RFC 9112, sections 2 to 5). Bodies are not read: nothing here takes one, and
 * every answer closes the connection.
 */
export function readRequest(bytes: Buffer): ReadRequest {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return { kind: bytes.length > HEAD_MAX_BYTES ? "bad" : "incomplete" };
  if (end > HEAD_MAX_BYTES) return { kind: "bad" };
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const [, method, path, query = ""] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || path === undefined) return { kind: "bad" };
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return { kind: "bad" };
    headers.append(name, value.trim());
  }
  try {
    // For its query, method and headers: the host that a client names is of no use to anyone here.
    const request = new Request(`http://localhost/${query}`, { method, headers });
    return { kind: "request", path, request, rest: bytes.subarray(end + END_OF_HEAD.length) };
  } catch {
    return { kind: "bad" };
  }
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
export function handshakeKey(request: Request): string | null {
  const { headers } = request;
  const key = headers.get("sec-websocket-key");
  const isWhole =
    request.method === "GET" &&
    headers.get("sec-websocket-version") === "13" &&
    (headers.get("connection") ?? "").toLowerCase().split(/[ ,]+/).includes("upgrade");
  return isWhole && key !== null && /^[A-Za-z0-9+/]{22}==$/.test(key) ? key : null;
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

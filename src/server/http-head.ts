/** The largest head of a request, in bytes; browsers and proxies stay far below. */
const HEAD_MAX_BYTES = 16 * 1024;

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP\/1\.([01])$/;
/**
 * A path, or a whole URL. The path is taken literally: it is not decoded, and its dots are not resolved. The last four
 * characters of its class are not allowed in a path, but browsers send them.
 */
const TARGET = /^(?:https?:\/\/([^/?]+))?(\/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~[\]^|]*)?(\?[!-~]*)?$/i;
/** No two neighbouring parts match the same character, so that no line is tried in more than one way. */
export const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
/** A name or an address, and perhaps a port. It has no comma: a comma stands between two headers that were joined. */
const AUTHORITY = /^(?:[A-Za-z0-9\-._~%!$&'()*+;=]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;
/** The methods of HTTP (RFC 9110, section 9.3, and RFC 5789). A route decides which of them it takes. */
const KNOWN_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
/** A length in plain digits. Two headers are joined by a comma and match no more, even if they agree. */
const LENGTH = /^\d+$/;

/** What is read of bytes that should begin with a request. */
export type ReadHead = { readonly kind: "incomplete" } | BadHead | RequestHead;

/** A request that cannot be handled, with the answer to it. */
export interface BadHead {
  readonly kind: "bad";
  readonly status: 400 | 405 | 431 | 501;
  readonly sentence: string;
}

/** The whole head of a request. */
export interface RequestHead {
  readonly kind: "head";
  readonly method: string;
  /** As the client sent it, without the query. */
  readonly path: string;
  /** `http://`, the host that the client named, or `localhost` when it named none, and the query. No path. */
  readonly url: string;
  readonly headers: Headers;
  readonly isHttp10: boolean;
  /** The length of the body in bytes, 0 for none. */
  readonly body: number | "chunked";
  /** What came behind the head. */
  readonly rest: Buffer;
}

/** Browsers send some twenty fields, and proxies add a few. A field costs more than its bytes. */
const FIELDS_MAX = 100;

const UNREADABLE = bad(400, "This is not a valid HTTP request.");
/** An authority (of CONNECT) and an asterisk (of OPTIONS) name no resource of this server. */
const NO_RESOURCE = bad(405, "This method is not supported here.");

/** Reads the head of an HTTP/1.1 request (RFC 9112, sections 2 to 6). */
export function readHead(bytes: Buffer): ReadHead {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return bytes.length > HEAD_MAX_BYTES ? UNREADABLE : { kind: "incomplete" };
  if (end > HEAD_MAX_BYTES) return UNREADABLE;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n", FIELDS_MAX + 2);
  if (lines.length > FIELDS_MAX) return bad(431, "There are too many header fields.");
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  const headers = readHeaders(lines);
  if (method === undefined || target === undefined || headers === null) return UNREADABLE;
  if (!KNOWN_METHODS.includes(method)) return bad(501, "This method is not known here.");
  if (method === "CONNECT" || (method === "OPTIONS" && target === "*")) return NO_RESOURCE;
  return headOf(method, target, headers, minor === "0", bytes.subarray(end + END_OF_HEAD.length));
}

function headOf(
  method: string,
  target: string,
  headers: Headers,
  isHttp10: boolean,
  rest: Buffer,
): BadHead | RequestHead {
  const [, authority, path = authority && "/", query = ""] = TARGET.exec(target) ?? [];
  if (path === undefined) return UNREADABLE;
  const host = hostOf(authority, headers, isHttp10);
  if (host === null) return bad(400, "A request must name its host, and only one.");
  const url = `http://${host}/${query}`;
  if (!URL.canParse(url)) return UNREADABLE;
  const body = bodyOf(headers, isHttp10);
  if (typeof body === "object") return body;
  return { kind: "head", method, path, url, headers, isHttp10, body, rest };
}

/**
 * The length of the body (RFC 9112, section 6.3). A request whose length another server could read differently is
 * refused: what is a body to one would be the next request to the other.
 */
function bodyOf(headers: Headers, isHttp10: boolean): number | "chunked" | BadHead {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding === null) {
    if (length === null) return 0;
    return LENGTH.test(length) ? Number(length) : bad(400, "The Content-Length is not a number.");
  }
  if (length !== null) return bad(400, "A request must not have both Content-Length and Transfer-Encoding.");
  if (isHttp10) return bad(400, "A request of HTTP/1.0 must not have a Transfer-Encoding.");
  if (coding.toLowerCase() !== "chunked") return bad(501, "The only transfer coding known here is chunked.");
  return "chunked";
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
 * The host that a request is for (RFC 9112, sections 3.2 and 3.3): the one in a whole URL takes precedence over the
 * header. Null when the header is missing, repeated or invalid.
 */
function hostOf(authority: string | undefined, headers: Headers, isHttp10: boolean): string | null {
  const header = headers.get("host");
  const isBroken = header === null ? !isHttp10 : header !== "" && !AUTHORITY.test(header);
  const host = authority ?? header ?? "";
  if (isBroken || (host !== "" && !AUTHORITY.test(host))) return null;
  return host === "" ? "localhost" : host;
}

function bad(status: BadHead["status"], sentence: string): BadHead {
  return { kind: "bad", status, sentence };
}

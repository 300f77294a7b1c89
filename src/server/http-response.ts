import { STATUS_CODES } from "node:http";

/** Asks the client to send the body that it holds back (RFC 9110, section 10.1.1). */
export const CONTINUE = responseHead(100, []);

/** The bytes of an answer that closes the connection. The answer to HEAD has no body, but the length of one. */
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

/** The head of an answer, with the empty line behind it. */
export function responseHead(status: number, headers: readonly (readonly [string, string])[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`, "latin1");
}

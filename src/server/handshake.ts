/** The handshake that makes a WebSocket of a TCP connection: RFC 6455, section 4.2. */
import type { RequestHead } from "./http-head.ts";
import { responseHead } from "./http-response.ts";

/** 16 bytes in Base64. The last four bits of the last letter are unused and must be zero. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Whether a request asks for a WebSocket. Other methods than these may ignore an `Upgrade` (RFC 9110, section 7.8). */
export function isUpgrade({ method, headers }: RequestHead): boolean {
  return (method === "GET" || method === "HEAD") && headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * The key of a whole and valid handshake (section 4.2.1), else null. A handshake with a body is not valid: it
 * would be unclear where the first frame begins.
 */
export function handshakeKey({ method, headers, isHttp10, body }: RequestHead): string | null {
  const key = headers.get("sec-websocket-key");
  const isWhole =
    !isHttp10 &&
    method === "GET" &&
    body === 0 &&
    headers.get("host") !== "" &&
    headers.get("sec-websocket-version") === "13" &&
    (headers.get("connection") ?? "").toLowerCase().split(/[ ,]+/).includes("upgrade");
  return isWhole && key !== null && KEY.test(key) ? key : null;
}

/**
 * The answer that completes a handshake (section 4.2.2).
 *
 * @param subprotocol to confirm, null for none
 * @param extension to confirm, null for none
 */
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

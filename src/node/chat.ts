import { createRequire } from "node:module";
import { Chat as AnyChat, type ChatOptions, type WebSocketConstructor } from "../client/index.ts";

/** One stay in one room, as `Chat` of the client: where the platform has no WebSocket, that of the package `ws` is taken. */
export class Chat extends AnyChat {
  constructor(url: string | URL, options: ChatOptions = {}) {
    super(url, { ...options, WebSocket: options.WebSocket ?? globalThis.WebSocket ?? installedWs() });
  }
}

/** Node 20 has no WebSocket of its own. */
function installedWs(): WebSocketConstructor | undefined {
  // A bundle, or a linked package, may lie elsewhere than the program's packages.
  for (const place of [import.meta.url, `${process.cwd()}/`]) {
    try {
      return createRequire(place)("ws").WebSocket;
    } catch {}
  }
  return undefined;
}

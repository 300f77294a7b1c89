import { createRequire } from "node:module";
import { Chat as AnyChat, type ChatOptions, type WebSocketConstructor } from "../client/index.ts";

/** The client's `Chat`. Where the platform does not have a WebSocket, it uses the one of the package `ws`. */
export class Chat extends AnyChat {
  constructor(url: string | URL, options: ChatOptions = {}) {
    super(url, { ...options, WebSocket: options.WebSocket ?? globalThis.WebSocket ?? installedWs() });
  }
}

/** Node 20 does not have its own WebSocket. */
function installedWs(): WebSocketConstructor | undefined {
  // A bundle or a linked package may lie outside of the program's node_modules.
  for (const place of [import.meta.url, `${process.cwd()}/`]) {
    try {
      return createRequire(place)("ws").WebSocket;
    } catch {}
  }
  return undefined;
}

import { type Environment, PLATFORM } from "./environment.ts";
import { NoWebSocketError } from "./errors.ts";
import type { WebSocketConstructor } from "./socket.ts";

/**
 * Where a chat keeps what must survive a reload of the page: `sessionStorage`. Not `localStorage`, which all pages of a
 * site share: two of them would take the session from each other, again and again.
 */
export interface ChatStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** How a chat is made. Times are in milliseconds. */
export interface ChatOptions {
  /** The nickname to take as soon as there is a connection, unless the storage has one. */
  readonly name?: string;
  /** For platforms without a global one, such as Node 20: that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** `sessionStorage`: the nickname and the outbox then survive a reload of the page. */
  readonly storage?: ChatStorage;
  /** The only version to speak. Unless told, 3, and 2 with a server that does not know 3. */
  readonly version?: 2 | 3;
  /** How many messages the event `history` has at most: 1 to 1,000, 100 unless told. */
  readonly historyLimit?: number;
  /** How many messages may wait to be confirmed: 1,000 unless told. */
  readonly outboxMost?: number;
  /** How many events may wait in one iterator: 10,000 unless told. */
  readonly eventsMost?: number;
  /** The longest wait before the first attempt to connect again: 1,000 unless told. It doubles with each. */
  readonly retryFirstMs?: number;
  /** The longest wait before any attempt: 15,000 unless told. */
  readonly retryMostMs?: number;
  /** For tests: a clock, timers and a network of their own. */
  readonly environment?: Environment;
}

const DEFAULTS = {
  historyLimit: 100,
  outboxMost: 1000,
  eventsMost: 10_000,
  retryFirstMs: 1000,
  retryMostMs: 15_000,
  environment: PLATFORM,
};

/** All that is settled once a chat is made. */
export type Settings = ChatOptions &
  Required<Pick<ChatOptions, keyof typeof DEFAULTS | "WebSocket">> & { readonly url: string };

/** @throws NoWebSocketError */
export function settle(url: string | URL, options: ChatOptions): Settings {
  // Read when it is needed: tests and polyfills set it late.
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) throw new NoWebSocketError();
  return { ...DEFAULTS, ...options, WebSocket, url: String(url) };
}

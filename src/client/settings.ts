import { PAGE_MAX } from "../protocol/limits.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { type Environment, PLATFORM } from "./environment.ts";
import { ChatError, NoRoomError, NoWebSocketError } from "./errors.ts";
import type { Position } from "./frame.ts";
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
  /** In the place of the platform's. Node 20 has none: there the package `ws` is taken, if it is installed. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * `sessionStorage`, or a file: the nickname and the outbox then survive a reload of the page, or a restart of the
   * program.
   */
  readonly storage?: ChatStorage;
  /**
   * Where to go on: what came after it is told as `message`, in the place of a first `history`. Either a position, as
   * `chat.position` gave it, or `kept`: the one that the storage has of an earlier run, if there was one.
   */
  readonly after?: Position | "kept";
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
  /** How long an attempt may take: 15,000 unless told. */
  readonly connectTimeoutMs?: number;
  /** After so many attempts in a row that are answered with HTTP 403 or 404, the chat is `refused`: 10 unless told. */
  readonly refusalsMost?: number;
  /**
   * How long the nickname of the options is asked for again while it is in use, as an earlier run of the program may have
   * left it behind, in its grace: 32,000 unless told, which is longer than a server's grace.
   */
  readonly nicknameWaitMs?: number;
  /** For tests: a clock, timers and a network of their own. */
  readonly environment?: Environment;
}

const DEFAULTS = {
  historyLimit: 100,
  outboxMost: 1000,
  eventsMost: 10_000,
  retryFirstMs: 1000,
  retryMostMs: 15_000,
  connectTimeoutMs: 15_000,
  refusalsMost: 10,
  nicknameWaitMs: 32_000,
  environment: PLATFORM,
};

/** All that is settled once a chat is made. */
export type Settings = Omit<ChatOptions, "WebSocket"> &
  Required<Pick<ChatOptions, keyof typeof DEFAULTS>> & {
    readonly url: string;
    readonly WebSocket: WebSocketConstructor;
  };

/** @throws NoWebSocketError, NoRoomError, ChatError `WrongFormatPage`, or what `URL` throws */
export function settle(url: string | URL, options: ChatOptions): Settings {
  // Read when it is needed: tests and polyfills set it late.
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) throw new NoWebSocketError("NoWebSocket");
  // A proxy may have put the chat below a path of its own, which may end so.
  const [, room] = /.*\/rooms\/(.+)/.exec(new URL(url, globalThis.location?.href).pathname) ?? [];
  if (room !== undefined && !roomOfPath(`/rooms/${room}`)) throw new NoRoomError("NoRoom");
  const settings = { ...DEFAULTS, ...options, WebSocket, url: String(url) };
  const { historyLimit, after } = settings;
  const isPage =
    isPositionOf(after) && Number.isInteger(historyLimit) && historyLimit > 0 && historyLimit <= PAGE_MAX;
  // The server would refuse it for ever.
  if (!isPage) throw new ChatError("WrongFormatPage");
  return settings;
}

function isPositionOf(after: ChatOptions["after"]): boolean {
  return typeof after !== "object" || (Number.isInteger(after.id) && Number.isInteger(after.time));
}

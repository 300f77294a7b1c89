import type { Challenge } from "../protocol/kinds/enter.ts";
import { PAGE_MAX } from "../protocol/limits.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { type Environment, PLATFORM } from "./environment.ts";
import { ChatError, errorWith, NoRoomError, NoWebSocketError } from "./errors.ts";
import type { Position } from "./frame.ts";
import type { WebSocketConstructor } from "./socket.ts";

/**
 * Where a chat keeps what must survive a reload of the page. Use `sessionStorage` and not `localStorage`: all pages of a
 * site share the latter, so two of them would keep taking the session from each other.
 */
export interface ChatStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Solves a challenge of proof of work, as ALTCHA (altcha.org) describes it.
 *
 * @param signal is aborted when the solution is of no use any more
 * @returns base64 of the JSON `{algorithm, challenge, number, salt, signature}`
 */
export type Solve = (challenge: Readonly<Challenge>, signal: AbortSignal) => Promise<string>;

/** Options of a chat. Times are in milliseconds. */
export interface ChatOptions {
  /** The nickname to take on the first connection, unless the storage has one. */
  readonly name?: string;
  /** Replaces the platform's WebSocket. Node 20 does not have one and uses the package `ws`, if that is installed. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * A secret that says who the person is: 22 to 128 of the characters A-Z a-z 0-9 - _, made once at random, with at least 128
   * bits of chance. Whoever knows it is that person.
   */
  readonly key?: string | undefined;
  /**
   * Gives a token of the host's login. It is called anew for each connection, and before the last token ends. Null: nobody is
   * logged in, and the key counts, if there is one.
   */
  readonly token?: (() => Promise<string | null> | string | null) | undefined;
  /** The `since` of an earlier event `identified`, which belongs to the key. The chat also finds it in its storage. */
  readonly since?: string | undefined;
  /** Replaces the solver of challenges. A server gives challenges to newcomers while too many come at once. */
  readonly solve?: Solve | undefined;
  /**
   * `sessionStorage`, or a file. The nickname and the outbox then survive a reload of the page, or a restart of the program.
   */
  readonly storage?: ChatStorage;
  /**
   * Where to continue: later messages are reported as `message`, without a first `history`. Either a position, from
   * `chat.position`, or `kept`: the position that an earlier run left in the storage, if there is one.
   */
  readonly after?: Position | "kept";
  /** The only version to use. By default 3, and 2 with a server that does not know 3. */
  readonly version?: 2 | 3;
  /** The most messages in the event `history`: 1 to 1,000, by default 100. */
  readonly historyLimit?: number;
  /** The most messages that may wait for their confirmation: by default 1,000. */
  readonly outboxMost?: number;
  /** The most events that may wait in one iterator: by default 10,000. */
  readonly eventsMost?: number;
  /** The longest delay before the first attempt to reconnect: by default 1,000. It doubles with each attempt. */
  readonly retryFirstMs?: number;
  /** The longest delay before any attempt: by default 15,000. */
  readonly retryMostMs?: number;
  /** How long an attempt may take: by default 15,000. */
  readonly connectTimeoutMs?: number;
  /** After this many attempts in a row that are answered with HTTP 403 or 404, the chat is `refused`: by default 10. */
  readonly refusalsMost?: number;
  /**
   * How long to keep requesting the nickname of the options while it is in use, since the grace of an earlier run of the
   * program may still hold it: by default 32,000, which is longer than a server's grace.
   */
  readonly nicknameWaitMs?: number;
  /** For tests: replaces the clock, the timers and the network. */
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

/** The options of a chat with all defaults filled in. */
export type Settings = Omit<ChatOptions, "WebSocket"> &
  Required<Pick<ChatOptions, keyof typeof DEFAULTS>> & {
    readonly url: string;
    readonly WebSocket: WebSocketConstructor;
  };

/** At least 128 bits of base64url. */
const KEY = /^[\w-]{22,128}$/;

/** Whether a text can be a person's key. */
export function isKey(key: string): boolean {
  return KEY.test(key);
}

/** @throws NoWebSocketError, NoRoomError, IdentityError for a key that is not valid, ChatError `WrongFormatPage`, or what `URL` throws */
export function settle(url: string | URL, options: ChatOptions): Settings {
  // Not earlier: tests and polyfills may set it late.
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) throw new NoWebSocketError("NoWebSocket");
  // A proxy may serve the chat under a path of its own, which may itself contain /rooms/.
  const [, room] = /.*\/rooms\/(.+)/.exec(new URL(url, globalThis.location?.href).pathname) ?? [];
  if (room !== undefined && !roomOfPath(`/rooms/${room}`)) throw new NoRoomError("NoRoom");
  const settings = { ...DEFAULTS, ...options, WebSocket, url: String(url) };
  const { historyLimit, after } = settings;
  const isPage =
    isPositionOf(after) && Number.isInteger(historyLimit) && historyLimit > 0 && historyLimit <= PAGE_MAX;
  if (options.key !== undefined && !isKey(options.key)) throw errorWith("WrongFormatIdentity");
  // The server would refuse every attempt.
  if (!isPage) throw new ChatError("WrongFormatPage");
  return settings;
}

function isPositionOf(after: ChatOptions["after"]): boolean {
  return typeof after !== "object" || (Number.isInteger(after.id) && Number.isInteger(after.time));
}

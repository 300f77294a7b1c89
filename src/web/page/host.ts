/**
 * What the page needs in addition in a frame of another site: its look, as the site's script (web/embed) asks for it, tokens of
 * the site's login, and what the site is told. Also loaded for a link with a token.
 */
import { effect } from "@preact/signals";
import { attempt, fieldsOf } from "../../client/frame.ts";
import type { Message } from "../../client/index.ts";
import { accentVariables } from "../../protocol/accent.ts";
import { type Look, lookOf } from "../embed/look.ts";
import {
  CLOSE,
  HELLO,
  type HostMessage,
  MESSAGE,
  READY,
  TOKEN,
  TOKEN_WANTED,
  UNREAD,
} from "../embed/messages.ts";
import type { ListableStorage } from "../store/browser-storage.ts";
import { isOfChat } from "../store/chat-items.ts";
import { NICKNAME_KEY, type RoomStore } from "../store/room.ts";
import { SETTINGS_KEY } from "../store/settings.ts";
import { CHAT_ROOT } from "./address.ts";
import { ANSWER_MS, type HostTokens, hostTokens, subjectOf, type WindowMessage } from "./token.ts";

/** Under this key the browser keeps who was here last by the host's login. */
const LOGIN_KEY = "classic-chatbox.host-login";

/** The site around the page, if there is one. */
export class Host {
  /** The title that the site gives to the chat; empty if it gives none. */
  readonly title: string;
  readonly #look: Look | null;
  readonly #token: string | null;
  /** The origin of the site, once it has said hello. */
  #origin: string | null = null;
  #wantsMessages = false;

  constructor(look: Look | null, token: string | null) {
    this.#look = look;
    this.#token = token;
    this.title = look?.title ?? "";
  }

  /** A storage in which what the site has chosen stands for whatever the user has not. */
  over(storage: ListableStorage): ListableStorage {
    const { theme = "", lang = "", nickname = "" } = this.#look ?? {};
    const chosen = new Map([
      [`${SETTINGS_KEY}.theme`, theme && JSON.stringify(theme)],
      [`${SETTINGS_KEY}.language`, lang && JSON.stringify(lang)],
      [NICKNAME_KEY, nickname],
    ]);
    return { ...storage, getItem: (key) => storage.getItem(key) ?? (chosen.get(key) || null) };
  }

  /** The tokens for the page. @param gave is called for each later one */
  tokens(gave: () => void): HostTokens {
    return hostTokens(this.#token, gave, this.#look?.login === true);
  }

  /** Tells the site what happens, once it has said hello. */
  follow(room: RoomStore): void {
    if (this.#look === null) return;
    addEventListener("message", (message) => {
      const data = fromParent(message, HELLO);
      // A page without an origin could not be told apart from others.
      if (data === null || message.origin === "null") return;
      this.#origin = message.origin;
      this.#wantsMessages = data.messages === true;
      this.#tell({ type: UNREAD, count: room.unread.count.peek() });
    });
    effect(() => this.#tell({ type: UNREAD, count: room.unread.count.value }));
    // What else Escape means in the page comes first.
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]"))
        this.#tell({ type: CLOSE });
    });
    window.parent.postMessage({ type: READY }, "*");
  }

  /** Somebody else has written. */
  message({ id, name, content, time }: Message): void {
    const message: HostMessage = { id, name, content, time };
    if (this.#wantsMessages) this.#tell({ type: MESSAGE, message });
  }

  #tell(message: object): void {
    if (this.#origin !== null) window.parent.postMessage(message, this.#origin);
  }
}

/**
 * Finds out what the site around the page asks for. Waits for its first token, if it has a login: without one the page would be
 * somebody else.
 *
 * @param token the token with which the page was opened
 * @param storage that of the chat
 */
export async function openHost(token: string | null, storage: ListableStorage): Promise<Host> {
  const look = window.parent === window ? null : lookOf(lastingFragment());
  if (look === null) return new Host(null, token);
  document.documentElement.dataset.embedded = look.button ? "corner" : "inline";
  for (const [name, value] of Object.entries(accentVariables(look.accent)))
    document.documentElement.style.setProperty(name, value);
  const first = look.login ? await firstToken() : null;
  const subject = first === null ? "" : subjectOf(first);
  // The site's user has signed out, or another one has signed in, who must not continue where the first one was.
  if ((storage.getItem(LOGIN_KEY) || subject) !== subject) forgetStays();
  if (storage.getItem(LOGIN_KEY) !== subject) storage.setItem(LOGIN_KEY, subject);
  return new Host(look, first ?? token);
}

/** The fragment that the site has given. The name of the frame keeps it while the user goes from room to room. */
function lastingFragment(): string {
  if (lookOf(location.hash)) {
    window.name = location.hash;
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return window.name;
}

/** Asks the site for a token. @returns null if it gives none in time */
function firstToken(): Promise<string | null> {
  return new Promise((resolve) => {
    addEventListener("message", function take(message) {
      const { token } = fromParent(message, TOKEN) ?? {};
      if (typeof token !== "string") return;
      removeEventListener("message", take);
      resolve(token);
    });
    setTimeout(() => resolve(null), ANSWER_MS);
    window.parent.postMessage({ type: TOKEN_WANTED }, "*");
  });
}

/** The fields of a message of the page around; null if it is not one, or of another type. */
function fromParent({ source, data }: WindowMessage, type: string): Readonly<Record<string, unknown>> | null {
  const fields = source === window.parent ? attempt(() => fieldsOf(data)) : undefined;
  return fields?.type === type ? fields : null;
}

/** Forgets whatever this and other pages have left to be continued. */
function forgetStays(): void {
  attempt(() => removeItems(localStorage, (key) => key.startsWith("classic-chatbox.stay:")));
  attempt(() => removeItems(sessionStorage, () => true));
}

/** Removes those items of the chat. */
function removeItems(storage: Storage, isOne: (key: string) => boolean): void {
  for (const key of Object.keys(storage))
    if (isOfChat(key, CHAT_ROOT, location) && isOne(key)) storage.removeItem(key);
}

import { signal } from "@preact/signals";
import type { Chat, ChatError, ChatOptions, IdentifyOptions, Identity, Login } from "../../client/index.ts";
import { isKey } from "../../client/settings.ts";
import type { Secret } from "../page/secret.ts";
import type { HostTokens } from "../page/token.ts";
import type { TextStorage } from "./browser-storage.ts";

/** The key under which all tabs of this browser store the person's key. */
export const PERSON_KEY = "classic-chatbox.key";

/** The key under which the browser keeps since when the server knows the person's key, as the server has signed it. */
const SINCE_KEY = "classic-chatbox.since";

/** An item by which a tab tells the others to forget the person. It does not stay. */
export const FORGET_KEY = "classic-chatbox.forget";

/** What the view of the person's key is open for: to see it, to forget it, or for what a link has brought along. */
export type PersonView = { readonly kind: "own" | "forget" } | Secret;

/**
 * The person at this browser: known to the server by a key, which is made when the person first does something, or by the
 * host's login.
 */
export class PersonStore {
  /** Null while the view is closed. */
  readonly view = signal<PersonView | null>(null);
  /** What the server knows of the person; null before it has said so. */
  readonly identity = signal<Identity | null>(null);
  /** Why the server does not know the person, if it refused the last key or token. */
  readonly refusal = signal<ChatError | null>(null);
  readonly login = signal<Login>("none");
  /** Whether the person has left, and does not want the nickname that the login gives for now. */
  readonly isAway = signal(false);
  readonly tokens: HostTokens | null;
  readonly #storage: TextStorage;
  readonly #begin: () => void;
  #chat: Chat | null = null;

  /**
   * @param tokens those of the host's login; null for a page that nobody gives any
   * @param begin begins anew, as another person: a connection stays the person that it was
   */
  constructor(storage: TextStorage, tokens: HostTokens | null, begin: () => void) {
    this.#storage = storage;
    this.tokens = tokens;
    this.#begin = begin;
  }

  /** A secret: whoever has it is the person. */
  get key(): string | null {
    const kept = this.#storage.getItem(PERSON_KEY);
    return kept !== null && isKey(kept) ? kept : null;
  }

  get isByLogin(): boolean {
    return this.tokens?.has === true;
  }

  /** Whether the host's login decides on the nickname, or on whether there is one. */
  get needsLogin(): boolean {
    // Read first, so that a component is rendered again when it changes.
    const name = this.identity.value?.name;
    return this.isAway.value || (this.isByLogin ? name !== null : this.login.value === "required");
  }

  get chat(): Chat | null {
    return this.#chat;
  }

  /** What a new chat has to know. */
  get options(): Pick<ChatOptions, "key" | "since" | "token"> {
    const { tokens, key } = this;
    return {
      key: key ?? undefined,
      since: this.#storage.getItem(SINCE_KEY) || undefined,
      token: tokens && !this.isAway.peek() ? () => tokens.next() : undefined,
    };
  }

  /** Follows a new chat. */
  follow(chat: Chat): void {
    this.#chat = chat;
    chat.on("welcome", ({ login }) => {
      this.login.value = login;
    });
    chat.on("identified", (identity) => {
      this.identity.value = identity;
      if (!this.isByLogin && identity.since) this.#storage.setItem(SINCE_KEY, identity.since);
      this.refusal.value = null;
    });
    chat.on("identity-refused", ({ error }) => {
      if (error.code === "TokenRefused") this.tokens?.refused();
      this.refusal.value = error;
    });
    // The first message or change. Nothing is stored of a person who has done nothing, and `identify` goes out before it.
    chat.on("outbox", ({ entries }) => {
      if (entries.length > 0) this.makeKey();
    });
  }

  /** Makes a key, unless there is one or the host's login says who the person is. */
  makeKey(): void {
    if (this.key === null && !this.isByLogin) this.setKey(newKey());
  }

  /** Takes a key. */
  setKey(key: string): void {
    this.#storage.setItem(SINCE_KEY, "");
    this.#storage.setItem(PERSON_KEY, key);
    this.adopt(key);
  }

  /** Another tab has taken a key. */
  adopt(key: string): void {
    if (this.isByLogin) return;
    this.#identify({ key });
  }

  /** Asks the host's login for the person anew. */
  askLogin(): void {
    this.#identify({});
  }

  #identify(options: IdentifyOptions): void {
    this.#chat?.identify(options).catch(({ code }) => code === "AnotherPerson" && this.#begin());
  }
}

/** 256 random bits. Over plain HTTP, browsers have no other source of them. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}

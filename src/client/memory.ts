import {
  attempt,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  optionalText,
  type Position,
  parsePosition,
  textOf,
  wellFormed,
} from "./frame.ts";
import type { Settings } from "./settings.ts";

/** An own message that the server has not confirmed yet. */
export interface OutboxSend {
  readonly type: "send";
  /** By this the server recognizes the message when it is sent again. */
  readonly key: string;
  readonly content: string;
  /** The id of the message that it replies to. */
  readonly reply?: number | undefined;
}

/** What is to become of a message. `of` is its id, or the key of a message that is still in the outbox. */
export type ChangeRequest =
  | { readonly type: "edit"; readonly of: number | string; readonly content: string }
  | { readonly type: "delete"; readonly of: number | string }
  /** `on` is false to take the reaction back. */
  | { readonly type: "react"; readonly of: number | string; readonly emoji: string; readonly on: boolean };

/** A change of a message that the server has not confirmed yet. `key` tells it from others. */
export type OutboxChange = ChangeRequest & { readonly key: string };

/** What the server has not confirmed yet. */
export type OutboxEntry = OutboxSend | OutboxChange;

interface KeptState {
  /** When it was first sent, in Unix milliseconds; null if it is certain that the server has not stored it. */
  readonly sentAt: number | null;
}

/** An unconfirmed message, as it is kept in the storage. */
export type KeptSend = Omit<OutboxSend, "type"> & KeptState;
/** An unconfirmed change, likewise. */
export type KeptChange = OutboxChange & KeptState;

/** What a chat keeps in its storage. */
export interface Kept {
  readonly name: string | null;
  /** Oldest first. One of them holds the nickname. */
  readonly sessions: readonly string[];
  readonly outbox: readonly KeptSend[];
  /** Beside the messages: earlier versions of the SDK would take them for messages. */
  readonly changes: readonly KeptChange[];
  /** Whether the server is known to speak version 3. */
  readonly v3: boolean;
  /** Of the last message or change that the program has finished with; null if the program does not want it kept. */
  readonly position: Position | null;
  /** Own messages after that. */
  readonly own: readonly Position[];
  /** A position of the history to which the ids in `outbox` and `changes` belong; null if none is known. */
  readonly asOf: Position | null;
  /** Since when the chat knows the person, as the server has signed it. */
  readonly since?: string | undefined;
}

/** What a new chat starts with. */
export const NOTHING: Kept = {
  name: null,
  sessions: [],
  outbox: [],
  changes: [],
  v3: false,
  position: null,
  own: [],
  asOf: null,
};

/** One chat's item in a storage. A full or forbidden storage counts as a missing one. */
export class Memory {
  readonly #settings: Settings;
  readonly #key: string;
  readonly #read: () => Kept;
  #writing = false;
  /** What prepares the next write. */
  #preparing: (() => () => void)[] = [];
  #ended = false;
  /** Whether the last write failed. */
  #isBehind = false;

  /** @param read returns what to keep, at the time of the write */
  constructor(settings: Settings, read: () => Kept) {
    this.#settings = settings;
    this.#key = `chat:${settings.url}`;
    this.#read = read;
  }

  load(): Kept {
    return attempt(() => parseKept(this.#settings.storage?.getItem(this.#key))) ?? NOTHING;
  }

  /** What the storage has by now; undefined if the chat itself knows better. */
  reload(): Kept | undefined {
    const { storage } = this.#settings;
    if (!storage || this.#isBehind) return undefined;
    return attempt(() => {
      const text = storage.getItem(this.#key);
      return text === null ? NOTHING : parseKept(text);
    });
  }

  /** Something changed. All changes of one task are written once, at its end. */
  save(): void {
    if (this.#writing) return;
    this.#writing = true;
    queueMicrotask(() => {
      this.#writing = false;
      this.flush();
    });
  }

  /**
   * Writes something down before it happens. Without a storage it happens at once.
   *
   * @param prepare is called right before the next write, so that its changes are part of the write. It returns what is to
   *   happen after the write
   */
  saveFirst(prepare: () => () => void): void {
    if (!this.#settings.storage) prepare()();
    else {
      this.#preparing.push(prepare);
      this.save();
    }
  }

  /** Writes now. */
  flush(): void {
    if (this.#ended) return;
    const happens = this.#preparing.splice(0).map((prepare) => prepare());
    this.#isBehind = true;
    attempt(() => {
      this.#settings.storage?.setItem(this.#key, JSON.stringify(this.#read()));
      this.#isBehind = false;
    });
    for (const each of happens) each();
  }

  /** The chat is over: removes its item. */
  clear(): void {
    this.stop();
    attempt(() => this.#settings.storage?.removeItem(this.#key));
  }

  /** Writes nothing any more. */
  stop(): void {
    this.#ended = true;
  }
}

/** Reads a chat's item. @throws for anything else */
export function parseKept(text: unknown): Kept {
  const { name, sessions, outbox, changes, v3, position, own, asOf, since } = fieldsOf(
    JSON.parse(textOf(text)),
  );
  return {
    name: name === null ? null : textOf(name),
    sessions: listOf(sessions).map(textOf),
    outbox: listOf(outbox).map((each) => parseSend(fieldsOf(each))),
    // Those of later versions may be of other types.
    changes: wellFormed(changes ?? [], parseChange),
    v3: v3 === true,
    // Items of earlier versions do not have these.
    position: position ? parsePosition(position) : null,
    own: own ? listOf(own).map(parsePosition) : [],
    asOf: asOf ? parsePosition(asOf) : null,
    since: optionalText(since),
  };
}

function parseSend({ key, content, reply, sentAt }: Fields): KeptSend {
  return {
    key: textOf(key),
    content: textOf(content),
    reply: numberOf(reply) ?? undefined,
    sentAt: numberOf(sentAt),
  };
}

function parseChange({ key, type, of, content, emoji, on, sentAt }: Fields): KeptChange {
  const keys = { key: textOf(key), of: numberOf(of) ?? textOf(of), sentAt: numberOf(sentAt) };
  switch (type) {
    case "edit":
      return { type, content: textOf(content), ...keys };
    case "react":
      return { type, emoji: textOf(emoji), on: on === true, ...keys };
    case "delete":
      return { type, ...keys };
    default:
      throw new TypeError();
  }
}

import { attempt, fieldsOf, listOf, numberOf, type Position, textOf } from "./frame.ts";
import type { Settings } from "./settings.ts";

/** An own message that the server has not confirmed yet. */
export interface OutboxEntry {
  /** What makes it known when it is sent again. */
  readonly key: string;
  readonly content: string;
}

/** A message that is not confirmed, as it is kept. */
export interface KeptSend extends OutboxEntry {
  /** When it was first put on the wire, in Unix milliseconds; null if it is certain that it is not stored. */
  readonly sentAt: number | null;
}

/** What is kept of a chat. */
export interface Kept {
  readonly name: string | null;
  /** Sessions of which one holds the nickname, oldest first. */
  readonly sessions: readonly string[];
  readonly outbox: readonly KeptSend[];
  /** Whether the server is known to speak version 3. */
  readonly v3: boolean;
  /** Of the last message that the program is done with; null when it did not want that kept. */
  readonly position: Position | null;
  /** Own messages behind that. */
  readonly own: readonly Position[];
}

/** What is kept of nobody. */
export const NOTHING: Kept = {
  name: null,
  sessions: [],
  outbox: [],
  v3: false,
  position: null,
  own: [],
};

/** One chat's item in a storage. A storage that is full, or forbidden, is as none. */
export class Memory {
  readonly #settings: Settings;
  readonly #key: string;
  readonly #read: () => Kept;
  #writing = false;
  /** What is part of the next write. */
  #preparing: (() => () => void)[] = [];
  #ended = false;
  /** Whether the storage lacks what was to be kept last. */
  #isBehind = false;

  /** @param read gives what is to be kept, when it is written */
  constructor(settings: Settings, read: () => Kept) {
    this.#settings = settings;
    this.#key = `chat:${settings.url}`;
    this.#read = read;
  }

  load(): Kept {
    return attempt(() => parseKept(this.#settings.storage?.getItem(this.#key))) ?? NOTHING;
  }

  /** What is there by now; undefined when that is no better than what the chat itself knows. */
  reload(): Kept | undefined {
    const { storage } = this.#settings;
    if (!storage || this.#isBehind) return undefined;
    return attempt(() => {
      const text = storage.getItem(this.#key);
      return text === null ? NOTHING : parseKept(text);
    });
  }

  /** Something changed. It is written once for all that happens in one go. */
  save(): void {
    if (this.#writing) return;
    this.#writing = true;
    queueMicrotask(() => {
      this.#writing = false;
      this.flush();
    });
  }

  /**
   * Has something be kept before it happens. Where nothing is kept it happens at once.
   *
   * @param prepare is called right before the next write, so that what it changes is written; it returns what happens then
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

  /** The chat is over: nothing is kept of it. */
  clear(): void {
    this.stop();
    attempt(() => this.#settings.storage?.removeItem(this.#key));
  }

  /** What is kept stays as it is. */
  stop(): void {
    this.#ended = true;
  }
}

/** Reads what a chat has kept. @throws for anything else */
export function parseKept(text: unknown): Kept {
  const { name, sessions, outbox, v3, position, own } = fieldsOf(JSON.parse(textOf(text)));
  return {
    name: name === null ? null : textOf(name),
    sessions: listOf(sessions).map(textOf),
    outbox: listOf(outbox).map(parseSend),
    v3: v3 === true,
    // Earlier versions kept none.
    position: position ? parsePosition(position) : null,
    own: own ? listOf(own).map(parsePosition) : [],
  };
}

function parsePosition(value: unknown): Position {
  const { id, time } = fieldsOf(value);
  return { id: Number(id), time: Number(time) };
}

function parseSend(value: unknown): KeptSend {
  const { key, content, sentAt } = fieldsOf(value);
  return { key: textOf(key), content: textOf(content), sentAt: numberOf(sentAt) };
}

import { isDeepStrictEqual } from "node:util";

/** A message as somebody sees it; what is told in version 3 alone is null in version 2. */
export interface Seen {
  readonly id: number | null;
  readonly name: string;
  readonly content: string;
  /** Null where nothing of what follows is told. */
  readonly further: Further | null;
}

/** What version 3 tells of a message besides. */
export interface Further {
  readonly time: number;
  readonly by: string | undefined;
  readonly reply: number | undefined;
  readonly edited: number | undefined;
  readonly isDeleted: boolean;
  /** In order. */
  readonly reactions: readonly {
    readonly emoji: string;
    readonly count: number;
    readonly by: readonly { readonly by: string; readonly name: string }[];
  }[];
}

/** A message with all that version 3 tells of it. */
export type Current = Seen & { readonly further: Further };

/** A message as an object of the protocol has it. */
export interface Told {
  readonly id?: unknown;
  readonly time?: unknown;
  readonly name?: unknown;
  readonly content?: unknown;
  readonly by?: unknown;
  readonly reply?: unknown;
  readonly edited?: unknown;
  readonly deleted?: unknown;
  readonly reactions?: unknown;
}

/** A message as a client of version 3 was told it. */
export function seenOf({ id, name, content, ...told }: Told): Current {
  return {
    id: Number(id),
    name: String(name),
    content: String(content),
    further: {
      time: Number(told.time),
      by: typeof told.by === "string" ? told.by : undefined,
      reply: typeof told.reply === "number" ? told.reply : undefined,
      edited: typeof told.edited === "number" ? told.edited : undefined,
      isDeleted: told.deleted === true,
      reactions: Array.isArray(told.reactions) ? told.reactions : [],
    },
  };
}

/** Whether two saw the same message in the same state, as far as both can know. */
export function isSame(one: Seen, other: Seen): boolean {
  if (one.name !== other.name || one.content !== other.content) return false;
  if (one.further === null || other.further === null) return true;
  return one.id === other.id && isDeepStrictEqual(one.further, other.further);
}

/** Whether two saw the same message, whatever has become of it. */
export function isSameMessage(one: Seen, other: Seen): boolean {
  if (one.name !== other.name) return false;
  return one.further === null || other.further === null ? true : one.id === other.id;
}

/** A change as it is stored. */
export interface StoredChange {
  readonly kind: string;
  readonly id: number;
  readonly time: number;
  readonly of: number;
  readonly by: string;
  readonly content?: string;
  readonly emoji?: string;
  readonly on?: boolean;
  readonly as?: string;
  readonly key?: string;
}

/** A message as it is stored, before all changes. */
export interface StoredMessage extends Told {
  readonly id: number;
  readonly name: string;
  readonly content: string;
  readonly key?: string;
}

export type StoredEvent = StoredMessage | StoredChange;

/** What is stored of one room. */
export class History {
  readonly changes: readonly StoredChange[];
  /** In order, as they are now. */
  readonly messages: readonly Current[];
  readonly #byId: ReadonlyMap<number, Current>;
  /** The edits and deletions of each message, in order. */
  readonly #rewrites: ReadonlyMap<number, readonly StoredChange[]>;

  /** @param messages in order, as they are now */
  constructor(messages: readonly Current[], changes: readonly StoredChange[]) {
    this.messages = messages;
    this.changes = changes;
    this.#byId = new Map(this.messages.map((message) => [message.id ?? 0, message]));
    this.#rewrites = Map.groupBy(
      this.changes.filter(({ kind }) => kind !== "react"),
      ({ of }) => of,
    );
  }

  /** Where messages are stored as they were sent, and changes beside them. */
  static of(events: readonly StoredEvent[]): History {
    const changes = events.filter((event) => "kind" in event);
    const byMessage = Map.groupBy(changes, ({ of }) => of);
    const messages = events.filter((event): event is StoredMessage => !("kind" in event));
    return new History(
      messages.map((message) => (byMessage.get(message.id) ?? []).reduce(after, seenOf(message))),
      changes,
    );
  }

  message(id: number): Current | undefined {
    return this.#byId.get(id);
  }

  /** Whether a message was ever removed or deleted. */
  wasDeleted(of: number): boolean {
    return this.rewrites(of).some(({ kind }) => kind === "delete");
  }

  /** The edits and the deletions of a message, in order. */
  rewrites(of: number): readonly StoredChange[] {
    return this.#rewrites.get(of) ?? [];
  }
}

/** A message after a stored change. */
function after(message: Current, change: StoredChange): Current {
  const { further } = message;
  // An edit of a deleted message undoes its removal.
  if (further.isDeleted && change.kind !== "edit") return message;
  switch (change.kind) {
    case "edit":
      return {
        ...message,
        content: change.content ?? "",
        further: { ...further, edited: change.time, isDeleted: false },
      };
    case "delete":
      return {
        ...message,
        content: "",
        further: { ...further, edited: undefined, isDeleted: true, reactions: [] },
      };
    default:
      return { ...message, further: { ...further, reactions: afterReaction(further.reactions, change) } };
  }
}

function afterReaction(
  reactions: Further["reactions"],
  { emoji = "", on = false, by, as: name = "" }: StoredChange,
): Further["reactions"] {
  const others = reactions.find((each) => each.emoji === emoji)?.by.filter((each) => each.by !== by) ?? [];
  const reactors = on ? [...others, { by, name }] : others;
  const now = { emoji, count: reactors.length, by: reactors };
  const isNew = !reactions.some((each) => each.emoji === emoji);
  const all = isNew ? [...reactions, now] : reactions.map((each) => (each.emoji === emoji ? now : each));
  return all.filter(({ count }) => count > 0);
}

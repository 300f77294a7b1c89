import type { OneReaction, Reactions, Target } from "../../room/state.ts";
import type { ChangeRecord, ReactRecord } from "../record.ts";

/** So many strings may be kept for reactions that were taken back, and more where looking for them would take longer. */
const STRINGS_LEAST = 1024;

/** The newest edit of a message, and where its line is in the file. */
export interface StoredEdit {
  readonly id: number;
  readonly offset: number;
  /** The length of the line. */
  readonly bytes: number;
}

/** What a room must know of the changes to a message. */
export type ChangesOfMessage = Pick<Target, "reactions" | "edits" | "reactionsMade">;

/**
 * What has become of a message since it was sent. There may be very many of these: all values are in one object, and there is no
 * list for a message without reactions.
 */
interface Changed {
  /** Of the newest edit, 0 if there is none. */
  editId: number;
  editOffset: number;
  editBytes: number;
  isDeleted: boolean;
  /** How often it was edited, and how many reactions were made to it, counting those that were taken back. */
  edits: number;
  reactionsMade: number;
  /** Emoji and person of each reaction, in order, one behind the other. */
  reactions: string[] | null;
}

/**
 * What has become of the messages of a history file that were changed. Texts of edits stay in the file; reactions are in
 * memory.
 */
export class ChangeIndex {
  readonly #changed = new Map<number, Changed>();
  /** One string for all that are the same. */
  readonly #strings = new Map<string, string>();
  #reactions = 0;
  /** The id of each change and that of its message, one pair behind the other, oldest first. */
  #pairs = new Float64Array(32);
  #pairsEnd = 0;

  /** How many reactions stand. */
  get reactions(): number {
    return this.#reactions;
  }

  /** Whether a message was changed. */
  has(id: number): boolean {
    return this.#changed.has(id);
  }

  editOf(id: number): StoredEdit | null {
    return editIn(this.#changed.get(id));
  }

  isDeleted(id: number): boolean {
    return this.#changed.get(id)?.isDeleted ?? false;
  }

  hasReactions(id: number): boolean {
    return this.#changed.get(id)?.reactions != null;
  }

  reactionsTo(id: number): Reactions {
    const all: OneReaction[] = [];
    const flat = this.#changed.get(id)?.reactions ?? [];
    for (let at = 0; at < flat.length; at += 2) {
      const emoji = flat[at] ?? "";
      const person = flat[at + 1] ?? "";
      const space = person.indexOf(" ");
      all.push({ emoji, by: person.slice(0, space), name: person.slice(space + 1) });
    }
    return all;
  }

  historyOf(id: number): ChangesOfMessage {
    const { edits = 0, reactionsMade = 0 } = this.#changed.get(id) ?? {};
    return { reactions: this.reactionsTo(id), edits, reactionsMade };
  }

  /**
   * Notes an edit, or the deletion of a message.
   *
   * @returns the ids of the message or edit whose text was replaced by it, and has to be erased
   */
  edited(of: number, edit: StoredEdit | null): number {
    const changed = this.#of(of);
    const replaced = changed.editId || of;
    changed.editId = edit?.id ?? 0;
    changed.editOffset = edit?.offset ?? 0;
    changed.editBytes = edit?.bytes ?? 0;
    if (edit === null) {
      changed.isDeleted = true;
      this.#reactions -= countOf(changed);
      changed.reactions = null;
    } else {
      // A removal was undone.
      changed.isDeleted = false;
      changed.edits++;
    }
    return replaced;
  }

  /** Notes a reaction to a message, or that it was taken back. */
  reacted({ of, emoji, by, name, on }: Pick<ReactRecord, "of" | "emoji" | "by" | "name" | "on">): void {
    const changed = this.#of(of);
    if (changed.isDeleted) return;
    if (on) changed.reactionsMade++;
    const before = countOf(changed);
    changed.reactions ??= [];
    const { reactions } = changed;
    const at = placeOf(reactions, emoji, by);
    if (at >= 0) reactions.splice(at, 2);
    if (on) reactions.push(this.#shared(emoji), this.#shared(`${by} ${name}`));
    if (reactions.length === 0) changed.reactions = null;
    this.#reactions += countOf(changed) - before;
    // Otherwise the nicknames of all who have ever reacted would stay.
    const { size } = this.#strings;
    if (size > STRINGS_LEAST + this.#changed.size + 4 * this.#reactions) this.#shareStrings();
  }

  /** The messages that the changes with ids from `from` on, below `below`, concern; perhaps repeatedly. */
  *concernedBy(from: number, below: number): Generator<number> {
    for (let at = this.#pairFrom(from); at < this.#pairsEnd && (this.#pairs[at] ?? 0) < below; at += 2)
      yield this.#pairs[at + 1] ?? 0;
  }

  /** Notes which message a change concerns. Ids must grow. */
  concerns(id: number, of: number): void {
    if (this.#pairsEnd === this.#pairs.length) {
      const larger = new Float64Array(this.#pairs.length * 2);
      larger.set(this.#pairs);
      this.#pairs = larger;
    }
    this.#pairs.set([id, of], this.#pairsEnd);
    this.#pairsEnd += 2;
  }

  /** Where the first change is whose id is at least `id`. */
  #pairFrom(id: number): number {
    let low = 0;
    let high = this.#pairsEnd / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pairs[middle * 2] ?? 0) >= id) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }

  /** The messages whose texts were replaced or deleted. */
  *replaced(): Generator<number> {
    for (const [id, { editId, isDeleted }] of this.#changed) if (editId > 0 || isDeleted) yield id;
  }

  /**
   * Forgets the messages below an id, which are gone, and notes that the file begins so many bytes later.
   *
   * @returns the ids of edits of these messages that are still in the file, and have to be erased
   */
  expire(firstId: number, bytes: number): readonly number[] {
    const orphans: number[] = [];
    const { size } = this.#changed;
    for (const [id, changed] of this.#changed) {
      changed.editOffset -= bytes;
      if (id >= firstId) continue;
      if (changed.editId > 0 && changed.editOffset > 0) orphans.push(changed.editId);
      this.#reactions -= countOf(changed);
      this.#changed.delete(id);
    }
    const gone = this.#pairFrom(firstId);
    this.#pairs.copyWithin(0, gone, this.#pairsEnd);
    this.#pairsEnd -= gone;
    if (this.#changed.size < size) this.#shareStrings();
    return orphans;
  }

  /** Forgets the strings that no reaction has any longer. */
  #shareStrings(): void {
    this.#strings.clear();
    for (const { reactions } of this.#changed.values())
      for (const text of reactions ?? []) this.#strings.set(text, text);
  }

  #of(id: number): Changed {
    const known = this.#changed.get(id);
    if (known !== undefined) return known;
    const changed: Changed = {
      editId: 0,
      editOffset: 0,
      editBytes: 0,
      isDeleted: false,
      edits: 0,
      reactionsMade: 0,
      reactions: null,
    };
    this.#changed.set(id, changed);
    return changed;
  }

  #shared(text: string): string {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, text);
    return text;
  }
}

function countOf({ reactions }: Changed): number {
  return (reactions?.length ?? 0) / 2;
}

function editIn(changed: Changed | undefined): StoredEdit | null {
  if (changed === undefined || changed.editId === 0) return null;
  const { editId: id, editOffset: offset, editBytes: bytes } = changed;
  return { id, offset, bytes };
}

function placeOf(reactions: readonly string[], emoji: string, by: string): number {
  const person = `${by} `;
  for (let at = 0; at < reactions.length; at += 2)
    if (reactions[at] === emoji && reactions[at + 1]?.startsWith(person)) return at;
  return -1;
}

/** Notes a change that was read or stored. @returns the id whose text it has replaced, null if it replaces none */
export function noteChange(
  changes: ChangeIndex,
  change: ChangeRecord,
  place: { readonly offset: number; readonly bytes: number },
): number | null {
  changes.concerns(change.id, change.of);
  switch (change.kind) {
    case "edit":
      return changes.edited(change.of, { id: change.id, ...place });
    case "delete":
      return changes.edited(change.of, null);
    case "react":
      changes.reacted(change);
      return null;
  }
}

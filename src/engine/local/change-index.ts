import type { OneReaction, Reactions } from "../../room/state.ts";
import type { ChangeRecord, ReactRecord } from "../record.ts";

/** The newest edit of a message, and where its line is in the file. */
export interface StoredEdit {
  readonly id: number;
  readonly offset: number;
  /** The length of the line. */
  readonly bytes: number;
}

/** What has become of a message since it was sent. */
interface Changed {
  edit: StoredEdit | null;
  isDeleted: boolean;
  /** Emoji, public id and nickname of each reaction, in order, one behind the other: there may be very many. */
  readonly reactions: string[];
}

/**
 * What has become of the messages of a history file that were changed. Texts of edits stay in the file; reactions are in
 * memory.
 */
export class ChangeIndex {
  readonly #changed = new Map<number, Changed>();
  /** One string for all that are the same. */
  readonly #strings = new Map<string, string>();

  /** Whether a message was changed. */
  has(id: number): boolean {
    return this.#changed.has(id);
  }

  editOf(id: number): StoredEdit | null {
    return this.#changed.get(id)?.edit ?? null;
  }

  isDeleted(id: number): boolean {
    return this.#changed.get(id)?.isDeleted ?? false;
  }

  reactionsTo(id: number): Reactions {
    const all: OneReaction[] = [];
    const flat = this.#changed.get(id)?.reactions ?? [];
    for (let at = 0; at + 2 < flat.length; at += 3) {
      const [emoji = "", by = "", name = ""] = flat.slice(at, at + 3);
      all.push({ emoji, by, name });
    }
    return all;
  }

  /**
   * Notes an edit, or the deletion of a message.
   *
   * @returns the ids of the message or edit whose text was replaced by it, and has to be erased
   */
  edited(of: number, edit: StoredEdit | null): number {
    const changed = this.#of(of);
    const replaced = changed.edit?.id ?? of;
    changed.edit = edit;
    if (edit === null) {
      changed.isDeleted = true;
      changed.reactions.length = 0;
    }
    return replaced;
  }

  /** Notes a reaction to a message, or that it was taken back. */
  reacted({ of, emoji, by, name, on }: Pick<ReactRecord, "of" | "emoji" | "by" | "name" | "on">): void {
    const { reactions, isDeleted } = this.#of(of);
    if (isDeleted) return;
    const at = placeOf(reactions, emoji, by);
    if (at >= 0) reactions.splice(at, 3);
    if (on) reactions.push(this.#shared(emoji), this.#shared(by), this.#shared(name));
  }

  /** The messages whose texts were replaced or deleted. */
  *replaced(): Generator<number> {
    for (const [id, { edit, isDeleted }] of this.#changed) if (edit !== null || isDeleted) yield id;
  }

  /**
   * What is left once the messages below an id are gone, and the file begins so many bytes later.
   *
   * @returns also the ids of edits of these messages that are still in the file, and have to be erased
   */
  expire(
    firstId: number,
    bytes: number,
  ): { readonly kept: ChangeIndex; readonly orphans: readonly number[] } {
    const kept = new ChangeIndex();
    const orphans: number[] = [];
    for (const [id, { edit, isDeleted, reactions }] of this.#changed) {
      const moved = edit === null ? null : { ...edit, offset: edit.offset - bytes };
      if (id >= firstId) kept.#changed.set(id, { edit: moved, isDeleted, reactions: [...reactions] });
      else if (moved !== null && moved.offset > 0) orphans.push(moved.id);
    }
    return { kept, orphans };
  }

  #of(id: number): Changed {
    const known = this.#changed.get(id);
    if (known !== undefined) return known;
    const changed: Changed = { edit: null, isDeleted: false, reactions: [] };
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

function placeOf(reactions: readonly string[], emoji: string, by: string): number {
  for (let at = 0; at < reactions.length; at += 3)
    if (reactions[at + 1] === by && reactions[at] === emoji) return at;
  return -1;
}

/** Notes a change that was read or stored. @returns the id whose text it has replaced, null if it replaces none */
export function noteChange(
  changes: ChangeIndex,
  change: ChangeRecord,
  place: { readonly offset: number; readonly bytes: number },
): number | null {
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

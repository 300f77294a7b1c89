/** The texts that edits and deletions have replaced are never moved. */
import { editRecord, MessageRecord, type StoredEvent } from "../record.ts";

/** Which texts of a room have been replaced or deleted. All events are noted first, and then each is cleaned, in order. */
export class ReplacedTexts {
  /** By the ids of the messages. */
  readonly #newestEdits = new Map<number, number>();
  readonly #deleted = new Set<number>();
  /** The messages with edits that came by while events were cleaned: an edit may be left whose message has expired. */
  readonly #found = new Set<number>();

  note(event: StoredEvent): void {
    if (event.kind === "edit") {
      this.#newestEdits.set(event.of, event.id);
      // It may undo a removal.
      this.#deleted.delete(event.of);
    }
    if (event.kind === "delete") this.#deleted.add(event.of);
  }

  /** An event without its text if that is not shown any more. */
  clean(event: StoredEvent): StoredEvent {
    switch (event.kind) {
      case "message": {
        const { id } = event;
        if (this.#newestEdits.has(id)) this.#found.add(id);
        return this.#newestEdits.has(id) || this.#deleted.has(id) ? withoutText(event) : event;
      }
      case "edit": {
        const { id, of } = event;
        const isShown = this.#found.has(of) && this.#newestEdits.get(of) === id && !this.#deleted.has(of);
        return isShown ? event : withoutText(event);
      }
      default:
        return event;
    }
  }
}

/** A message or an edit with an empty text; any other event as it is. */
export function withoutText(event: StoredEvent): StoredEvent {
  switch (event.kind) {
    case "message":
      return MessageRecord.of({ ...event.message, content: "" });
    case "edit":
      return editRecord({ ...event, kind: "edited", connection: "", content: "" });
    default:
      return event;
  }
}

/** An event without the key that it was sent with: a key means nothing after ten minutes, and a file may have it twice. */
export function withoutKey(event: StoredEvent): StoredEvent {
  switch (event.kind) {
    case "message":
      return event.digest === undefined ? event : MessageRecord.of({ ...event.message, digest: undefined });
    case "edit":
      return event.digest === undefined
        ? event
        : editRecord({ ...event, kind: "edited", connection: "", digest: undefined });
    default:
      return event;
  }
}

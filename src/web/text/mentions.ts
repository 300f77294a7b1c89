/** A mention in a text: where its `@` stands, and the nickname as it is known. */
export interface Mention {
  readonly index: number;
  readonly name: string;
}

const WORD = /[\p{L}\p{N}_]/u;

/** A hostile content is all `@`; a person mentions a few. */
const MENTIONS_MOST = 50;

/**
 * The nicknames that can be mentioned. They may hold spaces, so that a mention can only be told by who is known: those
 * in the roster, and those whose messages are shown.
 */
export class Mentions {
  readonly #names = new Map<string, string>();
  /** The lengths that names have, longest first: `@An Bình` is Bình's cousin, and not An. */
  #lengths: readonly number[] = [];

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.#names.set(fold(name), name);
    this.#lengths = [...new Set([...this.#names.keys()].map((name) => name.length))].sort((a, b) => b - a);
  }

  /** The mentions in a text, in order. */
  find(text: string): Mention[] {
    const found: Mention[] = [];
    for (
      let at = text.indexOf("@");
      at >= 0 && found.length < MENTIONS_MOST;
      at = text.indexOf("@", at + 1)
    ) {
      if (at > 0 && WORD.test(text.charAt(at - 1))) continue;
      const name = this.#nameAt(text, at + 1);
      if (name !== undefined) found.push({ index: at, name });
    }
    return found;
  }

  #nameAt(text: string, at: number): string | undefined {
    for (const length of this.#lengths) {
      const name = this.#names.get(fold(text.slice(at, at + length)));
      if (name?.length === length && !WORD.test(text.slice(at + length, at + length + 1))) return name;
    }
    return undefined;
  }
}

/** What is before the caret, when a nickname is being written there after an `@`. */
export interface Query {
  /** Where the `@` stands. */
  readonly index: number;
  readonly text: string;
}

/** The mention that is being written at the caret. */
export function queryAt(text: string, caret: number): Query | null {
  const index = text.lastIndexOf("@", caret - 1);
  if (index < 0 || (index > 0 && WORD.test(text.charAt(index - 1)))) return null;
  const written = text.slice(index + 1, caret);
  return written.includes("\n") || written.length > 100 ? null : { index, text: written };
}

/** The nicknames that go on as what is written, at most `most`. Marks over letters need not be written. */
export function complete(written: string, names: readonly string[], most: number): string[] {
  const start = plain(written);
  return names.filter((name) => plain(name).startsWith(start)).slice(0, most);
}

function fold(name: string): string {
  return name.toLowerCase();
}

/** Without case and marks, so that `binh` finds `Bình`. */
export function plain(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
}

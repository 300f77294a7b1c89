import { REPLY_DIALECT } from "../dialect.ts";
import type { Recipient, RecipientEnd } from "../recipient.ts";

/** Makes one request to a room for a program, and waits for the reply. It has no connection, and no place in the roster. */
export class Caller implements Recipient {
  readonly id: string;
  readonly room: string;
  readonly dialect = REPLY_DIALECT;
  readonly name = null;
  readonly secret = "";
  readonly sink = null;
  readonly #historyRefusal: Recipient["historyRefusal"];
  readonly #answered = Promise.withResolvers<string | null>();

  constructor(id: string, room: string, historyRefusal: Recipient["historyRefusal"]) {
    this.id = id;
    this.room = room;
    this.#historyRefusal = historyRefusal;
  }

  /** The JSON text of the reply; null if nobody knows what has become of the request. */
  get reply(): Promise<string | null> {
    return this.#answered.promise;
  }

  named(): void {}

  historyRefusal(bytes: number): "TooManyRequests" | "ErrorWhenGet" | null {
    return this.#historyRefusal(bytes);
  }

  write(pieces: readonly Uint8Array[]): void {
    if (pieces.length > 0) this.#answered.resolve(Buffer.concat(pieces).toString());
  }

  end(_cause: RecipientEnd): void {
    this.#answered.resolve(null);
  }
}

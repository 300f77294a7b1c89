const SECRET_BYTES = 32;
/** 96 bits: among billions of people, no two have the same id by chance. */
const ID_CHARACTERS = 16;

/**
 * Derives the public ids of people with a secret of the chat. Without the secret nobody can tell which key belongs to an id,
 * not even by trying keys, nor whether ids of two chats are of one person.
 *
 * What the ids are derived from begins with its sort, so that nobody can bring a key that gives the id of another sort.
 */
export class PersonIds {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  ofKey(key: string): string {
    return this.#derive(`key:${key}`);
  }

  /** JSON keeps the two apart: no other pair has the same text. */
  ofLogin(issuer: string, subject: string): string {
    return this.#derive(`login:${JSON.stringify([issuer, subject])}`);
  }

  ofStay(identity: string): string {
    return this.#derive(`stay:${identity}`);
  }

  /** @param id of the token */
  ofToken(id: string): string {
    return this.#derive(`token:${id}`);
  }

  #derive(text: string): string {
    const digest = new Bun.CryptoHasher("sha256", this.#secret).update(text).digest("base64url");
    // An id that begins with a hyphen would be taken for a flag of a command.
    return digest.replace(/^-+/, "").slice(0, ID_CHARACTERS);
  }
}

/** A new secret of a chat. It must never be logged: whoever has it can find out whose key belongs to an id. */
export function newSecret(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
}

/** @throws RangeError if these cannot be the bytes of a secret */
export function checkedSecret(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length !== SECRET_BYTES) throw new RangeError("The secret has the wrong length.");
  return bytes;
}

import type { SettingsPatch } from "../../room/room-settings.ts";

/** A hash costs some milliseconds and megabytes, on another thread. */
const COST = { algorithm: "argon2id", memoryCost: 8 * 1024, timeCost: 2 } as const;
/** Of how many rooms the right password is remembered. */
const REMEMBERED = 1_000;

/**
 * The passwords of rooms. They are stored as salted hashes. When all people of a room come back at once, the hash is computed for the
 * first of them: from then on memory has a keyed digest of the right password.
 */
export class Passwords {
  readonly #digest: (text: string) => string;
  /** By the stored hash. */
  readonly #right = new Map<string, string>();

  /** @param digest a keyed digest, with a secret of the chat */
  constructor(digest: (text: string) => string) {
    this.#digest = digest;
  }

  /** What setting a password changes. @param password null to take it away, undefined to leave it */
  async patch(room: string, password: string | null | undefined): Promise<SettingsPatch> {
    if (password === undefined) return {};
    return { passwordHash: password === null ? null : await this.#hash(room, password) };
  }

  async check(room: string, password: string, hash: string): Promise<boolean> {
    const digest = this.#digestOf(room, password);
    if (this.#right.get(hash) === digest) return true;
    if (!(await Bun.password.verify(password.normalize("NFC"), hash))) return false;
    this.#remember(hash, digest);
    return true;
  }

  async #hash(room: string, password: string): Promise<string> {
    const hash = await Bun.password.hash(password.normalize("NFC"), COST);
    this.#remember(hash, this.#digestOf(room, password));
    return hash;
  }

  #digestOf(room: string, password: string): string {
    return this.#digest(`password ${JSON.stringify([room, password.normalize("NFC")])}`);
  }

  #remember(hash: string, digest: string): void {
    this.#right.set(hash, digest);
    for (const oldest of this.#right.keys()) {
      if (this.#right.size <= REMEMBERED) break;
      this.#right.delete(oldest);
    }
  }
}

import type { SettingsPatch } from "../../room/room-settings.ts";
import { TokenBucket } from "../token-bucket.ts";
import { Refusal } from "./refusal.ts";

/** A hash costs some milliseconds and megabytes, on another thread. */
const COST = { algorithm: "argon2id", memoryCost: 8 * 1024, timeCost: 2 } as const;
/** How often an address may try a wrong password of a room. */
const TRIES = { perSecond: 1 / 30, burst: 5 };
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

  readonly #now: () => number;
  /** By room and address, the one that was used last at the end. */
  readonly #tries = new Map<string, TokenBucket>();

  /** @param digest a keyed digest, with a secret of the chat @param now milliseconds of a monotonic clock */
  constructor(digest: (text: string) => string, now = () => performance.now()) {
    this.#digest = digest;
    this.#now = now;
  }

  /** What setting a password changes. @param password null to take it away, undefined to leave it */
  async patch(room: string, password: string | null | undefined): Promise<SettingsPatch> {
    if (password === undefined) return {};
    return { passwordHash: password === null ? null : await this.#hash(room, password) };
  }

  /**
   * Whether a password is right. Whoever tries many wrong ones has to wait between them.
   *
   * @param from whose tries they are: a hash of the address
   * @throws Refusal if that was tried too often
   */
  async check(room: string, password: string, hash: string, from: string): Promise<boolean> {
    const digest = this.#digestOf(room, password);
    if (this.#right.get(hash) === digest) return true;
    if (this.#triesOf(`${room}\n${from}`).take(this.#now()) > 0)
      throw new Refusal("WrongPassword", "Too many wrong passwords. Wait a minute before you try again.");
    if (!(await Bun.password.verify(password.normalize("NFC"), hash))) return false;
    this.#remember(hash, digest);
    return true;
  }

  #triesOf(key: string): TokenBucket {
    const now = this.#now();
    const tries = this.#tries.get(key) ?? new TokenBucket(TRIES, now);
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    for (const [oldest, each] of this.#tries) {
      if (this.#tries.size <= REMEMBERED && !each.isFull(now)) break;
      if (oldest === key) break;
      this.#tries.delete(oldest);
    }
    return tries;
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

import { readFile, stat } from "node:fs/promises";
import { errorCode, errorReason } from "../../engine/local/fault.ts";
import { KEY_SET_MAX_BYTES, KeySet, KeySetError } from "./key-set.ts";

/** How long a server with keys may take for its whole answer. */
const ANSWER_MAX_MS = 5_000;

/** Where keys come from. */
export interface KeySource {
  /** For the operator. Contains no secrets. */
  readonly name: string;
  /** How old keys may be before they are loaded again. */
  readonly maxAgeMs: number;
  /** The shortest time between two loads, whatever tokens come and however loads end. */
  readonly loadEveryMs: number;

  /**
   * Loads the keys.
   *
   * @returns null: they are those that the last load returned
   * @throws KeySetError
   */
  load(): Promise<KeySet | null>;
}

/** A file, which is read again when it has changed. */
export class KeyFile implements KeySource {
  readonly name: string;
  // A look at the file's times costs next to nothing, and a new key should work at once.
  readonly maxAgeMs = 1_000;
  readonly loadEveryMs = 1_000;
  #readAs: string | null = null;

  constructor(path: string) {
    this.name = path;
  }

  async load(): Promise<KeySet | null> {
    try {
      const stats = await stat(this.name);
      const { size, mtimeMs, ctimeMs, ino } = stats;
      // A pipe might never end.
      if (!stats.isFile()) throw new KeySetError("it is not a file");
      if (size > KEY_SET_MAX_BYTES) throw new KeySetError(`it is larger than ${KEY_SET_MAX_BYTES} bytes`);
      // Looked at before the file is read: a change in between is then seen the next time.
      const state = [size, mtimeMs, ctimeMs, ino].join();
      if (state === this.#readAs) return null;
      const keys = new KeySet(await readFile(this.name, "utf8"));
      this.#readAs = state;
      return keys;
    } catch (error) {
      this.#readAs = null;
      throw error instanceof KeySetError ? error : new KeySetError(errorReason(error));
    }
  }
}

/** An address on the web. Redirects are not followed: they could lead to any host, also within the operator's network. */
export class KeyUrl implements KeySource {
  readonly name: string;
  readonly maxAgeMs = 10 * 60_000;
  readonly loadEveryMs = 30_000;
  readonly #url: string;
  readonly #deadline: () => AbortSignal;

  /**
   * @param url with the scheme `https:`, or `http:` on this machine
   * @param deadline makes the signal that ends a load which takes too long
   */
  constructor(url: string, deadline = () => AbortSignal.timeout(ANSWER_MAX_MS)) {
    const { origin, pathname } = new URL(url);
    this.name = `${origin}${pathname}`;
    this.#url = url;
    this.#deadline = deadline;
  }

  async load(): Promise<KeySet> {
    const signal = this.#deadline();
    try {
      return new KeySet(await this.#fetch(signal));
    } catch (error) {
      if (error instanceof KeySetError) throw error;
      if (signal.aborted) throw new KeySetError(`it did not answer within ${ANSWER_MAX_MS / 1000} s`);
      throw new KeySetError(`it cannot be reached: ${errorCode(error) ?? "the connection failed"}`);
    }
  }

  async #fetch(signal: AbortSignal): Promise<string> {
    const response = await fetch(this.#url, {
      redirect: "manual",
      // A compressed answer could be a thousand times as large as what is read.
      headers: { Accept: "application/jwk-set+json, application/json", "Accept-Encoding": "identity" },
      signal,
    });
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
    try {
      if (response.status !== 200) throw new KeySetError(`it answered with HTTP ${response.status}`);
      if (response.headers.has("Content-Encoding")) throw new KeySetError("its answer is compressed");
      return reader === undefined ? "" : await readText(reader);
    } finally {
      // Ends the connection if there is more to come.
      await reader?.cancel();
    }
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString("utf8");
    bytes += value.length;
    if (bytes > KEY_SET_MAX_BYTES)
      throw new KeySetError(`its answer is larger than ${KEY_SET_MAX_BYTES} bytes`);
    chunks.push(value);
  }
}

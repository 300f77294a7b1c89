import type { KeyObject } from "node:crypto";
import { compactVerify, decodeProtectedHeader, errors } from "jose";
import type { LoginKeys, LoginSettings } from "../settings.ts";
import { HostKeys, type KeyNotice } from "./host-keys.ts";
import { KEY_ALGORITHMS } from "./key-set.ts";
import { KeyFile, type KeySource, KeyUrl } from "./key-source.ts";
import { type HostPerson, readPerson } from "./person.ts";
import { LoginRefusal, type RefusalReason } from "./refusal.ts";

/** The longest token, in characters. Nothing of a longer one is read. */
export const TOKEN_MAX = 8 * 1024;
/** The compact form of a JWS (RFC 7515, section 7.1). The signature is missing if `alg` is `none`. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** What came of a token. */
export type Verification =
  | { readonly kind: "person"; readonly person: HostPerson }
  | {
      readonly kind: "refused";
      readonly reason: RefusalReason;
      /** For a person. It quotes nothing of the token. */
      readonly sentence: string;
    };

/** What the verification needs from outside. */
export interface LoginSurroundings {
  /** Called once whenever it changes whether the keys can be loaded. */
  readonly notice: (notice: KeyNotice) => void;
  /** The time of day, in Unix milliseconds. */
  readonly now?: () => number;
  /** Milliseconds of a clock that is never set, for the age of keys. */
  readonly steadyNow?: () => number;
  /** Makes the source of the keys that are not a secret. */
  readonly sourceOf?: (keys: PublicKeys) => KeySource;
}

type PublicKeys = Exclude<LoginKeys, { readonly kind: "secret" }>;

interface Header {
  readonly algorithm: unknown;
  readonly keyId: string | undefined;
}

/**
 * The login of the site that the chat belongs to: the site signs tokens (JWT, RFC 7519) that say who somebody is. The
 * settings alone decide which algorithms are possible. Keys that a token brings or refers to are not looked at.
 */
export class HostLogin {
  readonly #settings: LoginSettings;
  readonly #now: () => number;
  /** Null with a shared secret. */
  readonly #keys: HostKeys | null;

  constructor(settings: LoginSettings, surroundings: LoginSurroundings) {
    const { notice, now = Date.now, sourceOf = defaultSource } = surroundings;
    const { steadyNow = () => performance.now() } = surroundings;
    const { keys } = settings;
    this.#settings = settings;
    this.#now = now;
    this.#keys = keys.kind === "secret" ? null : new HostKeys(sourceOf(keys), notice, steadyNow);
  }

  /**
   * Verifies a token. Never rejects. What it resolves to contains no part of the token except the person's claims.
   *
   * Keys from the web may have to be fetched first, which takes 5 s at most.
   */
  async verify(token: string): Promise<Verification> {
    try {
      return { kind: "person", person: await this.#personOf(token) };
    } catch (error) {
      // Anything else would be a defect, which is not the token's fault.
      const refusal = error instanceof LoginRefusal ? error : new LoginRefusal("unavailable");
      return { kind: "refused", reason: refusal.reason, sentence: refusal.message };
    }
  }

  async #personOf(token: string): Promise<HostPerson> {
    const header = readHeader(token);
    const [algorithm, key] = await this.#keyFor(header);
    const payload = await readSigned(token, algorithm, key);
    return readPerson(payload, this.#settings, this.#now());
  }

  async #keyFor({ algorithm, keyId }: Header): Promise<[algorithm: string, key: KeyObject]> {
    const { keys } = this.#settings;
    if (keys.kind === "secret" && algorithm === "HS256") return [algorithm, keys.secret];
    const known = KEY_ALGORITHMS.find((each) => each === algorithm);
    if (this.#keys === null || known === undefined) {
      throw new LoginRefusal("bad-signature", "The login is not signed in a way that this chat accepts.");
    }
    return [known, await this.#keys.find(known, keyId)];
  }
}

function defaultSource(keys: PublicKeys): KeySource {
  return keys.kind === "file" ? new KeyFile(keys.path) : new KeyUrl(keys.url);
}

function readHeader(token: string): Header {
  if (token.length > TOKEN_MAX) {
    throw new LoginRefusal("malformed", `The login is longer than ${TOKEN_MAX} characters.`);
  }
  if (!TOKEN.test(token)) throw new LoginRefusal("malformed");
  const { alg, kid, crit } = headerOf(token);
  // We know no extension, so each that must be understood is one too many (RFC 7515, section 4.1.11).
  if (crit !== undefined || (kid !== undefined && typeof kid !== "string")) {
    throw new LoginRefusal("malformed");
  }
  return { algorithm: alg, keyId: kid };
}

function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new LoginRefusal("malformed");
  }
}

/** The payload of a token. @throws LoginRefusal if the key has not signed it */
async function readSigned(token: string, algorithm: string, key: KeyObject): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch (error) {
    throw new LoginRefusal(error instanceof errors.JWSInvalid ? "malformed" : "bad-signature");
  }
}

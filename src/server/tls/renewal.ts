import { stat } from "node:fs/promises";
import type { Log } from "../log.ts";
import type { Notices } from "../watching/notices.ts";
import {
  type Certificate,
  CertificateError,
  type CertificateFiles,
  isRenewalLate,
  readCertificate,
} from "./certificate.ts";

/** How often the files are looked at. */
export const LOOK_EVERY_MS = 2_000;

/**
 * The certificate that the server presents. When its files change, new connections get the new one; those that are open stay. A
 * new one that cannot be used is reported, and the old one stays.
 */
export class RenewedCertificate {
  readonly #files: CertificateFiles;
  readonly #log: Log;
  readonly #notices: Notices;
  readonly #now: () => number;
  #current: Certificate;
  /** What the files looked like when they were read last. */
  #seen: string;
  #isLooking = false;

  /** @throws CertificateError when the files cannot be used */
  static async open(
    files: CertificateFiles,
    log: Log,
    notices: Notices,
    now: () => number,
  ): Promise<RenewedCertificate> {
    // Looked at first: what changes between the two is read again.
    const seen = await look(files);
    return new RenewedCertificate(files, log, notices, now, await readCertificate(files), seen);
  }

  private constructor(
    files: CertificateFiles,
    log: Log,
    notices: Notices,
    now: () => number,
    current: Certificate,
    seen: string,
  ) {
    this.#files = files;
    this.#log = log;
    this.#notices = notices;
    this.#now = now;
    this.#current = current;
    this.#seen = seen;
    this.#warnOfEnd();
    if (current.isKeyPublic)
      this.#warn(`everybody on this machine can read the key ${files.keyFile}; chmod o-r it`);
  }

  get current(): Certificate {
    return this.#current;
  }

  /** Reads the files if they have changed. Must be called every {@link LOOK_EVERY_MS}. */
  async look(): Promise<void> {
    // A file system that hangs must not gather calls.
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const seen = await look(this.#files);
      if (seen !== this.#seen) await this.#renew(seen);
      this.#warnOfEnd();
    } finally {
      this.#isLooking = false;
    }
  }

  async #renew(seen: string): Promise<void> {
    this.#seen = seen;
    try {
      this.#current = await readCertificate(this.#files);
      this.#notices.clear("renewal");
      this.#log.info(
        { category: "server", event: "certificate", validTo: this.#current.validTo.toISOString() },
        `a new certificate is in use, for ${this.#current.names.join(", ")}, until ${this.#current.validTo.toISOString()}`,
      );
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      this.#notices.raise("renewal", { reason: error.message });
      // A renewal replaces one file after the other; the second change is looked at as well.
      this.#warn(
        `the certificate has changed and cannot be used, so that of before stays, until ${this.#current.validTo.toISOString()}: ${error.message}`,
      );
    }
  }

  /** Warns of a certificate that ends soon, or is not valid yet. */
  #warnOfEnd(): void {
    const now = this.#now();
    const [beginsAt, endsAt] = [this.#current.validFrom.getTime(), this.#current.validTo.getTime()];
    this.#notices.set("certificate", isRenewalLate(this.#current, now) ? { endsAt } : null);
    this.#notices.set("early-certificate", beginsAt > now ? { beginsAt } : null);
  }

  #warn(sentence: string): void {
    this.#log.warn({ category: "server", event: "certificate" }, sentence);
  }
}

/** What tells one state of the files from another. */
async function look({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const states = [certFile, keyFile].map(async (file) => {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(states.map((state) => state.catch(() => "unreadable")))).join();
}

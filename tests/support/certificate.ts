/** Certificates that are made while the tests run. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A certificate of its own issuer, in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** For `localhost` and one more name. @param days for how long it is valid from now on @param age for how many days it has been @param address it is for that as well */
export async function createCertificate(
  name: string,
  { days = 90, age = 0, address = "127.0.0.1" as string | null } = {},
): Promise<TestCertificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    keyType: "ec",
    notBeforeDate: new Date(Date.now() - age * 24 * 60 * 60 * 1000),
    notAfterDate: new Date(Date.now() + days * 24 * 60 * 60 * 1000),
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: name },
          { type: 2, value: "localhost" },
          ...(address === null ? [] : [{ type: 7 as const, ip: address }]),
        ],
      },
    ],
  });
  return { cert, key };
}

/** The files of a certificate in a folder, which can be renewed. */
export class CertificateFolder {
  readonly cert: string;
  readonly key: string;
  readonly flags: readonly string[];

  constructor(folder: string, first: TestCertificate) {
    this.cert = join(folder, "chat.crt");
    this.key = join(folder, "chat.key");
    this.flags = ["--tls-cert", this.cert, "--tls-key", this.key];
    this.renew(first);
  }

  /** Replaces both files as `certbot` does: one after the other, each at once. */
  renew({ cert, key }: TestCertificate): void {
    for (const [file, text] of [
      [this.cert, cert],
      [this.key, key],
    ] as const) {
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
  }
}

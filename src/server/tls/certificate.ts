/** A certificate and its private key, as the server presents them. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { errorReason } from "../../engine/local/fault.ts";

/** A chain of certificates takes some kilobytes. */
const MAX_BYTES = 1024 * 1024;
/** Whoever renews certificates of months does so a month before the end; this late, something is wrong. */
const LATE_BEFORE_END_MS = 14 * 24 * 60 * 60 * 1000;
/** Of those that hold for days or hours, a third or half of the time is left when they are renewed. */
const LATE_SHARE = 1 / 6;
const READABLE_BY_ALL = 0o004;

/** The files of a certificate, in PEM. */
export interface CertificateFiles {
  /** The certificate, and behind it those that lead to its issuer. */
  readonly certFile: string;
  /** The private key, which is not encrypted. */
  readonly keyFile: string;
}

/** A certificate that fits its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** The hosts that it is for, such as `chat.example.org` and `*.example.org`. */
  readonly names: readonly string[];
  /** Whether everybody on this machine can read the key. */
  readonly isKeyPublic: boolean;
}

/** Whether a certificate ends so soon that it should have been renewed. @param now Unix milliseconds */
export function isRenewalLate(
  { validFrom, validTo }: Pick<Certificate, "validFrom" | "validTo">,
  now: number,
) {
  const lifeMs = validTo.getTime() - validFrom.getTime();
  return validTo.getTime() - now <= Math.min(LATE_BEFORE_END_MS, lifeMs * LATE_SHARE);
}

/** A certificate cannot be used. The message is a sentence for the operator, which repeats nothing of a key. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** Reads both files. @throws CertificateError when they cannot be used together */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([textOf(files.certFile), textOf(files.keyFile)]);
  return certificateOf(cert.text, key.text, files, (key.mode & READABLE_BY_ALL) !== 0);
}

/** A certificate of the texts of its files. @throws CertificateError when they cannot be used together */
export function certificateOf(
  cert: string,
  key: string,
  files: CertificateFiles,
  isKeyPublic: boolean,
): Certificate {
  const { validFromDate, validToDate, subjectAltName = "" } = parsed(cert, key, files);
  return {
    cert,
    key,
    validFrom: validFromDate,
    validTo: validToDate,
    names: [...subjectAltName.matchAll(/DNS:([^,\s]+)/g)].flatMap(([, name]) => name ?? []),
    isKeyPublic: isKeyPublic && process.platform !== "win32",
  };
}

function parsed(cert: string, key: string, { certFile, keyFile }: CertificateFiles): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw new CertificateError(`${certFile} is not a certificate in PEM.`);
  }
  if (!certificate.checkPrivateKey(privateKey(key, keyFile)))
    throw new CertificateError(`The key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  return certificate;
}

function privateKey(key: string, file: string): KeyObject {
  try {
    return createPrivateKey(key);
  } catch (error) {
    const isEncrypted = error instanceof Error && "code" in error && error.code === "ERR_MISSING_PASSPHRASE";
    throw new CertificateError(
      isEncrypted
        ? `The key in ${file} is encrypted; it must not be.`
        : `${file} is not a private key in PEM.`,
    );
  }
}

async function textOf(file: string): Promise<{ text: string; mode: number }> {
  try {
    const { size, mode } = await stat(file);
    if (size <= MAX_BYTES) return { text: await readFile(file, "utf8"), mode };
  } catch (error) {
    throw new CertificateError(`${file} cannot be read: ${errorReason(error)}.`);
  }
  throw new CertificateError(`${file} is too large for a certificate or a key.`);
}

import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { CertificateError, type CertificateFiles, certificateOf } from "../server/tls/certificate.ts";
import { bytesOfFile, decoded, failFor } from "./file.ts";

const MAX_BYTES = 1024 * 1024;

/** The values of the options. */
export interface TlsFlags {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/**
 * The certificate that the options name; null for none.
 *
 * @throws InvalidArgumentError with one sentence when it cannot be used, or when the certificate or its key is missing
 */
export function tlsOf({ tlsCert, tlsKey }: TlsFlags): CertificateFiles | null {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsKey === undefined) failFor("--tls-cert", "it needs --tls-key.");
  if (tlsCert === undefined) failFor("--tls-key", "it needs --tls-cert.");
  const files = { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) };
  try {
    certificateOf(textOf("--tls-cert", tlsCert), textOf("--tls-key", tlsKey), files, false);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
  return files;
}

function textOf(flag: string, file: string): string {
  return decoded(flag, file, bytesOfFile(flag, file, MAX_BYTES));
}

/** Files that options name. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { errorReason } from "../engine/local/fault.ts";

/** The bytes of a file. @throws InvalidArgumentError with one sentence that names the flag and the file */
export function bytesOfFile(flag: string, file: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  try {
    const path = resolve(file);
    // Before it is read: it may be anything.
    if (!statSync(path).isFile()) failFor(flag, `${file} is not a file.`);
    if (statSync(path).size > maxBytes) failFor(flag, `${file} is larger than ${maxBytes / 1024} KiB.`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    return failFor(flag, `${file} cannot be read: ${errorReason(error)}.`);
  }
}

/** The text of the bytes of a file. @throws InvalidArgumentError when they are not UTF-8 */
export function decoded(flag: string, file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return failFor(flag, `${file} must be a text in UTF-8.`);
  }
}

/** @throws InvalidArgumentError with a sentence about a flag */
export function failFor(flag: string, sentence: string): never {
  throw new InvalidArgumentError(`${flag}: ${sentence}`);
}

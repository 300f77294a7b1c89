import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode, errorReason, JournalError } from "./fault.ts";

const LONGEST_LINK_CHAIN = 40;

/**
 * The file that `path` stands for when every symbolic link is followed, whether or not it exists yet,
 * so that two names of one file give one answer.
 *
 * @throws JournalError when the links lead in a circle or a folder on the way may not be read
 */
export function realFile(path: string): string {
  return follow(path, path, 0);
}

function follow(path: string, asked: string, links: number): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || links > LONGEST_LINK_CHAIN) {
      throw new JournalError(`The history file ${asked} cannot be reached: ${errorReason(error)}.`);
    }
  }
  const target = linkTarget(path);
  return target === undefined ? inRealFolder(path) : follow(target, asked, links + 1);
}

/** Where a link that leads to no file yet points to. */
function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}

function inRealFolder(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return resolve(path);
  }
}

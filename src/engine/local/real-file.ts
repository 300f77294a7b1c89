import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode, errorReason, JournalError } from "./fault.ts";

const LONGEST_LINK_CHAIN = 40;

/**
 * The file that `path` refers to after all symbolic links are followed, whether or not it exists yet. Two names of one
 * file have the same result.
 *
 * @throws JournalError if the links form a circle, or a folder on the way may not be read
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

/** The target of a link, which need not exist; undefined if `path` is not a link. */
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

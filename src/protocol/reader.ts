import { CARRIED_BACK_MAX, NESTING_MAX } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import type { RequestKind } from "./request-kind.ts";
import type { Version } from "./version.ts";

/** What a frame was read as. `kind` is what rate limits count it as: null when it is of no known kind. */
export type Reading<K extends RequestKind, R> =
  | { readonly kind: K; readonly request: R }
  | { readonly kind: K | null; readonly refusal: Refusal };

/** Reads the requests of one kind. */
export interface Reader<K extends RequestKind, R> {
  /** The first version that has this kind of request. To earlier ones its frames are of an unknown type. */
  readonly since: Version;
  /**
   * Never throws.
   *
   * @param value the frame's JSON object
   * @param frame its text
   * @param version what its sender speaks: keys of later versions are ignored
   */
  read(value: object, frame: string, version: Version): Reading<K, R>;
}

/** The result of reading a frame that is not JSON. */
export const UNREADABLE = { kind: null, refusal: { reason: "WrongFormatJSON" } } as const;

/**
 * Whether a value is nested deeper than a number of levels: then no reply carries it back. The test allocates nothing,
 * whatever the value is.
 */
export function isTooDeep(value: unknown, levels = NESTING_MAX): boolean {
  if (levels < 0) return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((each) => isTooDeep(each, levels - 1));
  for (const key in value) if (isTooDeep(Reflect.get(value, key), levels - 1)) return true;
  return false;
}

/**
 * What a refusal carries back of a malformed name or content: null for a list or an object in a large frame (NAME-7).
 *
 * @param frame the text that the value was read from
 */
export function carriedBack(value: unknown, frame: string): unknown {
  return typeof value === "object" && frame.length > CARRIED_BACK_MAX ? null : value;
}

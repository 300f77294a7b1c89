import { Problem } from "./problem.ts";
import type { Json } from "./rooms.ts";

/** The JSON object that a text is; null if it is none. */
export function objectIn(text: string): Json | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** The same. @throws Problem if it is none */
export function readObject(text: string): Json {
  const object = objectIn(text);
  if (object === null)
    throw new Problem({ reason: "WrongFormatJSON", detail: "The body is not a JSON object." });
  return object;
}

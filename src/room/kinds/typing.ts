/** `typing`: a hint that a member is typing. */
import type { Member } from "../roster.ts";
import type { Decided } from "./decided.ts";

export interface Typing extends Decided {
  readonly kind: "typing";
  readonly name: string;
}

export function decideTyping({ connection, name }: Member): Typing {
  return { kind: "typing", connection, name };
}

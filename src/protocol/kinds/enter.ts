/** `enter`: what a room or the server asks of somebody before the nickname: a password, or a proof of work. Of version 3. */
import type { Reader } from "../reader.ts";
import type { RefusedAnswer } from "./answer.ts";

// What travels.

/** One of the two, or neither to be given a challenge. */
export interface EnterRequest {
  type: "enter";
  /** Of the room. */
  password?: string;
  /** The solution of a challenge, as ALTCHA writes it: base64 of JSON. */
  proof?: string;
}

/** A puzzle whose solution is quick to check (altcha.org): a number up to `maxnumber` with SHA-256(`salt` + number) = `challenge`. */
export interface Challenge {
  algorithm: string;
  challenge: string;
  maxnumber: number;
  salt: string;
  signature: string;
}

/** With a challenge if the request had neither a password nor a proof. */
export interface EnteredReply {
  type: "enter";
  status: true;
  challenge?: Challenge;
}

export type EnterRefusedReply = RefusedAnswer<
  "enter",
  "WrongFormatEnter" | "WrongPassword" | "WrongProof" | "ErrorWhenEnter"
>;

// How it is read.

export interface ParsedEnter {
  readonly kind: "enter";
  /** Null if the request is malformed. */
  readonly by: { readonly password: string } | { readonly proof: string } | "nothing" | null;
}

/** The longest password and proof, in UTF-16 code units. */
export const PASSWORD_MAX = 200;
const PROOF_MAX = 2_000;

export const enterReader: Reader<"enter", ParsedEnter> = {
  since: 3,
  read: (value) => ({ kind: "enter", request: { kind: "enter", by: readMeans(value) } }),
};

function readMeans(value: object): ParsedEnter["by"] {
  if ("password" in value) {
    const { password } = value;
    return typeof password === "string" && password.length <= PASSWORD_MAX ? { password } : null;
  }
  if (!("proof" in value)) return "nothing";
  const { proof } = value;
  return typeof proof === "string" && proof.length <= PROOF_MAX ? { proof } : null;
}

import { ChatError } from "../../client/errors.ts";
import type { Words } from "../words/en.ts";

/** The properties of an error that have a text: its code, and the seconds after which to try again. */
export interface Failure {
  readonly code: string;
  readonly retryS?: number | null;
}

/** Explains why a nickname was refused. */
export function nicknameRefusal(failure: Failure, words: Words): string {
  switch (failure.code) {
    case "NameAlreadyUsed":
      return words.nicknameFault.taken;
    case "WrongFormatName":
      return words.nicknameFault.refused;
    case "NameReserved":
      return words.nicknameFault.reserved;
    case "NameFromLogin":
      return words.nicknameFault.given;
    default:
      return failureWords(failure, words);
  }
}

/** Explains why something failed. */
export function failureWords({ code, retryS }: Failure, { failure: words }: Words): string {
  switch (code) {
    case "TooManyRequests":
      return words.rate(retryS ?? 1);
    case "ErrorWhenSend":
    case "ErrorWhenRegister":
    case "ErrorWhenChange":
    case "ErrorWhenGet":
    case "ErrorWhenEdit":
    case "ErrorWhenDelete":
    case "ErrorWhenReact":
      return words.store;
    case "WrongFormatContent":
    case "WrongFormatKey":
      return words.content;
    case "IdentityRequired":
    case "IdentityExpired":
      return words.login;
    case "UnknownMessage":
    case "WrongFormatOf":
    case "WrongFormatReply":
    case "Reset":
      return words.gone;
    case "NotAllowed":
      return words.forbidden;
    case "TooManyEdits":
      return words.edits;
    case "TooManyReactions":
      return words.reactions;
    case "Muted":
      return words.muted;
    case "Banned":
      return words.banned;
    case "SlowMode":
      return words.slow(retryS ?? 1);
    case "LinksNotAllowed":
      return words.links;
    case "WordNotAllowed":
      return words.words;
    case "KnownOnly":
      return words.known;
    case "WritersOnly":
      return words.writers;
    case "PasswordRequired":
    case "WrongPassword":
      return words.password;
    case "MembersOnly":
      return words.members;
    case "ProofRequired":
    case "WrongProof":
      return words.crowd;
    case "Uncertain":
      return words.uncertain;
    case "OutboxFull":
      return words.full;
    case "Closed":
    case "Refused":
      return words.closed;
    case "Left":
      return words.left;
    default:
      return words.unknown;
  }
}

/** The error with which a call to the chat ends, if it does. */
export async function errorOf(call: Promise<unknown> | undefined): Promise<ChatError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof ChatError ? error : new ChatError("Unknown");
  }
}

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

import { isContent, isNickname } from "../protocol/characters.ts";
import { CONTENT_MAX, NICKNAME_MAX } from "../protocol/limits.ts";
import type { Refusal } from "./frame.ts";

const NICKNAME_RULE = `A nickname has 1 to ${NICKNAME_MAX} characters, at least one of them visible, and no control characters.`;

/** What is wrong with a nickname before it is sent, in words; undefined when nothing is. */
export function nicknameFault(nickname: string): string | undefined {
  if (isNickname(nickname)) return undefined;
  if (nickname === "") return "Enter a nickname.";
  const length = [...nickname].length;
  if (length > NICKNAME_MAX)
    return `A nickname has at most ${NICKNAME_MAX} characters; this one has ${length}.`;
  return NICKNAME_RULE;
}

/** What is wrong with a message before it is sent, in words; undefined when nothing is. */
export function contentFault(content: string): string | undefined {
  if (isContent(content)) return undefined;
  const length = [...content].length;
  if (length <= CONTENT_MAX) return "This message holds broken characters. Delete them and send it again.";
  const [most, has] = [CONTENT_MAX, length].map((count) => count.toLocaleString("en"));
  return `A message has at most ${most} characters; this one has ${has}.`;
}

/** A refusal in words for the person who asked. */
export function refusalWords(refusal: Refusal): string {
  switch (refusal.reason) {
    case "NameAlreadyUsed":
      return "Somebody here has this nickname, or one that looks like it. Choose another.";
    case "WrongFormatName":
      return NICKNAME_RULE;
    case "WrongFormatContent":
      return `The server does not take this message: 1 to ${CONTENT_MAX.toLocaleString("en")} whole characters.`;
    case "TooManyRequests":
      return `Too many at once. Try again in ${secondsWords(refusal.retryS)}.`;
    default:
      return refusal.error ?? "The server could not do this. Try again.";
  }
}

function secondsWords(seconds = 1): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole === 1 ? "a second" : `${whole} seconds`;
}

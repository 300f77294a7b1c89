/**
 * Contents of a conversation. No two are equal, and each tells by itself of which message it is a version. Its mark is at
 * both ends, so that it is also recognised where a part of it is left.
 */
const MARK = /^<([^<>]+ #\d+)\.([^<>]+)>/;
/** The version that a message is sent with. */
const FIRST = "0";

/** Names one send, wherever it is stored. */
export type Origin = string;

/** The content that a message is sent with. */
export function firstText(origin: Origin, text: string): string {
  return textOf(origin, FIRST, text);
}

/** Another version of a message. @param version unique among those of the message */
export function textOf(origin: Origin, version: string, text: string): string {
  const mark = `<${origin}.${version}>`;
  return `${mark} ${text} ${mark}`;
}

/** Which message a content is a version of; null if it is none of a conversation's, or was deleted. */
export function originOf(content: string): Origin | null {
  return MARK.exec(content)?.[1] ?? null;
}

/** What tells a content from all others; null as for {@link originOf}. */
export function markOf(content: string): string | null {
  return MARK.exec(content)?.[0] ?? null;
}

/** Who sent a message. */
export function senderOf(origin: Origin): string {
  return origin.slice(0, origin.lastIndexOf(" #"));
}

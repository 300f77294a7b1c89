/** What a host site's page and the page in its frame tell each other, by `postMessage`. */

/** The frame's page is there. It says nothing else, so anybody may get it. */
export const READY = "classic-chatbox:ready";
/** The host's answer, by which the frame learns the host's origin: `messages` tells whether it wants those. */
export const HELLO = "classic-chatbox:hello";
/** The number of unread messages: `count`. */
export const UNREAD = "classic-chatbox:unread";
/** Somebody else has written: `message`. */
export const MESSAGE = "classic-chatbox:message";
/** The user has pressed Escape in the frame. */
export const CLOSE = "classic-chatbox:close";
/** A token of the host's login: `token`. */
export const TOKEN = "classic-chatbox:token";
/** The frame's page needs a token. */
export const TOKEN_WANTED = "classic-chatbox:token-wanted";

/** A message as the host gets it. */
export interface HostMessage {
  readonly id: number | null;
  readonly name: string;
  readonly content: string;
  /** In Unix milliseconds; null if the server does not know it. */
  readonly time: number | null;
}

/** The longest nickname, in Unicode code points. */
export const NICKNAME_MAX = 100;

/** The longest message content, in Unicode code points. */
export const CONTENT_MAX = 4000;

/** The largest frame that a client may send, in bytes, unless the operator sets another limit. */
export const FRAME_MAX_BYTES = 64 * 1024;

/** Seconds between two pings to a connection, which every ping repeats as `timeout`. */
export const PING_EVERY_S = 5;

/** The deepest nesting of a JSON value that a refusal carries back: the cost of writing grows with the square of the depth. */
export const NESTING_MAX = 1000;

/**
 * The longest frame, in UTF-16 code units, from which a refusal carries back a list or an object: in memory these may be
 * many times as large as their text.
 */
export const CARRIED_BACK_MAX = 16 * 1024;

/** The longest `key` of a send and the longest `ref` of a request, in Unicode code points. */
export const KEY_MAX = 64;
export const REF_MAX = 64;

/** The longest emoji, in UTF-16 code units: flags of regions and families of four with skin tones are shorter. */
export const EMOJI_MAX = 64;

/** How many different emoji a message may have as reactions, and how many reactions in all. */
export const REACTION_KINDS_MAX = 20;
export const REACTIONS_MAX = 1000;

/** How many of those who reacted with one emoji a message names: the first ones. */
export const REACTORS_SHOWN = 20;

/** Messages in a page of history: by default, and at most. */
export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1000;

/** How long the server remembers the key of a send, and a session that is over, in milliseconds. */
export const REMEMBERED_MS = 10 * 60 * 1000;

/** The server passes on at most one `typing` of each connection in this time, in milliseconds. */
export const TYPING_EVERY_MS = 2000;

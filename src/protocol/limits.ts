/** The longest nickname, in Unicode code points. */
export const NICKNAME_MAX = 100;

/** The longest message content, in Unicode code points. */
export const CONTENT_MAX = 4000;

/** The largest frame taken from a client, in bytes, unless the operator sets another. */
export const FRAME_MAX_BYTES = 64 * 1024;

/** Seconds between two pings to a connection; sent in every ping as `timeout`. */
export const PING_EVERY_S = 5;

/** The deepest nesting of a JSON value that is carried back in a refusal: writing deeper ones costs the square of it. */
export const NESTING_MAX = 1000;

/**
 * The longest frame, in UTF-16 code units, of which a refusal carries back a list or an object: in memory one may be many
 * times as large as its text.
 */
export const CARRIED_BACK_MAX = 16 * 1024;

/** The longest `key` of a send and the longest `ref` of a request, in Unicode code points. */
export const KEY_MAX = 64;
export const REF_MAX = 64;

/** Messages in a page of history: unless told, and at most. */
export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1000;

/** How long the key of a send, and a session that is over, are remembered, in milliseconds. */
export const REMEMBERED_MS = 10 * 60 * 1000;

/** At most one `typing` in this time is passed on of each connection, in milliseconds. */
export const TYPING_EVERY_MS = 2000;

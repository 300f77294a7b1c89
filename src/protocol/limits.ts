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

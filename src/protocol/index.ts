/** What bots and clients need from the protocol. PROTOCOL.md describes it. */
export { isContent, isNickname } from "./characters.ts";
export { CLOSE, type Close, type Meaning, meaningOf } from "./close.ts";
export { CONTENT_MAX, FRAME_MAX_BYTES, NICKNAME_MAX, PING_EVERY_S } from "./limits.ts";
export { MAIN_ROOM, roomOfPath } from "./room-name.ts";

import { roomOfPath } from "./room-name.ts";

/** The most of a text that is searched for a name. */
const TEXT_MOST = 200;

/** The name of a room that resembles a text: `lop` for `lớp`, `my-room` for `My room`; undefined if none does. */
export function roomLike(text: string): string | undefined {
  const name = text
    .slice(0, TEXT_MOST)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("đ", "d")
    .replace(/[^a-z0-9\-_.]+/g, "-")
    .replace(/^[-_.]+/, "")
    .slice(0, 64)
    .replace(/[-_.]+$/, "");
  return roomOfPath(`/rooms/${name}`);
}

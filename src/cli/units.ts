import { InvalidArgumentError } from "commander";
import { isPersonId } from "../engine/people.ts";
import { isNickname } from "../protocol/characters.ts";
import { MAIN_ROOM, roomOfPath } from "../protocol/room-name.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/** Reads a size such as `65536`, `64KiB` or `16 MB`. @returns the size in bytes */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = UNITS[match?.[2]?.toUpperCase() ?? "?"];
  const bytes = Math.floor(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError("It must be a size in bytes, such as 65536, 64KiB or 16MiB.");
  }
  return bytes;
}

/** Reads a number above zero. */
export function parsePositive(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return number;
}

/** Reads a number that is zero or more. */
export function parseNotNegative(text: string): number {
  if (Number(text) === 0 && text.trim() !== "") return 0;
  try {
    return parsePositive(text);
  } catch {
    throw new InvalidArgumentError("It must be 0 or a number above 0.");
  }
}

/** Reads a whole number above zero. */
export function parseCount(text: string): number {
  const number = parsePositive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return number;
}

/** Reads a TCP port. With 0 the system chooses a free one. */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  }
  return Number(text);
}

/** Reads the name of a room, or `/` for the main room. */
export function parseRoom(text: string): string {
  const room = roomOfPath(text === MAIN_ROOM ? text : `/rooms/${text}`);
  if (room === undefined) {
    throw new InvalidArgumentError("It must be the name of a room, such as tea, or / for the main room.");
  }
  return room;
}

/** Reads one more room of an option that can be given several times, besides those before. */
export function collectRooms(text: string, before: string[] | undefined): string[] {
  return [...new Set([...(before ?? []), parseRoom(text)])];
}

/** Reads a name that is shown in lines, as nicknames are. */
export function parseName(text: string): string {
  if (!isNickname(text)) throw new InvalidArgumentError("It must be 1 to 100 characters, as a nickname is.");
  return text;
}

/** Reads the public id of a person. */
export function parsePerson(text: string): string {
  if (!isPersonId(text)) {
    throw new InvalidArgumentError("It must be the id of a person: 16 letters, digits, - and _.");
  }
  return text;
}

/** Reads the address of the page. */
export function parsePage(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "") {
    throw new InvalidArgumentError("It must be the address of the page, such as https://chat.example.org/.");
  }
  return url.href;
}

/** Reads an address or a host name. */
export function parseHost(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must be an address of this machine.");
  return text.trim();
}

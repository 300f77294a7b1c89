import { dirname, join, parse } from "node:path";
import { roomOfPath } from "../../protocol/room-name.ts";

/** Names that are devices on Windows, in any folder and whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const EXTENSION = ".json";

/** The folder of the other rooms' files: for `data.json`, `data.rooms/`. */
export function roomsFolder(dataFile: string): string {
  return folderBeside(dataFile, "rooms");
}

/** The folder in which the page's files are kept. */
export function assetsFolder(dataFile: string): string {
  return folderBeside(dataFile, "assets");
}

function folderBeside(dataFile: string, kind: "rooms" | "assets"): string {
  return join(dirname(dataFile), `${parse(dataFile).name}.${kind}`);
}

/** The history file of a room by path: for `data.json`, the room `lobby` has `data.rooms/lobby.json`. */
export function roomFile(dataFile: string, room: string): string {
  return join(roomsFolder(dataFile), fileNameOf(room));
}

/**
 * The file name of a room by path: the room's name with `.json`. On Windows, `_` is put before the name of a device; no
 * room has a name that begins like that.
 */
export function fileNameOf(room: string, platform: string = process.platform): string {
  return `${platform === "win32" && DEVICE.test(room) ? "_" : ""}${room}${EXTENSION}`;
}

/** The room by path whose file has this name; undefined if it is not the file of a room. */
export function roomOfFileName(name: string, platform: string = process.platform): string | undefined {
  const room = roomOfPath(`/rooms/${name.slice(0, -EXTENSION.length).replace(/^_/, "")}`);
  return room !== undefined && fileNameOf(room, platform) === name ? room : undefined;
}

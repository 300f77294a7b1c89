import { dirname, join, parse } from "node:path";
import { roomOfPath } from "../../protocol/room-name.ts";

/** Names that are devices on Windows, in any folder and whatever stands behind a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const EXTENSION = ".json";

/** The folder of the other rooms' files: `data.json` has them in `data.rooms/`. */
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

/** The history file of a room by path: `data.json` has `lobby` in `data.rooms/lobby.json`. */
export function roomFile(dataFile: string, room: string): string {
  return join(roomsFolder(dataFile), fileNameOf(room));
}

/** The file name of a room by path: its own, but on Windows with `_` before a device's, which no other room has. */
export function fileNameOf(room: string, platform: string = process.platform): string {
  return `${platform === "win32" && DEVICE.test(room) ? "_" : ""}${room}${EXTENSION}`;
}

/** The room by path whose file has this name; undefined when it is no room's. */
export function roomOfFileName(name: string, platform: string = process.platform): string | undefined {
  const room = roomOfPath(`/rooms/${name.slice(0, -EXTENSION.length).replace(/^_/, "")}`);
  return room !== undefined && fileNameOf(room, platform) === name ? room : undefined;
}

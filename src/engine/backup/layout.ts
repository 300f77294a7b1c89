/** How the files of a chat are named in a backup, and while one is made or restored: as those of a chat in `data.json`. */
import { join } from "node:path";
import { roomsFolder } from "../local/room-file.ts";
import { SHARED_FILES } from "../local/shared-files.ts";

export const DATA_FILE = "data.json";
export const ROOMS_FOLDER = "data.rooms";
/** What a backup says of itself, as JSON. */
export const DESCRIPTION_FILE = "backup.json";
/** As `sha256sum` writes and checks it. */
export const SUMS_FILE = "SHA256SUMS";

/** What lies beside a history under its name. A journal is what a server that was killed may leave: it belongs to its file. */
const BESIDE = SHARED_FILES.flatMap(({ suffix }) => [suffix, `${suffix}-journal`]);

/** The files of a backup that may be missing, apart from rooms. */
export const FILES_BESIDE: readonly string[] = SHARED_FILES.map(({ suffix }) => `${DATA_FILE}.${suffix}`);

/** The parts of a chat: their names in a backup, and where they are beside a history. Any may be missing. */
export function partsOf(dataFile: string): { readonly name: string; readonly path: string }[] {
  return [
    { name: DATA_FILE, path: dataFile },
    { name: ROOMS_FOLDER, path: roomsFolder(dataFile) },
    ...BESIDE.map((each) => ({ name: `${DATA_FILE}.${each}`, path: `${dataFile}.${each}` })),
  ];
}

/** The history of the main room in the folder of a backup. */
export function dataFileIn(folder: string): string {
  return join(folder, DATA_FILE);
}

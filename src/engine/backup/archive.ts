import { createReadStream, existsSync } from "node:fs";
import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { create, extract } from "tar";
import { makePrivateFile, syncFolder } from "../local/disk-file.ts";
import { errorCode, errorReason } from "../local/fault.ts";
import { roomOfFileName } from "../local/room-file.ts";
import { BackupError } from "./backup-error.ts";
import { DATA_FILE, DESCRIPTION_FILE, FILES_BESIDE, ROOMS_FOLDER, SUMS_FILE } from "./layout.ts";

/** The form of a backup. One of a later form is not restored. */
const FORM = 1;
const SUM = /^(?<sum>[0-9a-f]{64}) [ *](?<name>\S.*)$/;

/** What a backup says of itself. */
export interface Description {
  readonly form: number;
  /** Of the program that made it. */
  readonly version: string;
  /** ISO 8601, in UTC. */
  readonly madeAt: string;
  readonly engine: "files" | "database";
  readonly rooms: number;
  readonly messages: number;
  /** What its files take when they are unpacked. */
  readonly bytes: number;
}

/**
 * Packs the staged files of a chat into one compressed file, which has its name only once it is whole and on disk; a file that
 * has the name before stays until then.
 *
 * @param folder of the staged files, on the disk of `file`
 */
export async function pack(
  folder: string,
  file: string,
  about: Omit<Description, "form" | "bytes">,
): Promise<void> {
  const names = await stagedNames(folder);
  const sizes = await Promise.all(names.map(async (name) => (await lstat(join(folder, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const description: Description = { form: FORM, ...about, bytes };
  await writeFile(join(folder, DESCRIPTION_FILE), `${JSON.stringify(description, null, 2)}\n`, {
    mode: 0o600,
  });
  const summed = [DESCRIPTION_FILE, ...names];
  const sums: string[] = [];
  for (const name of summed) sums.push(`${await sumOf(join(folder, name))}  ${name}\n`);
  await writeFile(join(folder, SUMS_FILE), sums.join(""), { mode: 0o600 });
  const draft = join(folder, "archive");
  makePrivateFile(draft);
  await create({ file: draft, cwd: folder, gzip: true, portable: true, strict: true }, [
    ...summed,
    SUMS_FILE,
  ]);
  await syncFile(draft);
  await rename(draft, file);
  await syncFolder(dirname(file));
}

/**
 * Unpacks a backup into a new folder, and checks that all of it is there and as it was written.
 *
 * @throws BackupError with one sentence
 */
export async function unpack(file: string, folder: string): Promise<Description> {
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  await mkdir(folder, { mode: 0o700 });
  try {
    await extract({ file, cwd: folder, strict: true, filter: isExpected });
  } catch (error) {
    throw damaged(file, errorReason(error));
  }
  await makePrivate(folder);
  const description = await descriptionIn(folder, file);
  await checkSums(folder, file);
  return description;
}

/** Somebody may have packed it anew, with other permissions. */
async function makePrivate(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isFile() ? 0o600 : 0o700);
}

/** Makes everything in a folder durable. */
export async function syncAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) await syncFile(path);
    else await syncFolder(path);
  }
  await syncFolder(folder);
}

/** What belongs into a backup, of what is in a folder. */
async function stagedNames(folder: string): Promise<string[]> {
  const rooms = await readdir(join(folder, ROOMS_FOLDER)).catch((error) => {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  });
  return [
    ...[DATA_FILE, ...FILES_BESIDE].filter((name) => existsSync(join(folder, name))),
    ...rooms
      .filter((name) => roomOfFileName(name) !== undefined)
      .toSorted()
      .map((name) => `${ROOMS_FOLDER}/${name}`),
  ];
}

/** Links and devices have no business in a backup, and neither has any other name. */
function isExpected(path: string, entry: object): boolean {
  const type = "type" in entry ? entry.type : undefined;
  const [first = "", second, ...rest] = path.replace(/^\.\//, "").split("/");
  if (type === "Directory") return first === ROOMS_FOLDER || path === "./";
  if (type !== "File" && type !== "OldFile") return false;
  const isRoom = first === ROOMS_FOLDER && rest.length === 0 && roomOfFileName(second ?? "") !== undefined;
  return isRoom || (second === undefined && TOP_FILES.has(first));
}

const TOP_FILES: ReadonlySet<string> = new Set([DATA_FILE, ...FILES_BESIDE, DESCRIPTION_FILE, SUMS_FILE]);

async function descriptionIn(folder: string, file: string): Promise<Description> {
  let found: Partial<Description>;
  try {
    found = JSON.parse(await readFile(join(folder, DESCRIPTION_FILE), "utf8"));
  } catch {
    throw new BackupError(`The file ${file} is no backup of a chat.`);
  }
  const { form, version = "?", madeAt = "?", engine = "files", rooms = 0, messages = 0, bytes = 0 } = found;
  if (form !== FORM)
    throw new BackupError(
      `The backup ${file} was made by version ${version}, and has a form that this program does not know.`,
    );
  return { form, version, madeAt, engine, rooms, messages, bytes };
}

async function checkSums(folder: string, file: string): Promise<void> {
  const listed = new Set([SUMS_FILE]);
  const text = await readFile(join(folder, SUMS_FILE), "utf8").catch(() => "");
  for (const line of text.trimEnd().split("\n")) {
    const { sum, name = "" } = SUM.exec(line)?.groups ?? {};
    const path = join(folder, name);
    if (sum === undefined || !existsSync(path)) throw damaged(file, `it lacks ${name || "its checksums"}`);
    if ((await sumOf(path)) !== sum) throw damaged(file, `the checksum of ${name} is wrong`);
    listed.add(name);
  }
  if (!listed.has(DATA_FILE)) throw damaged(file, `it lacks ${DATA_FILE}`);
  for (const name of [...(await stagedNames(folder)), DESCRIPTION_FILE])
    if (!listed.has(name)) throw damaged(file, `it has no checksum of ${basename(name)}`);
}

async function sumOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function damaged(file: string, reason: string): BackupError {
  return new BackupError(`The backup ${file} is damaged: ${reason}. Nothing was changed.`);
}

/** Removes a folder that was made for a backup. */
export async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { attempt, fieldsOf } from "../client/frame.ts";
import { isKey } from "../client/settings.ts";
import { reasonOf, TerminalError } from "./failure.ts";

/** The person at this terminal in one chat. */
export interface Remembered {
  /** A secret, one for each chat: the operator of one must not be able to pose as the person in another. */
  readonly key: string;
  /** Since when the chat knows the person, as its server has signed it. */
  readonly since?: string;
}

/** Keeps who the person is in each chat, in a file that only this user of the system can read. */
export class RememberedPeople {
  readonly #path: string;

  /** @param folder that of the user's settings */
  constructor(folder = configFolder()) {
    this.#path = join(folder, "classic-chatbox", "keys.json");
  }

  /** The person in a chat, who is made if there is none. @throws TerminalError if the file cannot be read or written */
  of(chat: string): Remembered {
    const { key, since } = attempt(() => fieldsOf(this.#read()[chat])) ?? {};
    if (typeof key === "string" && isKey(key))
      return { key, ...(typeof since === "string" ? { since } : {}) };
    const made = { key: randomBytes(32).toString("base64url") };
    this.keep(chat, made);
    return made;
  }

  /** @throws TerminalError if the file cannot be written */
  keep(chat: string, person: Remembered): void {
    const all = { ...this.#read(), [chat]: person };
    try {
      mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o700 });
      // Renamed, so that there is always a whole file.
      const beside = `${this.#path}.${process.pid}`;
      writeFileSync(beside, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
      renameSync(beside, this.#path);
    } catch (error) {
      throw new TerminalError(`${this.#path} cannot be written: ${reasonOf(error)}.`);
    }
  }

  #read(): Readonly<Record<string, unknown>> {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
      throw new TerminalError(`${this.#path} cannot be read: ${reasonOf(error)}.`);
    }
    const all: Readonly<Record<string, unknown>> | undefined = attempt(() => fieldsOf(JSON.parse(text)));
    // Not written over: the keys in it are nowhere else.
    if (all === undefined) throw new TerminalError(`${this.#path} is damaged; repair it or move it away.`);
    return all;
  }
}

function configFolder(): string {
  const { APPDATA, XDG_CONFIG_HOME }: NodeJS.ProcessEnv = process.env;
  if (process.platform === "win32" && APPDATA) return APPDATA;
  return XDG_CONFIG_HOME || join(homedir(), ".config");
}

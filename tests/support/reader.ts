/**
 * A reader who does what a document says: its commands, one after the other as they stand, in an empty folder and as a user
 * without rights. `docs/operating/README.md` says which blocks of commands are left out.
 *
 * Some things have stand-ins. `npm start` and a released program are the executable that the tests have compiled, for which
 * nothing needs to be set up. `npm install` unpacks a package beside the packages that are here already, `npm test` does nothing,
 * and `scp` copies to the folder that is the other machine. Ports are free ones, all networks and https://chat.example.org are
 * this machine, the database is one on the tests' PostgreSQL, /etc and /srv are beside the folder, and an id or name that a
 * document cannot know is the one that was printed last.
 */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { Block } from "./document.ts";
import { AS_NOBODY } from "./nobody.ts";
import { freePort } from "./port.ts";
import { administer, createDatabase } from "./postgres.ts";
import { COMMAND, TemporaryFolder } from "./server.ts";

const PROJECT = join(import.meta.dir, "../..");
/** Commands that serve until they are stopped. The others end by themselves. */
const SERVES = /^(npm start( --)?|npx classic-chatbox|\.\/classic-chatbox-[\w-]+)( --(?!help|version)\w|$)/;
/** What documents say instead of what is printed, and where that is found. */
const SAMPLES: readonly (readonly [sample: string, printed: RegExp])[] = [
  ["3f9c0a7be214", /^[0-9a-f]{12}(?= {2})/m],
  ["ZMyr1rgqeIq_UqLl", /^[\w-]{16}(?= {2})/m],
  ["before-restore-2026-11-26T09-30-00Z", /before-restore-[\w-]+/],
  ["before_restore_20261126093000", /before_restore_\d+/],
];
/** How documents name the database. */
const DATABASE_URL = "postgres://chat:secret@db.example.org/chat?sslmode=verify-full";
/** Programs that are found before those of the same name. */
const STAND_INS = {
  "classic-chatbox": `exec ${COMMAND.map((word) => `'${word}'`).join(" ")} "$@"`,
  npm: `
    case "$1 \${2-}" in
      "start "*) shift; [ "\${1-}" != -- ] || shift; exec classic-chatbox "$@" ;;
      "test " | "run setup") ;;
      "run release") mkdir dist && cp "$(command -v classic-chatbox)" dist/classic-chatbox-linux-x64 ;;
      "pack ") PATH=$REAL_PATH exec npm pack "$PROJECT" --ignore-scripts --silent ;;
      "install "*.tgz)
        mkdir -p node_modules/classic-chatbox node_modules/.bin
        tar xzf "$2" --strip-components=1 -C node_modules/classic-chatbox
        ln -s "$PROJECT"/node_modules/* node_modules/
        ln -s ../classic-chatbox/scripts/start.mjs node_modules/.bin/classic-chatbox ;;
      *) echo "npm $* has no stand-in"; exit 1 ;;
    esac`,
  scp: 'cp "$1" "$OTHER"',
};
/** The shell: a server is stopped as by Ctrl+C, which reaches all that was started, and is gone when nothing holds its output. */
const SHELL = `
  exec 2>&1
  SERVER=
  trap : TERM
  stop() {
    [ -z "$SERVER" ] || { kill -TERM 0; wait "$OUTPUT"; SERVER=; }
  }
  serve() {
    stop
    : >"$LOG"
    (trap "" TERM; exec cat "$PIPE" >"$LOG") & OUTPUT=$!
    "$@" >"$PIPE" & SERVER=$!
    until grep -q '"event":"listening"' "$LOG"; do
      kill -0 "$SERVER" || { cat "$LOG"; return 1; }
      sleep 0.05
    done
  }
`;

/** The commands of a block, each in one line. */
export function commandsOf({ code }: Block): string[] {
  return code
    .replaceAll(/\\\n */g, "")
    .trimEnd()
    .split("\n");
}

/** Whether only root or Docker can do what a block says. */
export function needsMore({ code }: Block): boolean {
  return /^# (as root|with Docker)\n/.test(code);
}

/** Shells that have not ended, each with a group of what it has started. */
const shells = new Set<number>();
process.on("exit", () => {
  for (const shell of shells) {
    // What ended a test that hung may have ended them all.
    try {
      process.kill(-shell, "SIGKILL");
    } catch {}
  }
});

/** A machine with a reader: a folder with a shell in it. */
class Machine {
  readonly #place: string;
  readonly #ports: readonly [chat: number, metrics: number];
  readonly #shell: Subprocess<"pipe", "pipe", "inherit">;
  readonly #output: AsyncIterator<string>;

  private constructor(place: string, other: string, ports: readonly [number, number]) {
    const { PATH } = process.env;
    const standIns = join(place, "stand-ins");
    this.#place = place;
    this.#ports = ports;
    this.#shell = Bun.spawn([...AS_NOBODY, "sh"], {
      cwd: this.file(""),
      env: {
        ...{
          HOME: this.file(""),
          PATH: `${standIns}:${PATH}`,
          REAL_PATH: PATH,
          CHATBOX_PORT: String(ports[0]),
        },
        ...{ PROJECT, OTHER: join(other, "chat"), LOG: join(place, "log"), PIPE: join(place, "pipe") },
      },
      // A group of its own.
      detached: true,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    shells.add(this.#shell.pid);
    this.#shell.stdin.write(SHELL);
    this.#output = this.#shell.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  static async start(place: string, other: string): Promise<Machine> {
    for (const each of ["chat", "stand-ins", "etc/chat", "srv/chat"].map((name) => join(place, name))) {
      mkdirSync(each, { recursive: true });
      chmodSync(each, 0o777);
    }
    Bun.spawnSync(["mkfifo", join(place, "pipe")]);
    writeFileSync(join(place, "log"), "");
    for (const each of ["pipe", "log"]) chmodSync(join(place, each), 0o666);
    for (const [name, text] of Object.entries(STAND_INS))
      writeFileSync(join(place, "stand-ins", name), `#!/bin/sh\nset -eu\n${text}\n`, { mode: 0o755 });
    return new Machine(place, other, [await freePort(), await freePort()]);
  }

  /** A file in the folder that was empty, or one with a path from the root of the machine. */
  file(path: string): string {
    return path.startsWith("/") ? join(this.#place, path) : join(this.#place, "chat", path);
  }

  get port(): number {
    return this.#ports[0];
  }

  /** The WebSocket URL of a room, or of the main room. */
  url(room?: string): string {
    return `ws://127.0.0.1:${this.port}/${room === undefined ? "" : `rooms/${room}`}`;
  }

  /** The HTTP URL of a path. */
  http(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Does one command, and resolves to what it has printed. @throws if it fails */
  async does(command: string): Promise<string> {
    this.#shell.stdin.write(`{ :\n${this.#typed(command)}\n} </dev/null; printf '\\nEND %s\\n' $?\n`);
    await this.#shell.stdin.flush();
    let printed = "";
    for (;;) {
      const { value = "", done } = await this.#output.next();
      printed += value;
      const [, before = "", code] = /^(.*)\nEND (\d+)\n$/s.exec(printed) ?? [];
      if (code === "0") return before;
      if (done || code !== undefined) throw new Error(`${command}\nfailed:\n${printed}`);
    }
  }

  async end(): Promise<void> {
    this.#shell.stdin.write("stop\n");
    this.#shell.stdin.end();
    await this.#shell.exited;
    shells.delete(this.#shell.pid);
  }

  /** The command as it is typed here. */
  #typed(command: string): string {
    if (command.startsWith("# Stop the server")) return "stop";
    const [port, metrics] = this.#ports;
    const typed = command
      .replaceAll(/(?<=localhost:|-port )\d+/g, (each) => String(each === "9500" ? metrics : port))
      .replaceAll("https://chat.example.org", `http://localhost:${port}`)
      .replaceAll(/(?<![\d.])0\.0\.0\.0/g, "127.0.0.1")
      .replaceAll(/(?<=[ =])\/(?=(etc|srv)\/)/g, `${this.#place}/`)
      .replace("chgrp -R backup", 'chgrp -R "$(id -g)"')
      // These take longer than a test should.
      .replace(/ doctor \S+/, "$& --idle 0.1")
      .replace(" bench here", "$& --seconds 10 --most 60");
    return SERVES.test(command) ? `serve ${typed}` : typed;
  }
}

/** The database of a document: what `CREATE ROLE chat` and `CREATE DATABASE chat` make, under names of its own. */
class DocumentDatabase {
  readonly #name = `reader_${randomUUID().replaceAll("-", "")}`;
  readonly #administrator: string;

  private constructor(administrator: string) {
    this.#administrator = administrator;
  }

  static async create(statements: readonly string[]): Promise<DocumentDatabase> {
    const database = new DocumentDatabase(await createDatabase());
    await administer(
      database.#administrator,
      ...statements.map((each) => each.replaceAll(/(?<=(ROLE|DATABASE|OWNER) )chat\b/g, database.#name)),
    );
    return database;
  }

  /** Where the user of the chat connects. */
  get url(): string {
    const { host } = new URL(this.#administrator);
    return `postgres://${this.#name}:secret@${host}/${this.#name}`;
  }

  async drop(): Promise<void> {
    const name = this.#name;
    await administer(this.#administrator, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`);
  }
}

export class Reader implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly here: Machine;
  /** The other machine. */
  readonly there: Machine;
  readonly #samples = new Map<string, string>();
  #database: DocumentDatabase | null = null;

  private constructor(folder: TemporaryFolder, here: Machine, there: Machine) {
    this.#folder = folder;
    this.here = here;
    this.there = there;
  }

  static async start(): Promise<Reader> {
    const folder = new TemporaryFolder();
    chmodSync(folder.path, 0o755);
    const [here, there] = [join(folder.path, "here"), join(folder.path, "there")];
    return new Reader(folder, await Machine.start(here, there), await Machine.start(there, here));
  }

  /**
   * Does what a block says.
   *
   * @param done is called after each command, as it stands in the document, with what it has printed
   */
  async does(block: Block, done: (command: string, printed: string) => Promise<void>): Promise<void> {
    if (/^(#|--) Stop the servers/m.test(block.code)) await this.there.does("stop");
    if (block.language === "sql") await this.#administers(block);
    else if (block.language === "sh" && !needsMore(block)) await this.#types(block, done);
  }

  async #types(block: Block, done: (command: string, printed: string) => Promise<void>): Promise<void> {
    const machine = block.code.startsWith("# on the other machine\n") ? this.there : this.here;
    const commands = commandsOf(block);
    if (commands.slice(0, -1).some((command) => SERVES.test(command)))
      throw new Error(
        `What starts a server keeps its terminal, so nothing may follow in the block:\n${block.code}`,
      );
    for (const command of commands) {
      const printed = await machine.does(this.#known(command));
      for (const [sample, pattern] of SAMPLES) {
        const [found] = pattern.exec(printed) ?? [];
        if (found !== undefined) this.#samples.set(sample, found);
      }
      await done(command, printed);
    }
  }

  async #administers({ code }: Block): Promise<void> {
    if (code.startsWith("-- Stop the servers")) await this.here.does("stop");
    const statements = this.#known(code.replaceAll(/^--.*\n/gm, ""))
      .trim()
      .split(/;\s*/)
      .filter(Boolean);
    if (this.#database !== null) return void (await administer(this.#database.url, ...statements));
    this.#database = await DocumentDatabase.create(statements);
    this.#samples.set(DATABASE_URL, this.#database.url);
  }

  #known(text: string): string {
    return [...this.#samples].reduce((known, [sample, found]) => known.replaceAll(sample, found), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.here.end(), this.there.end()]);
    await this.#database?.drop();
    this.#folder[Symbol.dispose]();
  }
}

/** Starts the real server as a process of its own, on a free port and with a history file of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { createDatabase } from "./postgres.ts";
import { DatabaseStore, FileStore, IS_ON_DATABASE, type Store } from "./store.ts";

const ROOT = join(import.meta.dir, "../..");

/** The command without flags, as scripts/start.mjs runs it. */
export const SOURCE_COMMAND: readonly string[] = [
  process.execPath,
  "--no-env-file",
  `--config=${join(ROOT, "bunfig.toml")}`,
  `--tsconfig-override=${join(ROOT, "tsconfig.json")}`,
  join(ROOT, "src/cli/main.ts"),
];

const { CHAT_EXECUTABLE } = process.env;
/** The command without flags: `npm test` has compiled it, which makes its starts cheap. */
export const COMMAND: readonly string[] = CHAT_EXECUTABLE === undefined ? SOURCE_COMMAND : [CHAT_EXECUTABLE];

export type ServerOptions = {
  /** The history file, instead of one in a new temporary folder. */
  dataFile?: string;
  env?: Record<string, string>;
  /** The URL of a database, instead of the history file. */
  database?: string;
  /** Gives the command that runs the server's command, for instance with a limit set. Must end in an `exec`. */
  wrap?: (command: readonly string[], dataFile: string) => string[];
};

/** One line of the server's log: a JSON object. */
export type LogLine = {
  readonly event?: unknown;
  readonly port?: unknown;
  /** In ISO 8601. */
  readonly time?: unknown;
  readonly text: string;
};

/** How a command ended, and all that it wrote. */
export type CommandEnd = { exitCode: number; stdout: string; stderr: string };

const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new temporary folder, removed when it is disposed of, at the latest when the tests end. */
export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), "chatbox-test-"));

  constructor() {
    folders.add(this.path);
  }

  [Symbol.dispose](): void {
    folders.delete(this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Starts a server and waits until it listens. `await using` ends it and removes its folder. */
export async function startServer(
  flags: readonly string[] = [],
  options: ServerOptions = {},
): Promise<ChatServer> {
  const server = new ChatServer(flags, await withDatabase(options));
  try {
    await server.restart();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

/** `CHAT_ENGINE=postgres` has the tests' servers each use a database of its own, instead of files. */
async function withDatabase(options: ServerOptions): Promise<ServerOptions> {
  return IS_ON_DATABASE ? { database: await createDatabase(), ...options } : options;
}

/** Runs the server's command until it ends by itself, which it must. */
export async function runCommand(flags: readonly string[], options: ServerOptions = {}): Promise<CommandEnd> {
  const command = [...COMMAND, ...flags];
  const child = Bun.spawn(options.wrap?.(command, options.dataFile ?? "") ?? command, {
    env: environment(options.env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

type Running = { child: Subprocess<"ignore", "pipe", "pipe">; port: number };

export class ChatServer implements AsyncDisposable {
  readonly dataFile: string;
  readonly store: Store;
  /** The parsed lines of the log so far, over all restarts. */
  readonly lines: LogLine[] = [];
  /** All that was written to standard error so far. */
  stderr = "";
  readonly #flags: readonly string[];
  readonly #options: ServerOptions;
  readonly #folder = new TemporaryFolder();
  #running: Running | undefined;
  #waiting: (() => void)[] = [];

  constructor(flags: readonly string[], options: ServerOptions) {
    this.#flags = flags;
    this.#options = options;
    this.dataFile = options.dataFile ?? join(this.#folder.path, "data.json");
    const { database } = options;
    this.store = database === undefined ? new FileStore(this.dataFile) : new DatabaseStore(database);
  }

  get port(): number {
    return this.#now.port;
  }

  get pid(): number {
    return this.#now.child.pid;
  }

  /** The WebSocket URL of a room, or of the main room. */
  url(room?: string): string {
    return `ws://127.0.0.1:${this.port}/${room === undefined ? "" : `rooms/${room}`}`;
  }

  /** The HTTP URL of a path. */
  http(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves with the first line after `from`, past or to come, for which `matches` holds. */
  async waitForLog(matches: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    for (;;) {
      const line = this.lines.slice(from).find(matches);
      if (line) return line;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Sends a signal and resolves with the exit code once the process is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    const { child } = this.#now;
    child.kill(signal);
    const exitCode = await child.exited;
    this.#running = undefined;
    return exitCode;
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    await this.stop("SIGKILL");
    await this.store.bury();
  }

  /** Starts the server again over the same file, after stopping it if it runs. */
  async restart(): Promise<void> {
    if (this.#running) await this.stop();
    const from = this.lines.length;
    const flags = ["--port", "0", "--data", this.dataFile, "--log-format", "json", ...this.#flags];
    const command = [...COMMAND, ...flags];
    const { database, env, wrap } = this.#options;
    const child = Bun.spawn(wrap?.(command, this.dataFile) ?? command, {
      env: environment(database === undefined ? env : { DATABASE_URL: database, ...env }),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#running = { child, port: 0 };
    this.#readErrors(child.stderr);
    const ended = this.#readLog(child.stdout).then(async () => {
      throw new Error(`the server ended with ${await child.exited}: ${this.stderr}`);
    });
    // Only a start waits for this promise; a later end is the test's business.
    ended.catch(() => {});
    const isListening = (line: LogLine) => line.event === "listening" && typeof line.port === "number";
    const line = await Promise.race([this.waitForLog(isListening, from), ended]);
    this.#running = { child, port: Number(line.port) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.stop("SIGKILL");
    this.#folder[Symbol.dispose]();
  }

  get #now(): Running {
    if (!this.#running) throw new Error("the server does not run");
    return this.#running;
  }

  async #readLog(stdout: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of stdout) {
      const texts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = texts.pop() ?? "";
      for (const text of texts) if (text !== "") this.lines.push(parseLine(text));
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  async #readErrors(stderr: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stderr) this.stderr += decoder.decode(bytes, { stream: true });
  }
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value, text } : { text };
  } catch {
    return { text };
  }
}

/** This process's environment without settings for the server, and with those of the test. */
export function environment(settings: Record<string, string> = {}): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !key.startsWith("CHATBOX_") && key !== "DATABASE_URL",
  );
  return { ...Object.fromEntries(inherited), ...settings };
}

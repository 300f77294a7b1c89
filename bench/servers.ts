import { mkdtempSync } from "node:fs";
import { basename, join } from "node:path";
import type { Contender, Program } from "./contenders.ts";
import { type Usage, usageOf } from "./process.ts";

/** The project that this file belongs to. */
export const OWN_CHECKOUT = join(import.meta.dir, "..");
const MAIN = "src/cli/main.ts";
/** As in scripts/start.mjs: no settings of the folder in which the benchmark is started. */
const OWN_SETTINGS = [
  "--no-env-file",
  `--config=${join(OWN_CHECKOUT, "bunfig.toml")}`,
  `--tsconfig-override=${join(OWN_CHECKOUT, "tsconfig.json")}`,
];
const PEERS = join(import.meta.dir, "peers");
const STARTS_WITHIN_MS = 30_000;

/** A server under test, in its own process. */
export class Server implements AsyncDisposable {
  readonly port: number;
  /** From the start of the process until it listens. */
  readonly startMs: number;
  /** When it began to listen, in Unix milliseconds. */
  readonly listeningAtMs = Date.now();
  readonly #child: Bun.Subprocess;
  readonly #output: Output;

  constructor(child: Bun.Subprocess, output: Output, port: number, startMs: number) {
    this.#child = child;
    this.#output = output;
    this.port = port;
    this.startMs = startMs;
  }

  /** How much it has logged so far. */
  get logBytes(): number {
    return this.#output.bytes;
  }

  usage(): Usage {
    return usageOf(this.#child.pid);
  }

  /** Runs work, and measures the CPU seconds that the server takes meanwhile. */
  async cpuDuring<T>(work: () => Promise<T>): Promise<{ cpuS: number; result: T }> {
    const before = this.usage().cpuS;
    const result = await work();
    return { cpuS: this.usage().cpuS - before, result };
  }

  /** Kills it: what it sends to its clients at a normal stop is not measured. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface StartOptions {
  /** The history of the chat server; a new one by default. */
  readonly dataFile?: string;
  /** By default a free port. */
  readonly port?: number;
  /** More flags of the chat server. */
  readonly flags?: readonly string[];
  /** Whether the chat server has its limits on rates and connections. */
  readonly isLimited?: boolean;
  /** The folder of the project whose chat server is started; by default that of `Servers`. */
  readonly checkout?: string;
}

/** Starts servers, with their files in one temporary folder. */
export class Servers {
  readonly #folder: string;
  readonly #checkout: string;
  readonly #bundled = new Map<string, Promise<string>>();

  /** @param checkout the folder of the project whose chat server is started */
  constructor(folder: string, checkout = OWN_CHECKOUT) {
    this.#folder = folder;
    this.#checkout = checkout;
  }

  /** A path for a history, in a new folder. */
  newDataFile(): string {
    return join(mkdtempSync(join(this.#folder, "data-")), "data.json");
  }

  /** @throws Error with a sentence if the server does not begin to listen */
  async start(
    { program, title }: Pick<Contender, "program" | "title">,
    options: StartOptions = {},
  ): Promise<Server> {
    const command = await this.#command(program, options);
    const startedAtMs = performance.now();
    const child = Bun.spawn([...command], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "inherit"],
      // So that this shell's variables do not change a server's settings.
      env: withoutSettings(process.env),
    });
    const output = new Output(child.stdout);
    const port = await Promise.race([output.port, Bun.sleep(STARTS_WITHIN_MS).then(() => null)]);
    if (port === null) {
      child.kill("SIGKILL");
      throw new Error(`${title} did not start: ${command.join(" ")}`);
    }
    return new Server(child, output, port, performance.now() - startedAtMs);
  }

  /**
   * Lets the chat server's command make a code with which a person becomes an owner.
   *
   * @param dataFile of a server, which may be running
   */
  async ownerCode(dataFile: string): Promise<string> {
    const child = Bun.spawn(
      [process.execPath, ...OWN_SETTINGS, join(this.#checkout, MAIN), "owner-link", "--data", dataFile],
      { cwd: this.#folder, stdio: ["ignore", "pipe", "inherit"], env: withoutSettings(process.env) },
    );
    return new URL((await new Response(child.stdout).text()).trim()).hash.replace("#owner=", "");
  }

  async #command(program: Program, options: StartOptions): Promise<readonly string[]> {
    const bun = [process.execPath, "--no-orphans", ...OWN_SETTINGS];
    const listen = ["--port", String(options.port ?? 0)];
    switch (program.runtime) {
      case "chat": {
        const data = options.dataFile ?? this.newDataFile();
        const limits = options.isLimited ? [] : ["--no-limits"];
        const log = ["--log-format", "json"];
        const flags = options.flags ?? [];
        return [
          ...bun,
          join(options.checkout ?? this.#checkout, MAIN),
          ...listen,
          "--host",
          "127.0.0.1",
          "--data",
          data,
          ...limits,
          ...log,
          ...flags,
        ];
      }
      case "bun":
        return [...bun, join(PEERS, program.file), ...listen, ...program.flags];
      case "node":
        return [nodeProgram(), await this.#bundle(program.file), ...listen, ...program.flags];
    }
  }

  /** Before version 22 Node does not run TypeScript; and Bun replaces `ws` by its own version, so it must be bundled for Node. */
  #bundle(file: string): Promise<string> {
    let bundled = this.#bundled.get(file);
    if (bundled === undefined) {
      bundled = bundleForNode(join(PEERS, file), this.#folder);
      this.#bundled.set(file, bundled);
    }
    return bundled;
  }
}

async function bundleForNode(source: string, folder: string): Promise<string> {
  const naming = `${basename(source, ".ts")}.cjs`;
  const built = await Bun.build({
    entrypoints: [source],
    target: "node",
    format: "cjs",
    outdir: folder,
    naming,
  });
  if (!built.success) throw new Error(`${source} could not be bundled: ${built.logs.join("; ")}`);
  return join(folder, naming);
}

function nodeProgram(): string {
  const node = process.env.npm_node_execpath ?? Bun.which("node");
  if (node === null) throw new Error("Node.js is not on the path; use npm run bench.");
  return node;
}

function withoutSettings(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== "DATABASE_URL" && !name.startsWith("CHATBOX_")),
  );
}

/** Reads a server's output and discards it, except for the port on which the server listens. */
class Output {
  /** Null if the output ends before it names the port. */
  readonly port: Promise<number | null>;
  bytes = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    const said = Promise.withResolvers<number | null>();
    this.port = said.promise;
    void this.#read(stream, said.resolve);
  }

  async #read(stream: ReadableStream<Uint8Array>, said: (port: number | null) => void): Promise<void> {
    let text: string | null = "";
    for await (const bytes of stream) {
      this.bytes += bytes.length;
      if (text === null) continue;
      text += Buffer.from(bytes).toString();
      const line = text.split("\n").find((each) => each.includes('"event":"listening"'));
      const port = /"port":(\d+)/.exec(line ?? "")?.[1];
      if (port === undefined) continue;
      text = null;
      said(Number(port));
    }
    said(null);
  }
}

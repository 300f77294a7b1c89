import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Contender, Program } from "./contenders.ts";
import { type Usage, usageOf } from "./process.ts";

const MAIN = join(import.meta.dir, "../src/cli/main.ts");
/** As scripts/start.mjs has it: nothing of the folder that the benchmark is started in. */
const OWN_SETTINGS = [
  "--no-env-file",
  `--config=${join(import.meta.dir, "../bunfig.toml")}`,
  `--tsconfig-override=${join(import.meta.dir, "../tsconfig.json")}`,
];
const PEERS = join(import.meta.dir, "peers");
const STARTS_WITHIN_MS = 30_000;

/** A server under test, in a process of its own. */
export class Server implements AsyncDisposable {
  readonly port: number;
  /** From the start of the process to its listening. */
  readonly startMs: number;
  /** When it listened, in Unix time. */
  readonly listeningAtMs = Date.now();
  readonly #child: Bun.Subprocess;

  constructor(child: Bun.Subprocess, port: number, startMs: number) {
    this.#child = child;
    this.port = port;
    this.startMs = startMs;
  }

  usage(): Usage {
    return usageOf(this.#child.pid);
  }

  /** CPU seconds that the server takes while something is done. */
  async cpuDuring<T>(work: () => Promise<T>): Promise<{ cpuS: number; result: T }> {
    const before = this.usage().cpuS;
    const result = await work();
    return { cpuS: this.usage().cpuS - before, result };
  }

  /** Ends it without warning: what it says to its clients at a stop is not measured. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface StartOptions {
  /** The history of the chat server; a new one if not given. */
  readonly dataFile?: string;
  /** A free port if not given. */
  readonly port?: number;
  /** More flags of the chat server. */
  readonly flags?: readonly string[];
}

/** Starts servers, with their files in one temporary folder. */
export class Servers {
  readonly #folder: string;
  readonly #bundled = new Map<string, Promise<string>>();
  #started = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A path for a history, in a new folder. */
  newDataFile(): string {
    const folder = join(this.#folder, `data-${++this.#started}`);
    mkdirSync(folder);
    return join(folder, "data.json");
  }

  /** @throws Error with a sentence when the server does not come to listen */
  async start({ program, title }: Contender, options: StartOptions = {}): Promise<Server> {
    const command = await this.#command(program, options);
    const startedAtMs = performance.now();
    const child = Bun.spawn([...command], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "inherit"],
      // So that nothing of this shell changes a server's settings.
      env: withoutSettings(process.env),
    });
    const port = await Promise.race([
      listeningPort(child.stdout),
      Bun.sleep(STARTS_WITHIN_MS).then(() => null),
    ]);
    if (port === null) {
      child.kill("SIGKILL");
      throw new Error(`${title} did not start: ${command.join(" ")}`);
    }
    return new Server(child, port, performance.now() - startedAtMs);
  }

  async #command(program: Program, options: StartOptions): Promise<readonly string[]> {
    const bun = [process.execPath, "--no-orphans", ...OWN_SETTINGS];
    const listen = ["--port", String(options.port ?? 0)];
    switch (program.runtime) {
      case "chat": {
        const data = options.dataFile ?? this.newDataFile();
        const log = ["--log-format", "json"];
        const flags = options.flags ?? [];
        return [
          ...bun,
          MAIN,
          ...listen,
          "--host",
          "127.0.0.1",
          "--data",
          data,
          "--no-limits",
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

  /** Node runs no TypeScript before version 22; and under Bun `ws` is Bun's own stand-in, so nothing is resolved there. */
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
  if (node === null) throw new Error("There is no Node.js on the path; run this by npm run bench.");
  return node;
}

function withoutSettings(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== "DATABASE_URL" && !name.startsWith("CHATBOX_")),
  );
}

/** The port on which a server says that it listens; null when it ends before. What it says later is read and forgotten. */
async function listeningPort(output: ReadableStream<Uint8Array>): Promise<number | null> {
  const said = Promise.withResolvers<number | null>();
  void (async () => {
    let text = "";
    let isSaid = false;
    for await (const bytes of output) {
      if (isSaid) continue;
      text += Buffer.from(bytes).toString();
      const line = text.split("\n").find((each) => each.includes('"event":"listening"'));
      const port = /"port":(\d+)/.exec(line ?? "")?.[1];
      if (port === undefined) continue;
      isSaid = true;
      said.resolve(Number(port));
    }
    said.resolve(null);
  })();
  return said.promise;
}

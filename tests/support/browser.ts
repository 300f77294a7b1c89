/** Starts a real Chromium: the system's own, else the one that npm installed. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { devDependencies } from "../../package.json";

const SYSTEM_COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A name of this machine that a browser does not take for it: a page there is one of plain HTTP, without a secure context. */
export const PLAIN_HOST = "plain.test";

const FLAGS = [
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
  "--headless",
  "--no-sandbox", // root and most containers cannot have the sandbox
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage", // containers often have 64 MiB there
];

/** An unpacked Chromium is 200 MB, so it is kept from one run to the next. */
const UNPACKED = join(
  import.meta.dir,
  `../../node_modules/.cache/chromium-${devDependencies["@sparticuz/chromium"]}`,
);

type Environment = { [key: string]: string | undefined; CHROME_PATH?: string; TMPDIR?: string };
const environment: Environment = process.env;

const LAUNCH_MS = 300_000;

type Program = { path: string; env: Record<string, string> };

const PROFILES = join(tmpdir(), "chatbox-browser-");

/** A browser that runs. It ends with this process, whatever ends that: the two talk over a pipe. */
export class RunningBrowser implements AsyncDisposable {
  readonly playwright: Browser;
  readonly #folder: string;

  constructor(playwright: Browser, folder: string) {
    this.playwright = playwright;
    this.#folder = folder;
  }

  /** Ends the browser and removes its profile. */
  async close(): Promise<void> {
    await this.playwright.close();
    // The last of the browser's processes may still write while they end.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Starts a browser with a profile of its own in a temporary folder.
 *
 * @param cached with the back/forward cache that people's browsers have, which playwright switches off
 * @throws Error when no Chromium runs on this machine
 */
export async function launchBrowser({ cached = false } = {}): Promise<RunningBrowser> {
  removeLeftProfiles();
  const failures: string[] = [];
  for (const find of [...systemPrograms(), npmProgram]) {
    try {
      const program = await find();
      if (program) return await launch(program, cached);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const words = "No Chromium runs here. Install Chromium or Chrome, or set CHROME_PATH to one.";
  throw new Error([words, ...failures].join("\n"));
}

/** Unpacks the browser, if it is that of npm: files that run side by side would each do so. */
export async function prepareBrowser(): Promise<void> {
  for (const find of [...systemPrograms(), npmProgram]) if (await find()) return;
}

function systemPrograms(): (() => Promise<Program | undefined>)[] {
  const { CHROME_PATH } = environment;
  const paths = [CHROME_PATH, ...SYSTEM_COMMANDS.map((command) => Bun.which(command))];
  return paths.flatMap((path) => (path ? [() => running({ path, env: {} })] : []));
}

/** The Chromium of the npm package, with the package's own libraries and fonts where the system has none. */
async function npmProgram(): Promise<Program | undefined> {
  if (!existsSync(UNPACKED)) await unpack();
  const path = join(UNPACKED, "chromium");
  const fonts = existsSync("/etc/fonts/fonts.conf") ? {} : { FONTCONFIG_PATH: join(UNPACKED, "fonts") };
  const libraries = { LD_LIBRARY_PATH: join(UNPACKED, "al2023/lib") };
  return (await running({ path, env: fonts })) ?? (await running({ path, env: { ...fonts, ...libraries } }));
}

/** The program, if it is one that starts here: a missing library or a mere pointer to a snap ends it at once. */
async function running(program: Program): Promise<Program | undefined> {
  const child = Bun.spawn([program.path, "--version"], {
    env: { ...environment, ...program.env },
    stdio: ["ignore", "ignore", "ignore"],
    timeout: LAUNCH_MS,
  });
  return (await child.exited) === 0 ? program : undefined;
}

/** Unpacks beside the final place and moves, so that a run that is cut off leaves no half of a browser. */
async function unpack(): Promise<void> {
  const beside = `${UNPACKED}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  try {
    const script = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
    const child = Bun.spawn([process.execPath, "-e", script], {
      cwd: import.meta.dir,
      // The package unpacks into TMPDIR, and its libraries only where it believes to be on Amazon Linux.
      env: { ...environment, TMPDIR: beside, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    if ((await child.exited) !== 0) throw new Error("@sparticuz/chromium could not be unpacked.");
    renameSync(beside, UNPACKED);
  } catch (error) {
    // Another run may have been quicker; its browser is the same.
    if (!existsSync(UNPACKED)) throw error;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

async function launch(program: Program, cached: boolean): Promise<RunningBrowser> {
  const folder = mkdtempSync(`${PROFILES}${process.pid}-`);
  const before = environment.TMPDIR;
  // Playwright makes the profile in this process's temporary folder and has no other setting for it.
  environment.TMPDIR = folder;
  try {
    const playwright = await chromium.launch({
      executablePath: program.path,
      args: FLAGS,
      ignoreDefaultArgs: cached ? ["--disable-back-forward-cache"] : [],
      env: { ...environment, ...program.env },
      timeout: LAUNCH_MS,
    });
    return new RunningBrowser(playwright, folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    if (before === undefined) delete environment.TMPDIR;
    else environment.TMPDIR = before;
  }
}

/** Removes the profiles of runs that were killed, which could not do it themselves. */
function removeLeftProfiles(): void {
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name);
    if (!path.startsWith(PROFILES) || isAlive(Number.parseInt(path.slice(PROFILES.length), 10))) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // It is another user's, who will remove it.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user counts as alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

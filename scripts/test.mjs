// @ts-check
// `npm test` installs what is missing, runs the tests, and ends with one line that counts them.
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, sep } from "node:path";
import { createInterface } from "node:readline";
import { run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

/** Longer than any test takes on the slowest machine. It ends a test that waits for something that never comes. */
const TEST_MOST_MS = 300_000;
/** How many files run side by side: tests spend most of their time waiting for a server to act after some seconds. */
const AT_ONCE = Math.min(3 * availableParallelism(), 8);
/** Files that keep a processor busy from beginning to end: more of them at once than there are processors only slow each other down. */
const BUSY = /tests.e2e./;
const BUSY_AT_ONCE = availableParallelism();
/** The longest files, and then the folders with long ones, come first, so that the run does not end with one running alone. */
const FIRST = [
  ...["cluster/faults", "cluster/conversation", "contracts/postgres", "conversations/command"],
  ...["conversations/webhooks", "e2e/lifecycle", "e2e/moderation", "e2e/changes", "faults/full-start"],
  ...["house/operating", "house/start", "bench/raid", "contracts/people"],
  ...["e2e", "cluster", "faults", "bench", "fuzz", "conversations"],
];

/**
 * The result of a test run.
 * @typedef {{ code: number, passed: number, failed: number }} Result
 */

/**
 * Runs tests in a separate process and waits for it to end.
 * @param {readonly string[]} args files and flags for `bun test`
 * @param {import("node:child_process").StdioOptions} stdio
 * @returns {Promise<Result & { interrupted: boolean }>}
 */
async function test(args, stdio) {
  const report = join(folder, `${args.join(" ").replaceAll(/\W+/g, "-").slice(0, 200)}.xml`);
  // bunfig.toml has no setting for the timeout.
  const flags = [`--timeout=${TEST_MOST_MS}`, "--reporter=junit", `--reporter-outfile=${report}`];
  const all = ["test", ...ownSettings, "--no-orphans", ...flags, ...args];
  const { code, interrupted } = await run(bun, all, { cwd: root, env, stdio });
  return { code, interrupted, ...count(report, code) };
}

/**
 * @param {string} report path of a JUnit report
 * @param {number} code the exit code of the run
 */
function count(report, code) {
  const totals = /<testsuites [^>]*>/.exec(read(report))?.[0] ?? "";
  /** @param {string} name */
  const total = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const failed = total("failures");
  // The report does not contain a test file that could not be loaded, or a process that crashed.
  return {
    passed: total("tests") - failed - total("skipped"),
    failed: code === 0 ? failed : Math.max(failed, 1),
  };
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The test files, in the order in which they are started. */
function testFiles() {
  const tests = join(root, "tests");
  if (!existsSync(tests)) return [];
  /** @param {string} path */
  const rank = (path) => {
    const name = path.replaceAll(sep, "/");
    const at = FIRST.findIndex((first) => name.startsWith(`${first}/`) || name === `${first}.test.ts`);
    return at < 0 ? FIRST.length : at;
  };
  return readdirSync(tests, { recursive: true })
    .map(String)
    .filter((path) => /\.test\.tsx?$/.test(path))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((path) => `./${join("tests", path)}`);
}

/**
 * Runs all test files, several at a time. The output of each is printed when it is done, and the names of those that failed once
 * more at the end.
 * @returns {Promise<Result>}
 */
async function testAll() {
  const files = testFiles();
  const busy = files.filter((file) => BUSY.test(file));
  const others = files.filter((file) => !BUSY.test(file));
  // Otherwise pictures of screens that no longer exist would remain.
  rmSync(join(root, "tests", "e2e", "screenshots"), { recursive: true, force: true });
  /** @type {Result} */
  const sum = { code: 0, passed: 0, failed: 0 };
  /** @type {string[]} */
  const failures = [];
  let stopped = false;
  /** Runs what is in the first of these lists that is not empty, until all are. @param {...string[]} lists */
  const work = async (...lists) => {
    for (;;) {
      const file = lists.find((list) => list.length > 0)?.shift();
      if (file === undefined || stopped) return;
      const output = join(folder, `${file.replaceAll(/\W+/g, "-")}.txt`);
      const descriptor = openSync(output, "w");
      const { code, passed, failed, interrupted } = await test([file], ["ignore", descriptor, descriptor]);
      closeSync(descriptor);
      const text = readFileSync(output, "utf8");
      process.stdout.write(text);
      if (code !== 0) {
        const names = text.match(/^\(fail\) .*/gm) ?? [];
        failures.push(...[...names, `exited with code ${code}`].map((what) => `${file}: ${what}`));
      }
      stopped ||= interrupted;
      sum.code ||= code;
      sum.passed += passed;
      sum.failed += failed;
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, at) => (at < BUSY_AT_ONCE ? work(busy, others) : work(others))),
  );
  for (const failure of failures) console.log(failure);
  return sum;
}

/**
 * Starts the PostgreSQL that all files share, in which each creates databases of its own. It ends with this process, however
 * this process ends.
 * @returns {Promise<{ url: string, stop: () => Promise<void> } | null>} null when PostgreSQL does not run here; the tests that
 *   need it say so
 */
async function startShared() {
  const program = [...ownSettings, join(root, "tests/support/shared.ts")];
  const child = spawn(bun, program, { cwd: root, env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for await (const url of createInterface({ input: child.stdout })) {
    const stop = async () => {
      child.stdin.end();
      await ended;
    };
    return { url, stop };
  }
  return null;
}

/**
 * Compiles the server into one executable, which the tests start some thousand times: it starts in a fifth of the time that the
 * sources take. With CHAT_EXECUTABLE they start that one.
 */
async function compileServer() {
  if (env.CHAT_EXECUTABLE !== undefined) return;
  env.CHAT_EXECUTABLE = join(folder, "classic-chatbox");
  const program = [...ownSettings, join(root, "scripts/executable.ts"), env.CHAT_EXECUTABLE];
  const { code } = await run(bun, program, { cwd: root, env, stdio: "inherit" });
  if (code !== 0) throw new Error("The server could not be compiled; see the messages above.");
}

/** @returns {Promise<Result>} */
async function testAllWithDatabase() {
  const database = env.DATABASE_URL === undefined ? await startShared() : null;
  if (database) env.DATABASE_URL = database.url;
  try {
    return await testAll();
  } finally {
    await database?.stop();
  }
}

const bun = await install({ dev: true });
const folder = mkdtempSync(join(tmpdir(), "classic-chatbox-test-"));
// Tests that are killed cannot clean up after themselves; what they leave behind is in here, too.
const temporary = join(folder, "tmp");
/** @type {NodeJS.ProcessEnv} */
const env = { ...process.env, TMPDIR: temporary };
// PostgreSQL does not run as root, and keeps its files in here as another user.
chmodSync(folder, 0o711);
mkdirSync(temporary, { mode: 0o711 });
const args = process.argv.slice(2);
try {
  await compileServer();
  const { code, passed, failed } =
    args.length > 0 ? await test(args, "inherit") : await testAllWithDatabase();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = code;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

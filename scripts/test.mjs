// @ts-check
// `npm test`: installs what is missing, runs the tests, and ends with one line that counts them.
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

/**
 * @param {string} report path of a JUnit report
 * @param {number} code the exit code of the run
 * @returns {{ passed: number, failed: number }}
 */
function count(report, code) {
  const totals = /<testsuites [^>]*>/.exec(read(report))?.[0] ?? "";
  /** @param {string} name */
  const total = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const failed = total("failures");
  // The report knows nothing of a test file that could not be loaded.
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

/**
 * Runs tests and waits for their end.
 * @param {readonly string[]} args files and flags for `bun test`
 * @param {string} report where the JUnit report goes
 * @param {import("node:child_process").StdioOptions} stdio
 */
async function test(args, report, stdio) {
  // bunfig.toml has no setting for the timeout. Some tests drive a browser, or kill and restart a server many times.
  const flags = ["--no-orphans", "--timeout=120000", "--reporter=junit", `--reporter-outfile=${report}`];
  const { code } = await run(bun, ["test", ...ownSettings, ...flags, ...args], { cwd: root, stdio });
  return { code, ...count(report, code) };
}

/**
 * The folders of the tests in two groups that take about as long as each other. They run side by side, since much of a run
 * is waiting for what a server does after some seconds.
 * @returns {[string[], string[]]}
 */
function groups() {
  const waiting = ["cluster", "contracts", "faults", "fuzz"];
  const others = readdirSync(join(root, "tests")).filter(
    (name) => name !== "support" && !waiting.includes(name),
  );
  /** @param {string[]} names */
  const paths = (names) => names.map((name) => `tests/${name}/`);
  return [paths(others), paths(waiting)];
}

const bun = await install({ dev: true });
const folder = mkdtempSync(join(tmpdir(), "classic-chatbox-test-"));
const args = process.argv.slice(2);
const [shown, aside] = args.length > 0 ? [args, null] : groups();
// The second group is printed when it is done, so that the two are not mixed.
const output = join(folder, "aside.txt");
const file = openSync(output, "w");
const results = await Promise.all([
  test(shown, join(folder, "shown.xml"), "inherit"),
  ...(aside ? [test(aside, join(folder, "aside.xml"), ["ignore", file, file])] : []),
]);
closeSync(file);
process.stdout.write(readFileSync(output));
rmSync(folder, { recursive: true, force: true });
/** @param {"code" | "passed" | "failed"} what */
const sum = (what) => results.reduce((total, result) => total + result[what], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exit(results.find(({ code }) => code !== 0)?.code ?? 0);

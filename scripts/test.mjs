// @ts-check
// `npm test`: installs what is missing, runs the tests, and ends with one line that counts them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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

const bun = await install({ dev: true });
const folder = mkdtempSync(join(tmpdir(), "classic-chatbox-test-"));
const report = join(folder, "report.xml");
// bunfig.toml has no setting for the timeout. Some tests drive a browser, or kill and restart a server many times.
const flags = ["--no-orphans", "--timeout=120000", "--reporter=junit", `--reporter-outfile=${report}`];
const { code } = await run(bun, ["test", ...ownSettings, ...flags, ...process.argv.slice(2)], { cwd: root });
const { passed, failed } = count(report, code);
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(code);

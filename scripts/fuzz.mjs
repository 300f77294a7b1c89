// @ts-check
// `npm run fuzz -- --rounds 200 [--seed N] [--servers 3]` runs many conversations with consecutive seeds, with one server or
// with several and a database. It prints each failure with its seed, and at the end what was done to the servers and what
// came of it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { fail } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string" }, seed: { type: "string" }, servers: { type: "string" } },
});
const rounds = wholeNumber("rounds", values.rounds ?? "200");
const seed = wholeNumber("seed", values.seed ?? `${Math.floor(Math.random() * 1_000_000)}`);
const servers = wholeNumber("servers", values.servers ?? "1");
const tests = servers > 1 ? "tests/cluster/conversation.test.ts" : "tests/fuzz/conversation.test.ts";

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) fail(`--${name} must be a whole number, not ${text}.`);
  return number;
}

console.log(`${rounds} conversations, seeds ${seed} to ${seed + rounds - 1}`);
const bun = await install({ dev: true });
const flags = ["test", ...ownSettings, "--no-orphans", "--timeout=300000", tests];
const child = spawn(bun, flags, {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
  env: { ...process.env, CHAT_SEED: `${seed}`, CHAT_ROUNDS: `${rounds}`, CHAT_SERVERS: `${servers}` },
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => void child.kill(signal));
}

/** @type {Map<string, number>} */
const totals = new Map();
/** @type {string[]} */
const failed = [];
let passed = 0;

/** @param {string} line */
function take(line) {
  const counted = /^counts (\{.*\})$/.exec(line)?.[1];
  if (counted !== undefined) {
    for (const [what, count] of Object.entries(JSON.parse(counted))) {
      totals.set(what, (totals.get(what) ?? 0) + count);
    }
    passed++;
    if (passed % 20 === 0) console.log(`${passed} of ${rounds} passed, ${failed.length} failed`);
    return;
  }
  const failure = /failed with CHAT_SEED=(\d+)/.exec(line)?.[1];
  if (failure !== undefined && failed.at(-1) !== failure) failed.push(failure);
  // Leave out what the tests print about conversations that passed.
  if (!/^\(pass\)|^\s*$/.test(line)) console.log(line);
}

const outputs = [child.stdout, child.stderr].map(async (stream) => {
  for await (const line of createInterface({ input: stream })) take(line);
});
const code = await new Promise((resolve) => child.once("exit", (exitCode) => resolve(exitCode ?? 1)));
await Promise.all(outputs);

for (const [what, count] of totals) console.log(`${String(count).padStart(9)} ${what}`);
console.log(
  failed.length === 0
    ? `${passed} of ${rounds} conversations passed`
    : `failed: ${failed.map((each) => `CHAT_SEED=${each}`).join(", ")}`,
);
process.exit(code);

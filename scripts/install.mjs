// @ts-check
// Plain Node: this runs before any package is installed.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, run } from "./child.mjs";

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The flags with which every program here runs on Bun. Without them Bun applies the settings of the current folder, whatever
 * it is: variables from its .env files, preloads from its bunfig.toml, paths from its tsconfig.json.
 */
export const ownSettings = [
  "--no-env-file",
  `--config=${join(root, "bunfig.toml")}`,
  `--tsconfig-override=${join(root, "tsconfig.json")}`,
];

const lockfile = join(root, "package-lock.json");

/**
 * A package as a lockfile lists it.
 * @typedef {object} Package
 * @property {string} path of its folder, such as `node_modules/pino`
 * @property {string} identity version and hash
 * @property {boolean} dev whether only developers need it
 * @property {boolean} optional whether it may be missing
 * @property {boolean} runsHere whether it is for this system, or for any
 */

/**
 * Installs the packages of package-lock.json unless they are installed already, which takes a few milliseconds to see.
 * @param {{ dev: boolean }} need whether the development packages are needed too
 * @returns {Promise<string>} the path of the bun program. If there is no way to get one, the process ends with a sentence
 *   and exit code 1
 */
export async function install({ dev }) {
  const modules = join(root, "node_modules");
  // npm leaves the lockfile out of a published package: in that case our packages were installed beside that one.
  if (!existsSync(lockfile)) return findBun(modules) ?? findBun(dirname(root)) ?? failNoBun();

  // npm writes it at the very end of an install, so after an interrupted install it is missing or older.
  const installed = readPackages(join(modules, ".package-lock.json"));
  const bun = findBun(modules);
  if (bun && isComplete(installed, dev)) return bun;

  // Keep packages that a developer installed earlier.
  await installFromLockfile(dev || installed.some((entry) => entry.dev));
  return findBun(modules) ?? failNoBun();
}

/**
 * @param {readonly Package[]} installed
 * @param {boolean} dev
 */
function isComplete(installed, dev) {
  const identities = new Map(installed.map((entry) => [entry.path, entry.identity]));
  const needed = readPackages(lockfile).filter((entry) => !entry.optional && (dev || !entry.dev));
  return (
    needed.length > 0 &&
    // Otherwise the folder was copied, or mounted, from another system.
    installed.some(({ path, runsHere }) => runsHere && path.startsWith("node_modules/@oven/")) &&
    needed.every(
      ({ path, identity }) =>
        identities.get(path) === identity && existsSync(join(root, path, "package.json")),
    )
  );
}

/**
 * @param {string} file
 * @returns {Package[]} empty when the file is missing or unreadable; npm then says what is wrong with it
 */
function readPackages(file) {
  /** @type {unknown} */
  let lock;
  try {
    lock = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return [];
  }
  return Object.entries(field(lock, "packages") ?? {})
    .filter(([path]) => path !== "")
    .map(([path, entry]) => ({
      path,
      identity: `${field(entry, "version")} ${field(entry, "integrity")}`,
      dev: field(entry, "dev") === true,
      optional: field(entry, "optional") === true || field(entry, "devOptional") === true,
      runsHere: includes(field(entry, "os"), process.platform) && includes(field(entry, "cpu"), process.arch),
    }));
}

/**
 * @param {unknown} systems undefined for all
 * @param {string} system
 */
function includes(systems, system) {
  return systems === undefined || (Array.isArray(systems) && systems.includes(system));
}

/**
 * @param {unknown} value
 * @param {string} key
 * @returns {unknown}
 */
function field(value, key) {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** @param {boolean} dev */
async function installFromLockfile(dev) {
  if (!isWritable(root)) {
    fail(`the packages in ${root} do not match its package-lock.json; run \`npm run setup\` there.`);
  }
  console.error("classic-chatbox: installing packages; this happens only once ...");
  const { program, args, shell } = npm();
  const flags = ["--include=optional", dev ? "--include=dev" : "--omit=dev", "--no-audit", "--no-fund"];
  // Otherwise npm takes a minute to say that there is no network.
  const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000"];
  const { code, interrupted } = await run(
    program,
    [...args, "ci", ...flags, ...patience, "--no-update-notifier"],
    {
      cwd: root,
      shell,
      // Send npm's output to stderr: stdout belongs to the program that is started next.
      stdio: ["inherit", 2, 2],
    },
  ).catch((error) =>
    fail(`npm could not be started (${error.message}); install Node.js with npm, then try again.`),
  );
  if (interrupted) process.exit(code || 130);
  if (code !== 0) fail("the packages could not be installed; see npm's message above.");
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function npm() {
  const { npm_execpath: running } = process.env;
  if (running && basename(running) === "npm-cli.js") {
    return { program: process.execPath, args: [running], shell: false };
  }
  // On Windows npm is a .cmd file, which only a shell can run.
  return { program: "npm", args: [], shell: process.platform === "win32" };
}

/**
 * @param {string} modules a node_modules folder
 * @returns {string | undefined} the bun program in it
 */
function findBun(modules) {
  // It is called bun.exe on every system.
  const own = join(modules, "bun", "bin", "bun.exe");
  if (isProgram(own)) return own;
  // bun's install script moves the program there. If npm is configured not to run such scripts, the program is still in
  // the package of its platform; npm may have installed several (glibc and musl), one of which runs.
  const platforms = join(modules, "@oven");
  if (!existsSync(own) || !existsSync(platforms)) return undefined;
  return readdirSync(platforms)
    .flatMap((platform) => ["bun", "bun.exe"].map((name) => join(platforms, platform, "bin", name)))
    .find((path) => isProgram(path) && spawnSync(path, ["--version"]).status === 0);
}

/** @param {string} path */
function isProgram(path) {
  // The placeholder that the install script replaces is a text of a few hundred bytes; the program is about 100 MB.
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000;
}

/** @returns {never} */
function failNoBun() {
  fail(
    `the installed packages do not contain a Bun program for this system (${process.platform} ${process.arch}).`,
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [what, ...rest] = process.argv.slice(2);
  if ((what !== undefined && what !== "--omit=dev") || rest.length > 0) {
    fail("usage: node scripts/install.mjs [--omit=dev]");
  }
  await install({ dev: what === undefined });
}

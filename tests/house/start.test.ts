import { expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { TemporaryFolder } from "../support/server.ts";

// The scripts run on Node, in a checkout of their own. Its npm is a stand-in that needs no network: it keeps a list of
// its calls, and installs by making the folders that npm would make.
const project = join(import.meta.dir, "..", "..");
const folder = new TemporaryFolder();

const packages = {
  "": { name: "classic-chatbox" },
  "node_modules/bun": { version: "1.0.0" },
  "node_modules/@oven/bun-here": {
    version: "1.0.0",
    optional: true,
    os: [process.platform],
    cpu: [process.arch],
  },
  "node_modules/pino": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/ws": { version: "1.0.0", dev: true },
};

const npm = `
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
if (process.env.NPM_FAILS) { console.error("npm error no network"); process.exit(7); }
const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
rmSync("node_modules", { recursive: true, force: true });
for (const [path, { dev }] of Object.entries(packages)) {
  if (path === "" || (dev && !process.argv.includes("--include=dev"))) { delete packages[path]; continue; }
  mkdirSync(path + "/bin", { recursive: true });
  writeFileSync(path + "/package.json", "{}");
}
const scripts = !process.env.NO_INSTALL_SCRIPTS;
if (scripts) symlinkSync(process.env.BUN, "node_modules/bun/bin/bun.exe");
else writeFileSync("node_modules/bun/bin/bun.exe", "echo a placeholder >&2; exit 1\\n", { mode: 0o755 });
if (!scripts) symlinkSync(process.env.BUN, "node_modules/@oven/bun-here/bin/bun");
writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages }));
console.log("added packages");
`;

const main = `
import { appendFileSync } from "node:fs";
import { join } from "node:path";
const note = (text: string) => appendFileSync(join(import.meta.dir, "notes"), text + "\\n");
const [what, ...rest] = process.argv.slice(2);
if (what === "print") console.log(JSON.stringify(rest));
if (what === "pid") console.log(process.pid);
if (what === "exit") process.exit(Number(rest[0]));
if (what === "die") process.kill(process.pid, "SIGKILL");
if (what === "serve") {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => { note("stopped by " + signal); console.log("stopped by", signal); process.exit(0); });
  }
  setInterval(() => {}, 1000);
  note("serves as " + process.pid);
  console.log("ready");
}
`;

function makeCheckout(): string {
  const root = mkdtempSync(join(folder.path, "checkout "));
  cpSync(join(project, "scripts"), join(root, "scripts"), { recursive: true });
  writeFileSync(join(root, "bunfig.toml"), "");
  writeFileSync(join(root, "tsconfig.json"), "{}");
  mkdirSync(join(root, "src", "cli"), { recursive: true });
  writeFileSync(join(root, "src", "cli", "main.ts"), main);
  writeFileSync(join(root, "npm-cli.js"), npm);
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeLockfile(root, packages);
  return root;
}

function writeLockfile(root: string, content: object): void {
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: content }));
}

function npmCalls(root: string): string[] {
  const list = join(root, "npm-calls");
  return existsSync(list) ? readFileSync(list, "utf8").trim().split("\n") : [];
}

const flags =
  "--no-audit --no-fund --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 --no-update-notifier";
const runtimeInstall = `ci --include=optional --omit=dev ${flags}`;
const fullInstall = `ci --include=optional --include=dev ${flags}`;

type Environment = Readonly<Record<string, string | undefined>>;

function spawn(root: string, script: string, args: readonly string[], environment: Environment = {}) {
  return Bun.spawn(["node", join(root, "scripts", script), ...args], {
    cwd: folder.path,
    // Without what tells of a nohup by which the tests may be run.
    env: {
      ...process.env,
      _: "",
      npm_execpath: join(root, "npm-cli.js"),
      BUN: process.execPath,
      // There is no server to compile.
      CHAT_EXECUTABLE: "/none",
      ...environment,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(root: string, script: string, args: readonly string[], environment?: Environment) {
  const child = spawn(root, script, args, environment);
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

test("the first start installs what running needs, and passes its arguments on", async () => {
  const root = makeCheckout();
  const { code, out, err } = await run(root, "start.mjs", ["print", "--port", "5055", "--data", "/a b.json"]);
  expect(out).toBe('["--port","5055","--data","/a b.json"]\n');
  expect(err).toContain("added packages");
  expect(code).toBe(0);
  expect(npmCalls(root)).toEqual([runtimeInstall]);
});

test("a second start installs nothing", async () => {
  const root = makeCheckout();
  await run(root, "start.mjs", ["print"]);
  const { code, err } = await run(root, "start.mjs", ["print"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(npmCalls(root)).toEqual([runtimeInstall]);
});

test("the tests install the rest, and a later start leaves it alone", async () => {
  const root = makeCheckout();
  await run(root, "start.mjs", ["print"]);
  await run(root, "test.mjs", []);
  await run(root, "start.mjs", ["print"]);
  await run(root, "test.mjs", []);
  expect(npmCalls(root)).toEqual([runtimeInstall, fullInstall]);
  expect(existsSync(join(root, "node_modules", "ws"))).toBe(true);
});

test("the setup installs what running needs, and by default also what developers need", async () => {
  const root = makeCheckout();
  await run(root, "install.mjs", ["--omit=dev"]);
  await run(root, "install.mjs", ["--omit=dev"]);
  expect(npmCalls(root)).toEqual([runtimeInstall]);
  await run(root, "install.mjs", []);
  expect(npmCalls(root)).toEqual([runtimeInstall, fullInstall]);
  expect(await run(root, "install.mjs", ["--production"])).toMatchObject({
    code: 1,
    err: "classic-chatbox: usage: node scripts/install.mjs [--omit=dev]\n",
  });
  const scripts: unknown = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).scripts;
  expect(scripts).toMatchObject({ setup: "exec node scripts/install.mjs --omit=dev" });
});

test("the next start installs a changed lockfile, including what developers need if that was installed", async () => {
  const root = makeCheckout();
  await run(root, "test.mjs", []);
  writeLockfile(root, { ...packages, "node_modules/pino": { version: "1.0.0", integrity: "sha512-b" } });
  await run(root, "start.mjs", ["print"]);
  expect(npmCalls(root)).toEqual([fullInstall, fullInstall]);
});

const damages: readonly (readonly [fact: string, damage: (root: string) => void])[] = [
  ["an install that did not finish", (root) => rmSync(join(root, "node_modules", ".package-lock.json"))],
  ["a missing package", (root) => rmSync(join(root, "node_modules", "pino"), { recursive: true })],
  ["a missing bun program", (root) => rmSync(join(root, "node_modules", "bun", "bin", "bun.exe"))],
  [
    "an install for another system",
    (root) => {
      const file = join(root, "node_modules", ".package-lock.json");
      writeFileSync(file, readFileSync(file, "utf8").replace(`["${process.platform}"]`, '["other"]'));
    },
  ],
];

test.each(damages)("%s is repaired by the next start", async (_fact, damage) => {
  const root = makeCheckout();
  await run(root, "start.mjs", ["print"]);
  damage(root);
  const { code } = await run(root, "start.mjs", ["print"]);
  expect(code).toBe(0);
  expect(npmCalls(root)).toEqual([runtimeInstall, runtimeInstall]);
});

test("if install scripts do not run, the bun of the platform's package is used", async () => {
  const root = makeCheckout();
  const environment = { NO_INSTALL_SCRIPTS: "1" };
  await run(root, "start.mjs", ["print"], environment);
  const { code, out } = await run(root, "start.mjs", ["print", "x"], environment);
  expect(out).toBe('["x"]\n');
  expect(code).toBe(0);
  expect(npmCalls(root)).toEqual([runtimeInstall]);
});

test("a package installed beside its dependencies starts without npm", async () => {
  const modules = join(makeCheckout(), "node_modules");
  const root = join(modules, "classic-chatbox");
  cpSync(makeCheckout(), root, { recursive: true });
  rmSync(join(root, "package-lock.json"));
  mkdirSync(join(modules, "bun", "bin"), { recursive: true });
  symlinkSync(process.execPath, join(modules, "bun", "bin", "bun.exe"));
  const { code, out } = await run(root, "start.mjs", ["print", "x"]);
  expect(out).toBe('["x"]\n');
  expect(code).toBe(0);
  expect(npmCalls(root)).toEqual([]);
});

test("a failed install shows npm's output and one sentence, and exits with 1", async () => {
  const { code, out, err } = await run(makeCheckout(), "start.mjs", ["print"], { NPM_FAILS: "1" });
  expect(out).toBe("");
  expect(err).toEndWith(
    "npm error no network\nclassic-chatbox: the packages could not be installed; see npm's message above.\n",
  );
  expect(code).toBe(1);
});

test("start ends with the server's exit code, or 128 and the number of the signal that killed it", async () => {
  const root = makeCheckout();
  expect((await run(root, "start.mjs", ["exit", "0"])).code).toBe(0);
  expect((await run(root, "start.mjs", ["exit", "2"])).code).toBe(2);
  expect((await run(root, "start.mjs", ["die"])).code).toBe(137);
});

test("the server takes the place of start where Node can do that, and not under nohup", async () => {
  const root = makeCheckout();
  const canReplace =
    (await new Response(Bun.spawn(["node", "-p", "typeof process.execve"]).stdout).text()) === "function\n";
  const replaces = async (environment: Environment) => {
    const child = spawn(root, "start.mjs", ["pid"], environment);
    return Number(await new Response(child.stdout).text()) === child.pid;
  };
  expect(await replaces({ npm_lifecycle_event: undefined })).toBe(canReplace);
  expect(await replaces({ npm_lifecycle_event: "start" })).toBe(canReplace);
  expect(await replaces({ _: "/usr/bin/nohup" })).toBe(false);
});

test("nothing is read from the current folder, but --data is relative to it", async () => {
  using foreign = new TemporaryFolder();
  const write = (name: string, text: string) => writeFileSync(join(foreign.path, name), text);
  for (const [i, suffix] of ["", ".local", ".production", ".production.local"].entries()) {
    write(`.env${suffix}`, `CHATBOX_FOREIGN_${i}=1\nDATABASE_URL=postgres://127.0.0.1:1/foreign\n`);
  }
  write("bunfig.toml", 'preload = ["./preload.ts"]\n[install]\nauto = "force"\n');
  write("preload.ts", 'console.log("a foreign preload");');
  write("foreign.ts", 'console.log("a foreign module"); export default {};');
  const paths = { "*": ["./foreign.ts"] };
  // Bun looks there for the program it is told to run, and for the page it is told to build.
  write("tsconfig.json", JSON.stringify({ compilerOptions: { baseUrl: ".", paths, jsx: "react" } }));
  write("package.json", JSON.stringify({ imports: { pino: "./foreign.ts" }, type: "commonjs" }));
  const flags = ["--port", "0", "--data", "own.json", "--log-format", "json"];
  const child = Bun.spawn(["node", join(project, "scripts", "start.mjs"), ...flags], {
    cwd: foreign.path,
    env: { PATH: process.env.PATH, NODE_ENV: "production" },
    stdout: "pipe",
  });
  let out = "";
  let page = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += chunk;
    const [, url] = /page (http:\S+)/.exec(out) ?? [];
    if (url === undefined || page !== "") continue;
    page = await (await fetch(url)).text();
    child.kill("SIGTERM");
  }
  expect(await child.exited).toBe(0);
  expect(out).toContain(`"data":${JSON.stringify(join(realpathSync(foreign.path), "own.json"))}`);
  expect(out).not.toMatch(/foreign/i);
  expect(existsSync(join(foreign.path, "own.json"))).toBe(true);
  expect(page).toContain("<title>Chat</title>");
});

test("the image has all that its entry point needs, and the unit and the package start the same", async () => {
  const read = (path: string) => readFileSync(join(project, path), "utf8");
  const allowed = read(".dockerignore")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  const stage =
    read("Dockerfile")
      .split(/^FROM /m)
      .at(-1) ?? "";
  const copied = [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = ""]) =>
    sources.split(" "),
  );
  const files = allowed.filter((path) => copied.some((source) => `${path}/`.startsWith(`${source}/`)));
  using image = new TemporaryFolder();
  for (const file of files) cpSync(join(project, file), join(image.path, file), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(image.path, "node_modules"));
  const entry: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(stage)?.[1] ?? "[]");
  const command = entry.map((part) => part.replace("/app", image.path));
  const { stdout } = Bun.spawnSync([...command, "--version"], { cwd: "/" });
  expect(stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);

  expect(read("deploy/classic-chatbox.service")).toContain("/classic-chatbox/scripts/start.mjs\n");
  const packed: string[] = JSON.parse(read("package.json")).files;
  // What npm packs of itself.
  const inPackage = ["package.json", ...packed.map((each) => each.replace(/^\//, ""))];
  for (const file of files) expect(inPackage).toContain(file);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s stops the server, and start waits for it",
  async (signal) => {
    const child = spawn(makeCheckout(), "start.mjs", ["serve"]);
    let out = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk;
      if (out === "ready\n") child.kill(signal);
    }
    expect(out).toBe(`ready\nstopped by ${signal}\n`);
    expect(await child.exited).toBe(0);
  },
);

test("when the start is killed without warning, the server ends too", async () => {
  const child = spawn(makeCheckout(), "start.mjs", ["serve"]);
  let out = "";
  // The loop ends when the last process that holds the pipe is gone.
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += chunk;
    child.kill("SIGKILL");
  }
  expect(out).toBe("ready\n");
});

/** Starts the server by npm in a terminal of its own. `noted` waits until the server has noted something. */
async function startInTerminal(command: string) {
  const root = makeCheckout();
  // The npm that starts it is the real one.
  await run(root, "install.mjs", ["--omit=dev"]);
  const scripts = { start: "exec node scripts/start.mjs" };
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module", scripts }));
  const npm = Bun.spawn(["sh", "-c", command], {
    cwd: root,
    env: { ...process.env, _: "", BUN: process.execPath },
    terminal: { cols: 80, rows: 24 },
  });
  const noted = async (pattern: RegExp) => {
    for (;;) {
      const notes = join(root, "src", "cli", "notes");
      const found = existsSync(notes) && pattern.exec(readFileSync(notes, "utf8"));
      if (found) return found;
      await Bun.sleep(50);
    }
  };
  return { npm, noted };
}

test("by npm start, the server ends with the terminal", async () => {
  const { npm, noted } = await startInTerminal("exec npm start -- serve");
  await noted(/serves as/);
  npm.terminal?.close();
  await noted(/stopped by/);
  await npm.exited;
});

test.each([
  "exec nohup npm start -- serve",
  // As a script that nohup runs, when its input and output lead elsewhere.
  'trap "" HUP; npm start -- serve </dev/null >log 2>&1; true',
])("by %s the server goes on without the terminal and npm, and can be stopped", async (command) => {
  const { npm, noted } = await startInTerminal(command);
  const [, pid] = await noted(/serves as (\d+)/);
  npm.terminal?.close();
  // As an interactive shell tells its jobs.
  process.kill(-npm.pid, "SIGHUP");
  await npm.exited;
  // Longer than the search for npm takes to notice.
  await Bun.sleep(2_500);
  process.kill(Number(pid), "SIGTERM");
  const [, signal] = await noted(/stopped by (\w+)/);
  expect(signal).toBe("SIGTERM");
});

const passing = 'import { test } from "bun:test";\ntest("one", () => {});\ntest.skip("two", () => {});\n';
const failing = 'import { test } from "bun:test";\ntest("one", () => { throw new Error("no"); });\n';
const broken = 'import "./missing.ts";\n';

const runs: readonly (readonly [last: string, code: number, file: string])[] = [
  ["1 passed, 0 failed", 0, passing],
  ["0 passed, 1 failed", 1, failing],
  ["0 passed, 1 failed", 1, broken],
];

test("all tests run side by side: each file's output is in one piece, and what went wrong is named at the end and counted", async () => {
  const root = makeCheckout();
  const files = {
    "a/broken.test.ts": broken,
    "b/crash.test.ts":
      'import { test } from "bun:test";\ntest("one", () => process.kill(process.pid, "SIGKILL"));\n',
    "c/failing.test.ts": failing,
    "d/passing.test.ts": passing,
    "d/also-passing.test.ts": passing,
    "d/no-test.ts": broken,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, "tests", path)), { recursive: true });
    writeFileSync(join(root, "tests", path), text);
  }
  // No test here asks for a database, so none needs to be started.
  const { code, out } = await run(root, "test.mjs", [], { DATABASE_URL: "postgres://127.0.0.1:1/none" });
  const lines = out.trimEnd().split("\n");
  expect(lines.at(-1)).toBe("2 passed, 3 failed");
  expect(code).not.toBe(0);
  expect(
    lines
      .slice(-5, -1)
      .map((line) => line.replace(/ \[.*|\d+$/, ""))
      .toSorted(),
  ).toEqual([
    "./tests/a/broken.test.ts: exited with code ",
    "./tests/b/crash.test.ts: exited with code ",
    "./tests/c/failing.test.ts: (fail) one",
    "./tests/c/failing.test.ts: exited with code ",
  ]);
  const headings = lines.filter((line) => /^tests\/.*:$/.test(line));
  expect(headings.toSorted()).toEqual(
    Object.keys(files)
      .filter((path) => path.endsWith(".test.ts"))
      .map((path) => `tests/${path}:`)
      .toSorted(),
  );
});

test.each(runs)("a test run ends with the line '%s' and exit code %d", async (last, expectedCode, file) => {
  const root = makeCheckout();
  mkdirSync(join(root, "tests"));
  writeFileSync(join(root, "tests", "a.test.ts"), file);
  writeFileSync(join(root, "tests", "b.test.ts"), failing);
  const { code, out } = await run(root, "test.mjs", ["tests/a"]);
  expect(out.trimEnd().split("\n").at(-1)).toBe(last);
  expect(code).toBe(expectedCode);
});

// @ts-check
// `npm run build [FOLDER]` builds the client's package in FOLDER (default: packages/client): it compiles the client and the
// protocol as ES modules and as CommonJS, each with its own types.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const bun = await install({ dev: true });
const home = join(root, "packages", "client");
const folder = resolve(process.argv[2] ?? home);
const types = join(folder, "types");
for (const each of ["esm", "cjs"]) rmSync(join(folder, each), { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const file of ["package.json", "README.md"])
  if (folder !== home) cpSync(join(home, file), join(folder, file));
cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
/** @type {string[][]} */
const steps = [
  [bun, ...ownSettings, "scripts/bundle.ts", folder],
  [process.execPath, tsc, "-p", "scripts/types.json", "--outDir", types],
];
for (const [program = "", ...args] of steps) {
  const { code, interrupted } = await run(program, args, { cwd: root });
  if (interrupted) process.exit(code);
  if (code !== 0) fail("the build failed; see the messages above.");
}

// In declarations tsc keeps the file names of the sources. Not every consumer can import a .ts file.
for (const path of readdirSync(types, { recursive: true, encoding: "utf8" })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(types, path);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
}

// The package.json of its folder says which kind of module a .js file is, and so which kind its types describe.
for (const [format, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  cpSync(types, join(folder, String(format), "types"), { recursive: true });
  writeFileSync(join(folder, String(format), "package.json"), `${JSON.stringify({ type })}\n`);
}
rmSync(types, { recursive: true });

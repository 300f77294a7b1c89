// @ts-check
// `npm run build [FOLDER]`: makes the client's package in FOLDER, packages/client unless told: it compiles the client and the
// protocol as ES modules and as CommonJS, each with types of its own.
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
  if (code !== 0) fail("the build failed; it says why above.");
}

// In declarations tsc leaves the names of files as they are in the sources. Not every consumer may import a .ts file.
for (const path of readdirSync(types, { recursive: true, encoding: "utf8" })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(types, path);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
}

// What a file of the name .js is, its folder says; and so of what kind of module its types are.
for (const [format, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  cpSync(types, join(folder, String(format), "types"), { recursive: true });
  writeFileSync(join(folder, String(format), "package.json"), `${JSON.stringify({ type })}\n`);
}
rmSync(types, { recursive: true });

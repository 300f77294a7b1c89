// @ts-check
// `npm run build [FOLDER]`: compiles the client SDK and the protocol into FOLDER, dist unless told, with their types.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const bun = await install({ dev: true });
const folder = resolve(process.argv[2] ?? join(root, "dist"));
rmSync(folder, { recursive: true, force: true });

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
/** @type {string[][]} */
const steps = [
  [bun, ...ownSettings, "scripts/bundle.ts", folder],
  [process.execPath, tsc, "-p", "scripts/types.json", "--outDir", join(folder, "types")],
];
for (const [program = "", ...args] of steps) {
  const { code, interrupted } = await run(program, args, { cwd: root });
  if (interrupted) process.exit(code);
  if (code !== 0) fail("the build failed; it says why above.");
}

// In declarations tsc leaves the names of files as they are in the sources. Not every consumer may import a .ts file.
const types = join(folder, "types");
for (const path of readdirSync(types, { recursive: true, encoding: "utf8" })) {
  if (!path.endsWith(".d.ts")) continue;
  const file = join(types, path);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
}

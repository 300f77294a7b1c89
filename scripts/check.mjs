// @ts-check
// `npm run check` checks everything that can be checked without running the program. `npm run fix` repairs the format.
import { join } from "node:path";
import { run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const bun = [await install({ dev: true }), ...ownSettings];
const biome = [process.execPath, join(root, "node_modules", "@biomejs", "biome", "bin", "biome"), "check"];
const tsc = [process.execPath, join(root, "node_modules", "typescript", "bin", "tsc")];

/** @type {Record<string, string[]>} */
const checks = {
  "format and lint": [...biome, "--error-on-warnings"],
  types: tsc,
  "types of the scripts": [...tsc, "-p", "scripts"],
  "import directions": [...bun, "scripts/imports.ts"],
  "size of the client": [...bun, "scripts/bundle.ts", "--size"],
  "size of the page": [...bun, "scripts/page-size.ts"],
};
/** @type {Record<string, string[]>} */
const fixes = { "format and lint": [...biome, "--write"] };

const results = [];
for (const [name, [program = "", ...args]] of Object.entries(process.argv[2] === "--fix" ? fixes : checks)) {
  const startMs = performance.now();
  const { code, interrupted } = await run(program, args, { cwd: root });
  if (interrupted) process.exit(code);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  results.push({ code, line: `${code === 0 ? "ok    " : "FAILED"}  ${name} (${seconds} s)` });
}
console.log(results.map(({ line }) => line).join("\n"));
process.exit(results.some(({ code }) => code !== 0) ? 1 : 0);

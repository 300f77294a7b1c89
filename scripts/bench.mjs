// @ts-check
// `npm run bench` installs what is missing, then measures. For its options see `npm run bench -- --help`.
import { join } from "node:path";
import { fail, run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const bun = await install({ dev: true });
const main = join(root, "bench", "main.ts");
const { code } = await run(bun, ["--no-orphans", ...ownSettings, main, ...process.argv.slice(2)]).catch(
  (error) =>
    fail(`${bun} does not run on this system (${error.message}); delete node_modules and try again.`),
);
process.exit(code);

#!/usr/bin/env node
// @ts-check
// `npm start`: installs what is missing, then runs the command line with the arguments given.
import { join } from "node:path";
import { fail, run } from "./child.mjs";
import { install, root } from "./install.mjs";

const bun = await install({ dev: false });
const main = join(root, "src", "cli", "main.ts");
// --no-orphans: the server must not outlive this process, even one that was killed without warning.
const { code } = await run(bun, ["--no-orphans", main, ...process.argv.slice(2)]).catch((error) =>
  fail(`${bun} does not run on this system (${error.message}); delete node_modules and try again.`),
);
process.exit(code);

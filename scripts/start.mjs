#!/usr/bin/env node
// @ts-check
// `npm start` installs what is missing, then runs the command line with the given arguments.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fail, run, staysBehind } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

// The server tells the operator when this version gets no more updates.
process.env.CLASSIC_CHATBOX_NODE = process.version;
const bun = await install({ dev: false });
const command = [...ownSettings, join(root, "src", "cli", "main.ts"), ...process.argv.slice(2)];

// If Node can do it, the server replaces this process, which saves memory. Not with nohup: the server would end with the
// terminal. Node would crash if the program did not run, so that is tried first.
if (
  process.execve !== undefined &&
  process.platform !== "win32" &&
  !staysBehind &&
  spawnSync(bun, ["--version"]).status === 0
) {
  process.execve(bun, [bun, ...command]);
}

// --no-orphans: the server must not outlive this process, even if this process is killed without warning.
const { code } = await run(bun, ["--no-orphans", ...command]).catch((error) =>
  fail(`${bun} does not run on this system (${error.message}); delete node_modules and try again.`),
);
process.exit(code);

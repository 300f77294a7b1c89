// @ts-check
// `npm run release` makes everything of a release in dist/; `npm run release -- --only linux-x64` only one of the executables.
import { fail, run } from "./child.mjs";
import { install, ownSettings, root } from "./install.mjs";

const bun = await install({ dev: true });
const { code, interrupted } = await run(
  bun,
  [...ownSettings, "scripts/release.ts", ...process.argv.slice(2)],
  { cwd: root },
);
if (!interrupted && code !== 0) fail("the release is not complete; see the messages above.");
process.exit(code);

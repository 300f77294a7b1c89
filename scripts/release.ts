/**
 * Makes a release in dist/: single executables, the npm packages, an SBOM, a statement of provenance, and the checksums of all
 * of them. `--only linux-x64` makes only the executable for one system, and `--folder DIR` puts everything elsewhere.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeExecutable, prebuiltPage } from "./executable.ts";
import { run, runtimeFor, SYSTEMS, type System } from "./runtimes.ts";
import { checksums, provenanceOf, softwareBill } from "./statements.ts";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({ options: { only: { type: "string" }, folder: { type: "string" } } });
const folder = resolve(values.folder ?? join(root, "dist"));
const systems = SYSTEMS.filter(({ name }) => values.only === undefined || name === values.only);
if (systems.length === 0) {
  console.error(`--only takes one of ${SYSTEMS.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const page = await prebuiltPage();
const made: string[] = [];
const runtimes: { name: string; sha256: string }[] = [];
let isWhole = true;
for (const system of systems) await executable(system);
if (values.only === undefined) await packages();
writeFileSync(join(folder, "sbom.cdx.json"), await softwareBill(root));
made.push("sbom.cdx.json");
writeFileSync(join(folder, "provenance.json"), await provenanceOf(root, folder, made, runtimes));
writeFileSync(join(folder, "SHA256SUMS"), await checksums(folder, [...made, "provenance.json"]));
console.log(await Bun.file(join(folder, "SHA256SUMS")).text());
process.exit(isWhole ? 0 : 1);

async function executable(system: System): Promise<void> {
  const { name, target } = system;
  const file = `classic-chatbox-${name}${name.startsWith("windows") ? ".exe" : ""}`;
  try {
    const runtime = await runtimeFor(root, system);
    await makeExecutable({ target, runtime: runtime.path, outfile: join(folder, file) }, page);
    runtimes.push({ name: runtime.name, sha256: runtime.sha256 });
    made.push(file);
    console.error(`made ${file}`);
  } catch (error) {
    // The others are of use all the same.
    isWhole = false;
    console.error(`${file} could not be made: ${error instanceof Error ? error.message : error}`);
  }
}

/** The server's package and the client's. */
async function packages(): Promise<void> {
  const client = join(folder, "client");
  await run(["node", "scripts/build.mjs", client], root);
  for (const from of [root, client]) {
    const [{ filename = "" } = {}] = JSON.parse(
      await run(["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder], from),
    );
    made.push(filename);
    console.error(`made ${filename}`);
  }
  rmSync(client, { recursive: true });
}

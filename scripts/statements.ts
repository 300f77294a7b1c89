/** What a release says of itself, so that two builds of the same sources say the same. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";
import { run } from "./runtimes.ts";

/** What is needed to run: an SBOM in CycloneDX, as npm makes it, without the time and the random number of its making. */
export async function softwareBill(root: string): Promise<string> {
  const bill = JSON.parse(await run(["npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev"], root));
  const { timestamp: _, component, ...metadata } = bill.metadata;
  // npm names it after the folder.
  const named = { ...component, type: "application", name: manifest.name };
  const { serialNumber: __, ...rest } = bill;
  return `${JSON.stringify({ ...rest, metadata: { ...metadata, component: named } }, null, 2)}\n`;
}

/**
 * What was made, from what, and how: an in-toto statement with the predicate of SLSA. It is not signed: whoever signs it says
 * that it is true.
 *
 * @param runtimes programs that are part of executables
 */
export async function provenanceOf(
  root: string,
  folder: string,
  files: readonly string[],
  runtimes: readonly { readonly name: string; readonly sha256: string }[],
): Promise<string> {
  const subject = [];
  for (const name of files) subject.push({ name, digest: { sha256: await sumOf(join(folder, name)) } });
  const commit = await run(["git", "rev-parse", "HEAD"], root).catch(() => "");
  const changes = await run(["git", "status", "--porcelain"], root).catch(() => "");
  const sources = commit === "" ? [] : [{ name: "sources", digest: { gitCommit: commit.trim() } }];
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject,
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:classic-chatbox:npm-run-release:1",
        externalParameters: { version: manifest.version, hasUncommittedChanges: changes !== "" },
        resolvedDependencies: [
          ...sources,
          { name: "package-lock.json", digest: { sha256: await sumOf(join(root, "package-lock.json")) } },
          ...runtimes.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
        ],
      },
      runDetails: {
        builder: {
          id: "urn:classic-chatbox:own-machine",
          version: { bun: Bun.version, system: `${process.platform}-${process.arch}` },
        },
      },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

/** As `sha256sum` checks them. */
export async function checksums(folder: string, files: readonly string[]): Promise<string> {
  const lines = [];
  for (const name of files.toSorted()) lines.push(`${await sumOf(join(folder, name))}  ${name}\n`);
  return lines.join("");
}

async function sumOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** Bun's programs for all systems of a release. They are packages of npm, whose hashes are in the lockfile. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar";

export interface System {
  /** As it is called in the name of the executable. */
  readonly name: string;
  readonly target: Bun.Build.CompileTarget;
  /** The package with Bun's program. */
  readonly runtime: string;
}

export const SYSTEMS: readonly System[] = [
  { name: "linux-x64", target: "bun-linux-x64", runtime: "@oven/bun-linux-x64" },
  { name: "linux-arm64", target: "bun-linux-arm64", runtime: "@oven/bun-linux-aarch64" },
  { name: "macos-arm64", target: "bun-darwin-arm64", runtime: "@oven/bun-darwin-aarch64" },
  { name: "macos-x64", target: "bun-darwin-x64", runtime: "@oven/bun-darwin-x64" },
  { name: "windows-x64", target: "bun-windows-x64", runtime: "@oven/bun-windows-x64" },
];

/** Finds a program, or downloads it. Rejects if that is not possible, or if it is not what the lockfile says. */
export async function runtimeFor(
  root: string,
  { runtime }: System,
): Promise<{ readonly name: string; readonly path: string; readonly sha256: string }> {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { version, integrity } = lock.packages[`node_modules/${runtime}`];
  const folder = join(root, "node_modules", ".cache", "runtimes", `${runtime.replace("/", "-")}-${version}`);
  if (programIn(folder) === undefined) await download(`${runtime}@${version}`, integrity, folder);
  const path = programIn(folder);
  if (path === undefined) throw new Error(`${runtime} has no program`);
  const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(path).arrayBuffer());
  return { name: `${runtime}@${version}`, path, sha256: hash.digest("hex") };
}

function programIn(folder: string): string | undefined {
  return ["bun", "bun.exe"]
    .map((name) => join(folder, "package", "bin", name))
    .find((path) => existsSync(path));
}

async function download(spec: string, integrity: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await run(["npm", "pack", spec, "--pack-destination", folder], folder);
    const [name = ""] = readdirSync(folder);
    const file = join(folder, name);
    const hash = new Bun.CryptoHasher("sha512").update(await Bun.file(file).arrayBuffer());
    if (`sha512-${hash.digest("base64")}` !== integrity)
      throw new Error(`${spec} is not what the lockfile says`);
    await extract({ file, cwd: folder });
    rmSync(file);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs a program, and resolves to what it prints. Rejects with its message if it fails. */
export async function run(command: string[], cwd: string): Promise<string> {
  const child = Bun.spawn(command, { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (child.exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")} failed: ${err.trim()}`);
  return out;
}

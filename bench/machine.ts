import { cpus, release, totalmem } from "node:os";
import { mostOpenFiles } from "./process.ts";
import type { Machine } from "./results.ts";

/** Sockets and files besides those of the largest crowd. */
const SPARE_FILES = 500;

/** Describes the machine on which the figures are measured. */
export function machine(): Machine {
  const [processor] = cpus();
  const { npm_node_execpath: node = "node" } = process.env;
  return {
    processor: processor?.model ?? "unknown",
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // The first two numbers; the rest names a particular build.
    kernel: `Linux ${release().split(".").slice(0, 2).join(".")}`,
    bun: Bun.version,
    node: Bun.spawnSync([node, "--version"]).stdout.toString().trim().replace("v", ""),
  };
}

/** A sentence that says why the benchmark cannot run here; null if it can. */
export function hindrance(clients: number): string | null {
  if (process.platform !== "linux") {
    return `The benchmark reads CPU and memory from /proc, so it runs only on Linux, not on ${process.platform}.`;
  }
  const needed = clients + SPARE_FILES;
  if (mostOpenFiles() < needed) {
    return (
      `The benchmark opens up to ${clients} connections per process, but this system allows only ${mostOpenFiles()} open files: ` +
      `raise the hard limit (ulimit -Hn) to at least ${needed}.`
    );
  }
  return null;
}

/** The disk under the history. */
import { closeSync, existsSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorReason } from "../../engine/local/fault.ts";
import { about, type Finding, msText } from "./finding.ts";

const GIB = 1024 ** 3;
const FREE_WARNING_BYTES = GIB;
const FREE_FAULT_BYTES = GIB / 10;
const SYNCS = 20;
const SYNC_BYTES = 4096;
const SLOW_MS = 20;

/** Linux's numbers of file systems (statfs(2)), and what to know of those that do not suit a history. */
const KINDS: Readonly<Record<number, readonly [name: string, trouble: string]>> = {
  61267: ["ext4", ""],
  1481003842: ["XFS", ""],
  2435016766: ["Btrfs", ""],
  801189825: ["ZFS", ""],
  4076150800: ["F2FS", ""],
  16914836: ["tmpfs", "it is in memory, and gone after a restart of the machine"],
  2035054128: ["overlay", "it belongs to a container, and is gone with it"],
  26985: ["NFS", "locks and syncs of network file systems are not to be relied on"],
  4266872130: ["SMB", "locks and syncs of network file systems are not to be relied on"],
  4283649346: ["CIFS", "locks and syncs of network file systems are not to be relied on"],
};

/** @param dataFile the history of the main room, which need not exist */
export function diskFindings(dataFile: string): Finding[] {
  const { unknown } = about("disk");
  let folder = dirname(dataFile);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return [kindFinding(folder, type), roomFinding(bavail * bsize), syncFinding(folder)];
  } catch (error) {
    return [
      unknown(`the folder ${folder} cannot be used: ${errorReason(error)}`, "Run this as the server's user."),
    ];
  }
}

function kindFinding(folder: string, type: number): Finding {
  const { ok, warning } = about("disk");
  const [name, trouble] = KINDS[type] ?? ["of another kind", ""];
  return trouble === ""
    ? ok(`the file system of ${folder} is ${name}`)
    : warning(`the file system of ${folder} is ${name}: ${trouble}`, "Put --data on a local disk.");
}

/** @param bytes that the server's user may still write */
export function roomFinding(bytes: number): Finding {
  const { ok, warning, fault } = about("disk space");
  const text = `${(bytes / GIB).toFixed(1)} GiB are free`;
  const todo = "Make room, or lower --max-history.";
  if (bytes < FREE_FAULT_BYTES) return fault(text, todo);
  return bytes < FREE_WARNING_BYTES ? warning(text, todo) : ok(text);
}

function syncFinding(folder: string): Finding {
  const { ok, warning } = about("disk sync");
  const file = join(folder, `.doctor-${process.pid}`);
  const times: number[] = [];
  const descriptor = openSync(file, "wx", 0o600);
  try {
    for (let i = 0; i < SYNCS; i++) {
      const begunAt = performance.now();
      writeSync(descriptor, Buffer.alloc(SYNC_BYTES, i));
      fdatasyncSync(descriptor);
      times.push(performance.now() - begunAt);
    }
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
  const [median = 0] = times.toSorted((a, b) => a - b).slice(SYNCS / 2);
  const text = `a sync takes ${msText(median)}, and ${msText(Math.max(...times))} at worst`;
  return median > SLOW_MS
    ? warning(
        text,
        "Everybody waits that long for a message. A quicker disk helps, or --fsync batch, which risks a second.",
      )
    : ok(text);
}

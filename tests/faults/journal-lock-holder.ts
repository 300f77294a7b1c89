// Locks the file that is named, says "held" or why not, and holds the lock until its input ends.
import { lockFile } from "../../src/engine/local/lock.ts";

const path = process.argv[2] ?? "";
try {
  lockFile(path);
  // A lock that nothing refers to any more must hold all the same.
  Bun.gc(true);
  console.log("held");
  await Bun.stdin.text();
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}

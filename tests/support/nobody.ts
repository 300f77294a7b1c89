/** Programs that run without rights, also if the tests run as root. */
import { join } from "node:path";

const PROJECT = join(import.meta.dir, "../..");
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/** What a command begins with to run as nobody in particular. Where only root can read the project, it has to run as root. */
export const AS_NOBODY: readonly string[] = process.getuid?.() === 0 && canRead() ? NOBODY : [];

function canRead(): boolean {
  return Bun.spawnSync([...NOBODY, "test", "-r", join(PROJECT, "package.json")]).exitCode === 0;
}

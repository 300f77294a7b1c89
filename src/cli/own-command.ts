import { basename } from "node:path";

/** Where the modules of a single executable are, on Windows and elsewhere. */
const EMBEDDED = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/** Whether this program is a single executable, rather than sources that a Bun beside them runs. */
const IS_EXECUTABLE = EMBEDDED.test(Bun.main);

/** How people start it, in sentences for them. */
export const PROGRAM = IS_EXECUTABLE ? basename(process.execPath) : "npm start --";

/** How this program is started, without arguments. */
export function ownCommand(): string[] {
  return IS_EXECUTABLE ? [process.execPath] : [process.execPath, ...process.execArgv, Bun.main];
}

/** Where the modules of a single executable are, on Windows and elsewhere. */
const EMBEDDED = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/** Whether this program is a single executable, rather than sources that a Bun beside them runs. */
export const IS_EXECUTABLE = EMBEDDED.test(Bun.main);

/** How this program is started, without arguments. */
export function ownCommand(): string[] {
  return IS_EXECUTABLE ? [process.execPath] : [process.execPath, ...process.execArgv, Bun.main];
}

/** What Bun calls the file of a program that is compiled into its executable. */
const EMBEDDED = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/i;

/** The words that start this very command as another process, which does not outlive this one. */
export function ownCommand(): string[] {
  return EMBEDDED.test(Bun.main)
    ? [process.execPath]
    : [process.execPath, "--no-orphans", ...process.execArgv, Bun.main];
}

/** The variables of this process without those that are settings of a server. */
export function withoutSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !entry[0].startsWith("CHATBOX_") && entry[0] !== "DATABASE_URL",
    ),
  );
}

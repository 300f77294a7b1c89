import { join, parse, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Settings } from "../server/settings.ts";
import type { BackupCommand } from "./backup.ts";
import type { Flags } from "./option-table.ts";

const HOUR_MS = 60 * 60 * 1000;
/** With more, the time of the next one could not be calculated. */
const MAX_HOURS = 24 * 36_500;

/** Adds the commands about all that is stored. @param choose called with the one that was given */
export function addBackupCommands(command: Command, choose: (chosen: BackupCommand) => void): void {
  command
    .command("backup <file>")
    .description("write everything that the chat has stored into one compressed file, while it runs")
    .action((file: string) => choose({ kind: "backup", file }));
  command
    .command("restore <file>")
    .description("put what a backup has in place of what --data or the database has; no server may run")
    .addOption(new Option("--replace", "replace a chat that is there; what it had is kept beside it"))
    .action((file: string, { replace }: { replace?: boolean }) =>
      choose({ kind: "restore", file, replaces: replace ?? false }),
    );
  command
    .command("upgrade")
    .description("say what the first start of this version does to what is stored, or undo it")
    .addOption(new Option("--check", "rehearse it on a copy, whether or not a server runs"))
    .addOption(
      new Option("--back", "let the version before start again, with all that was stored since").conflicts(
        "check",
      ),
    )
    .action(({ check, back }: { check?: boolean; back?: boolean }) => {
      if (!check && !back) throw new InvalidArgumentError("Say what to do: --check or --back.");
      choose({ kind: check ? "check-upgrade" : "undo-upgrade" });
    });
}

/** When and where the server makes backups; null if it makes none. */
export function backupsOf(flags: Flags): Settings["backups"] {
  const { backupEvery, backupFolder, backupKeep, data } = flags;
  if (backupEvery === undefined) return null;
  const { dir, name } = parse(resolve(data));
  return {
    everyMs: Math.min(backupEvery, MAX_HOURS) * HOUR_MS,
    folder: backupFolder ?? join(dir, `${name}.backups`),
    keep: backupKeep,
  };
}

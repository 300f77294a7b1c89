import { resolve } from "node:path";
import { DatabaseHistories } from "../engine/moving/database-histories.ts";
import { FileSource, FileTarget } from "../engine/moving/file-histories.ts";
import {
  DatabaseModeration,
  FileModeration,
  type MovedModeration,
  moveModeration,
} from "../engine/moving/moderation.ts";
import { type HistorySource, type HistoryTarget, type Moved, move } from "../engine/moving/move.ts";
import { DatabasePeople, FilePeople, type MovedPeople, movePeople } from "../engine/moving/people.ts";
import {
  DatabaseWebhooks,
  FileWebhooks,
  type MovedWebhooks,
  moveWebhooks,
} from "../engine/moving/webhooks.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import type { Settings } from "../server/settings.ts";
import { counted } from "./count.ts";

const BAR_CHARACTERS = 30;

/** What to move: between a file and the place where the settings say the history is. */
export interface Move {
  readonly kind: "import" | "export";
  readonly file: string;
}

/**
 * Copies histories and reports what was copied.
 *
 * @throws MoveError, JournalError or DatabaseError with one sentence
 */
export async function runMove({ kind, file }: Move, settings: Settings): Promise<void> {
  const timestamps = new TimestampFormat(settings.timestamp, settings.timezone);
  const timeOf = (timestamp: string) => timestamps.parse(timestamp);
  const path = resolve(file);
  const { database, dataFile } = settings;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(histories: T): T => {
    opened.push(histories);
    return histories;
  };
  try {
    let source: HistorySource;
    let target: HistoryTarget;
    if (kind === "import") {
      source = keep(new FileSource(path, timeOf));
      if (database === null) target = keep(new FileTarget(dataFile, timeOf));
      else {
        const histories = keep(await DatabaseHistories.open(database));
        await histories.refuseServers();
        target = histories;
      }
    } else {
      source = keep(
        database === null ? new FileSource(dataFile, timeOf) : await DatabaseHistories.snapshot(database),
      );
      target = keep(new FileTarget(path, timeOf));
    }
    report(kind, await move(source, target, showProgress));
    const beside = new FilePeople(path);
    const here = database === null ? new FilePeople(dataFile) : new DatabasePeople(database);
    reportPeople(kind === "import" ? await movePeople(beside, here) : await movePeople(here, beside));
    const moderationBeside = new FileModeration(path);
    const moderation = database === null ? new FileModeration(dataFile) : new DatabaseModeration(database);
    reportModeration(
      kind === "import"
        ? await moveModeration(moderationBeside, moderation)
        : await moveModeration(moderation, moderationBeside),
    );
    const webhooksBeside = new FileWebhooks(path);
    const webhooks = database === null ? new FileWebhooks(dataFile) : new DatabaseWebhooks(database);
    reportWebhooks(
      kind === "import"
        ? await moveWebhooks(webhooksBeside, webhooks)
        : await moveWebhooks(webhooks, webhooksBeside),
    );
  } finally {
    for (const histories of opened.reverse()) await histories.close();
  }
}

/** Shown on a terminal only: it would fill a log. */
function showProgress(room: string, messages: number, fraction: number): void {
  if (!process.stderr.isTTY) return;
  const done = Math.round(fraction * BAR_CHARACTERS);
  const bar = "#".repeat(done) + ".".repeat(BAR_CHARACTERS - done);
  process.stderr.write(
    `\r[${bar}] ${Math.round(fraction * 100)} %  ${counted(messages, "message")} in ${room}  `,
  );
  if (fraction >= 1) process.stderr.write("\n");
}

function report(kind: Move["kind"], { rooms, messages, added, checksum }: Moved): void {
  const what = `${counted(messages, "message")} in ${counted(rooms, "room")}, ${added} of them new`;
  process.stdout.write(
    `${kind === "import" ? "Imported" : "Exported"}: ${what}.\nChecksum: sha256 ${checksum}\n`,
  );
}

function reportPeople(moved: MovedPeople): void {
  if (moved === "none") return;
  process.stdout.write(
    moved === "kept"
      ? "The roles and reserved nicknames were not copied: there are others already.\n"
      : `People: ${counted(moved.grants, "role")}, ${counted(moved.nicknames, "reserved nickname")}, ${counted(moved.tokens, "token")}.\n`,
  );
}

function reportModeration(moved: MovedModeration): void {
  if (moved === "none") return;
  if (moved === "kept") {
    process.stdout.write("What moderators have done was not copied: there is other moderation already.\n");
    return;
  }
  const { actions, settings, reports, held } = moved;
  const parts = [
    counted(actions, "action"),
    `${counted(settings, "room")} with settings`,
    counted(reports, "report"),
    counted(held, "held message"),
  ];
  process.stdout.write(`Moderation: ${parts.join(", ")}.\n`);
}

function reportWebhooks(moved: MovedWebhooks): void {
  if (moved === "none") return;
  process.stdout.write(
    moved === "kept"
      ? "The webhooks were not copied: there are others already, or they have come further.\n"
      : `Webhooks: ${moved.webhooks}.\n`,
  );
}

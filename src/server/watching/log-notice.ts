import type { Log } from "../log.ts";
import { NOTICE_RULES } from "./notice-rules.ts";
import { type Notice, type NoticeState, sentenceOf } from "./notices.ts";

/** Writes what becomes of a notice to the log, unless whoever has raised it does. */
export function logNotice(log: Pick<Log, "info" | "warn">, state: NoticeState, notice: Notice): void {
  const { kind, about } = notice;
  if (NOTICE_RULES[kind].isLoggedElsewhere) return;
  const fields = { category: "server", event: "notice", notice: kind, about, state } as const;
  if (state === "cleared") log.info(fields, `this is over: ${sentenceOf(notice)}`);
  else log.warn(fields, sentenceOf(notice));
}

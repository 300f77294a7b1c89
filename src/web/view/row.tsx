import type { Row } from "../store/room.ts";
import { dayOf, isOneGroup } from "../text/times.ts";
import { lazy } from "./lazy.tsx";
import { MessageLine } from "./message.tsx";
import { PeopleLine } from "./people-line.tsx";
import { SendingLine } from "./sending-line.tsx";
import { useRoomWords, useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

const ActionLine = lazy(async () => (await import("./notices.tsx")).ActionLine);
const IgnoredLine = lazy(async () => (await import("./notices.tsx")).IgnoredLine);

interface RowViewProps {
  readonly row: Row;
  readonly before: Row | undefined;
}

/** One row of the log, with the separators that belong above it, given the row before. */
export function RowView({ row, before }: RowViewProps) {
  const { room, settings } = useStores();
  // Days begin at other times in another time zone.
  timesOf(settings).value;
  const time = timeOf(row);
  const timeBefore = before ? timeOf(before) : null;
  const isNewDay = time !== null && (timeBefore === null || dayOf(time) !== dayOf(timeBefore));
  const isUnread =
    row.kind === "message" && row.message.id !== null && row.message.id === room.unread.firstId.value;
  const isAnew = row.kind === "message" && row.isNewHolder;
  const head =
    settings.compact.value || isNewDay || isUnread || isAnew || !continues(row, before, room.nickname.value);
  return (
    <>
      {isNewDay ? <DayLine time={time} /> : null}
      {isUnread ? <UnreadLine /> : null}
      <RowBody row={row} head={head} />
    </>
  );
}

function RowBody({ row, head }: Omit<RowViewProps, "before"> & { readonly head: boolean }) {
  const { room } = useStores();
  const words = useRoomWords();
  switch (row.kind) {
    case "message":
      return <MessageLine item={row} head={head} />;
    case "sending":
      return <SendingLine sending={row} name={room.nickname.value ?? ""} head={head} />;
    case "people":
      return <PeopleLine item={row} />;
    case "action":
      return <ActionLine item={row} />;
    case "ignored":
      return <IgnoredLine item={row} />;
    case "gap":
      return <p class="people-line">{words.gap(row.count)}</p>;
  }
}

function DayLine({ time }: { readonly time: number }) {
  const { room, settings, acting } = useStores();
  const words = useRoomWords();
  const day = timesOf(settings).value.day(time, Date.now());
  return (
    <p class="day">
      {room.state.value.kind === "refused" ? (
        <span>{day}</span>
      ) : (
        <button
          type="button"
          class="quiet"
          title={words.goToDate}
          aria-haspopup="dialog"
          onClick={() => {
            acting.value = { kind: "date", time };
          }}
        >
          {day}
        </button>
      )}
    </p>
  );
}

function UnreadLine() {
  const words = useRoomWords();
  return (
    <p class="unread">
      <span>{words.newMessages}</span>
    </p>
  );
}

function timeOf(row: Row): number | null {
  switch (row.kind) {
    case "message":
      return row.message.time;
    case "sending":
    case "people":
    case "action":
      return row.time;
    case "ignored":
      return row.messages[0] ? timeOf(row.messages[0]) : null;
    case "gap":
      return null;
  }
}

/** Whether a row continues the group of the row before it: the same author a few minutes later. */
function continues(row: Row, before: Row | undefined, nickname: string | null): boolean {
  if (!before || isOwn(row) !== isOwn(before)) return false;
  const sender = nicknameOf(row, nickname);
  if (sender === null || sender !== nicknameOf(before, nickname)) return false;
  return isOneGroup(timeOf(before), timeOf(row));
}

function nicknameOf(row: Row, nickname: string | null): string | null {
  if (row.kind === "message") return row.message.name;
  return row.kind === "sending" ? nickname : null;
}

/** Of two people who have had the same nickname, one may be the user. */
function isOwn(row: Row): boolean {
  return row.kind === "sending" || (row.kind === "message" && row.own);
}

/** Contents with more lines are folded. */
const LINES_MAX = 24;

/** The estimated height of a row, in CSS pixels. */
export function estimateHeight(row: Row, isCompact: boolean): number {
  switch (row.kind) {
    case "message":
      return (isCompact ? 24 : 44) + (isCompact ? 22 : 24) * linesOf(row.message.content);
    case "sending":
      return isCompact ? 44 : 60;
    case "people":
    case "action":
    case "ignored":
    case "gap":
      return isCompact ? 22 : 32;
  }
}

/** The estimated number of lines of a content after the first one, as far as they are shown. */
function linesOf(content: string): number {
  let lines = Math.floor(content.length / 90);
  for (let at = content.indexOf("\n"); at >= 0 && lines < LINES_MAX; at = content.indexOf("\n", at + 1))
    lines++;
  return Math.min(LINES_MAX, lines);
}

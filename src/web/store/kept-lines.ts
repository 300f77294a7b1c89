/** Keeps who came and went, and what moderators did, over a reload of the tab: no history has these lines. */
import { attempt, fieldsOf, integerOf, listOf, parseFrames, textOf, wellFormed } from "../../client/frame.ts";
import { keepNewest, type ListableStorage } from "./browser-storage.ts";
import type { Line } from "./item.ts";
import type { LogStore } from "./log.ts";
import type { PeopleChanges, Summary } from "./roster-changes.ts";

const KEY = "classic-chatbox.lines:";
/** The rooms of a tab whose lines are kept. */
const ROOMS_MAX = 5;
/** In one room. A raid makes long lines. */
const CHARACTERS_MAX = 20_000;

/** Shows the lines that an earlier page of this tab has kept. @param ofTab `sessionStorage` */
export function bringBackLines(log: LogStore, ofTab: ListableStorage, room: string): void {
  const kept = attempt(() => JSON.parse(/^\d+ (.*)$/s.exec(ofTab.getItem(KEY + room) ?? "")?.[1] ?? ""));
  const lines = listOf(kept ?? []).flatMap((each, at) => attempt(() => lineOf(each, `k${at}`)) ?? []);
  if (lines.length > 0) log.bringBack(lines);
}

/** Keeps the newest lines for the next page of this tab. */
export function keepLines(log: LogStore, ofTab: ListableStorage, room: string): void {
  const texts: string[] = [];
  let left = CHARACTERS_MAX;
  for (const line of log.lines.toReversed()) {
    const text = JSON.stringify(keptOf(line));
    left -= text.length;
    if (left < 0) break;
    texts.push(text);
  }
  ofTab.setItem(KEY + room, `${Date.now()} [${texts.reverse()}]`);
  keepNewest(ofTab, KEY, ROOMS_MAX);
}

/** Forgets the lines of a room. */
export function dropLines(ofTab: ListableStorage, room: string): void {
  ofTab.removeItem(KEY + room);
}

function keptOf({ after, item }: Line): object {
  const { time } = item;
  if (item.kind === "action") return { after, time, action: item.action };
  const { cameAndWentUnnamed } = item.changes;
  return { after, time, people: item.changes.summary(), unnamed: cameAndWentUnnamed };
}

function lineOf(kept: unknown, key: string): Line | undefined {
  const { after, time, action, people, unnamed } = fieldsOf(kept);
  const common = { key, time: integerOf(time) };
  if (people !== undefined)
    return { after: textOf(after), item: { ...common, kind: "people", changes: changesOf(people, unnamed) } };
  const frame = { ...fieldsOf(action), type: "receive", datatype: "moderate" };
  const [read] = parseFrames(JSON.stringify(frame));
  return read?.kind === "event" && read.event.type === "moderated"
    ? { after: textOf(after), item: { ...common, kind: "action", action: read.event } }
    : undefined;
}

function changesOf(people: unknown, unnamed: unknown): PeopleChanges {
  const { joined, left, cameAndWent, retaken, renamed } = fieldsOf<Summary>(people);
  const summary: Summary = {
    joined: listOf(joined).map(textOf),
    left: listOf(left).map(textOf),
    cameAndWent: listOf(cameAndWent).map(textOf),
    retaken: listOf(retaken).map(textOf),
    renamed: wellFormed(renamed, ({ from, to }) => ({ from: textOf(from), to: textOf(to) })),
  };
  return { cameAndWentUnnamed: integerOf(unnamed), summary: () => summary };
}

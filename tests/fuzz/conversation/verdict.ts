import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { decodeRecord, encodeChange, isChange, MessageRecord } from "../../../src/engine/record.ts";
import type { LogLine } from "../../support/server.ts";
import type { Classic } from "./classic.ts";
import type { Gathering } from "./conversation.ts";
import { History, isSame, isSameMessage, type Seen, type StoredEvent, seenOf } from "./history.ts";
import { isIn, MARGIN_MS, type Order, tellOf } from "./orders.ts";
import type { Page } from "./page.ts";
import { type Change, MADE, type Person, REFUSED, type Sent, type Stay, UNDECIDED } from "./person.ts";
import { type Outings, overtakersAmong } from "./sent-order.ts";
import type { Story } from "./story.ts";
import { markOf, type Origin, originOf, senderOf } from "./text.ts";
import type { ToldRoom } from "./told.ts";
import type { Witness } from "./witness.ts";

/**
 * Holds all that the clients of a room saw, and were told, against what the server has stored.
 *
 * @param learned what those of version 2 had seen before they asked for the history in the end
 * @param lines what the servers logged
 * @returns how many own messages were told to be somebody else's, and how many changes are stored
 */
export function judge(
  gathering: Gathering,
  learned: ReadonlyMap<Classic, readonly Seen[]>,
  dataFile: string,
  lines: readonly LogLine[],
  story: Story,
): { readonly notOwned: number; readonly changes: number } {
  const { room, isBudgetSmall, people, program, told, witness } = gathering;
  const history = readHistory(room === undefined ? dataFile : roomFile(dataFile, room), story);
  const fault = (sentence: string) => story.fault(`${sentence}, in ${room ?? "the main room"}`);
  const histories = [history, ...story.pasts.map(({ held }) => held.get(room) ?? new History([], []))];
  const doubled = doubledIn(history, story, room);
  checkStored(history, gathering, lines, story, doubled, fault);
  checkChanges(history, story.orders.moderators, fault);
  checkOrders(history, room, story, fault);
  const seen = seenBy(witness, history);
  checkView("the witness", witness.view, seen, 0, isSame, fault);
  checkView("the witness, who asked again forwards,", witness.fresh.after, seen, 0, isSame, fault);
  checkView("the witness, who asked again backwards,", witness.fresh.before, seen, 0, isSame, fault);
  // After a backup it was told of the newest messages only.
  const start = seen.findIndex(({ id }) => id === program.view[0]?.id);
  checkView("the program", program.view, seen, story.pasts.length === 0 ? 0 : start, isSame, fault);
  checkTold(told, seen, witness, history, story, fault);
  for (const [classic, view] of learned) {
    checkLearned(classic.label, view, seen, isBudgetSmall, story, room, history, doubled, fault);
    checkClassicView(classic, seen, isBudgetSmall, fault);
  }
  for (const person of people) {
    checkPerson(person, histories, seen, witness.roster, fault);
    for (const stay of person.stays) checkChanged(stay, history, story, room, fault);
  }
  for (let epoch = 0; epoch <= story.pasts.length; epoch++)
    story
      .ledger(room)
      .check(
        epoch === story.pasts.length ? history : (histories[epoch + 1] ?? history),
        epoch,
        doubled,
        fault,
      );
  const stays = people.flatMap((person) => person.stays);
  return {
    notOwned: stays.reduce((sum, stay) => sum + notOwned(stay), 0),
    changes: history.changes.length,
  };
}

type Fault = (sentence: string) => void;

/**
 * The history that everybody must have seen. What was still on its way when all had said their last, on half-open connections or in
 * the queue of a server, may have come when everybody was gone: what it has changed is as the witness was told in the end.
 */
function seenBy(witness: Witness, history: History): readonly Seen[] {
  const late = new Set(history.changes.flatMap(({ id, of }) => (id > witness.fenceId ? [of] : [])));
  const told = new Map(witness.fresh.after.map((message) => [message.id, message]));
  return history.messages
    .slice(0, witness.view.length)
    .map((message) => (late.has(message.id ?? 0) ? (told.get(message.id) ?? message) : message));
}

function roomFile(dataFile: string, room: string): string {
  return join(dirname(dataFile), `${basename(dataFile, ".json")}.rooms`, `${room}.json`);
}

/** What is in a history file, which must be in its canonical form. */
function readHistory(path: string, story: Story): History {
  const text = readFileSync(path, "utf8");
  const parsed: unknown = JSON.parse(text);
  const events: StoredEvent[] = Array.isArray(parsed) ? parsed : [];
  const canonical = `[\n${events.map(lineOf).join(",\n")}\n]\n`;
  if (text !== canonical) story.fault(`${basename(path)} is not in its canonical form`);
  return History.of(events);
}

function lineOf(event: unknown): string {
  return isChange(event) ? encodeChange(event) : MessageRecord.of(decodeRecord(JSON.stringify(event))).text;
}

/** What must be true of all changes in a file, by themselves. */
function checkChanges(history: History, moderators: ReadonlySet<string>, fault: Fault): void {
  const keys = new Set<string>();
  const deleted = new Set<number>();
  const reactions = new Set<string>();
  for (const { kind, id, of, by, emoji, on, key } of history.changes) {
    const message = history.message(of);
    if (message === undefined) fault(`CHANGE-3 the ${kind} ${id} is stored, and its message ${of} is not`);
    const isModerators = moderators.has(by) && (kind === "delete" || (kind === "edit" && deleted.has(of)));
    if (kind !== "react" && message?.further.by !== by && !isModerators)
      fault(`CHANGE-4 the ${kind} ${id} of ${of} by ${by} is stored, whose author is ${message?.further.by}`);
    if (deleted.has(of) && !(isModerators && kind === "edit"))
      fault(`CHANGE-3 the ${kind} ${id} is stored after the deletion of ${of}`);
    if (kind === "edit") deleted.delete(of);
    if (kind === "delete") {
      deleted.add(of);
      for (const each of reactions) if (each.startsWith(`${of} `)) reactions.delete(each);
    }
    if (kind === "edit" && key !== undefined) {
      if (keys.has(key)) fault(`EDIT-2 the edit ${id} is stored for the second time`);
      keys.add(key);
    }
    if (kind !== "react") continue;
    const reaction = `${of} ${emoji} ${by}`;
    if (reactions.has(reaction) === on) fault(`REACT-3 the reaction ${id} changes nothing`);
    if (on) reactions.add(reaction);
    else reactions.delete(reaction);
  }
}

/** What became of the changes that one person asked for. */
function checkChanged(
  { changes, label }: Stay,
  history: History,
  story: Story,
  room: string | undefined,
  fault: Fault,
): void {
  const epoch = story.pasts.length;
  for (const change of changes) {
    const { kind, of, mark, author, by, outcome } = change;
    const told = `the ${kind} of ${of} by ${label}`;
    const message = of === null ? undefined : history.message(of);
    if (outcome?.code === "NotAllowed") {
      if (kind === "react") fault(`CHANGE-4 ${told} was not allowed`);
      if (author !== undefined && author === by && by === outcome.by && epoch === 0)
        fault(`CHANGE-4 ${told}, who is its author, was not allowed`);
    }
    if (outcome?.code === "UnknownMessage" && epoch === 0 && message && !history.wasDeleted(message.id ?? 0))
      fault(`CHANGE-3 ${told} was refused, and there is the message`);
    if (REFUSED.includes(outcome?.code ?? "") && mark !== null && story.ledger(room).hasShown(mark))
      fault(`REQ-9 ${told} was refused, and its text ${mark} was shown`);
  }
  // Of a message that has not gone out yet, and where another history came, less is certain.
  const certain = changes.filter((change) => change.of !== null && change.epoch === epoch);
  for (const all of Map.groupBy(certain, ({ of }) => of).values())
    checkResult(all, history, story, label, fault);
}

/** Those that came later may have been made without anybody's learning it; those that came before have no effect any more. */
function checkResult(
  changes: readonly Change[],
  history: History,
  story: Story,
  label: string,
  fault: Fault,
) {
  const isMade = ({ outcome }: Change) => outcome?.code === MADE;
  const isOpen = ({ outcome }: Change) => outcome === null || UNDECIDED.includes(outcome.code);
  const ends = changes.filter(({ kind }) => kind !== "react");
  const last = ends.findLastIndex(isMade);
  const possible = ends.slice(Math.max(0, last)).filter((each) => isMade(each) || isOpen(each));
  const of = changes[0]?.of ?? 0;
  const message = history.message(of);
  const isRemoved =
    message?.further.isDeleted && story.orders.moderators.has(history.rewrites(of).at(-1)?.by ?? "");
  if (last >= 0 && message === undefined) fault(`DUR-2 ${of}, which ${label} has changed, is lost`);
  if (message === undefined) return;
  const { isDeleted, reactions } = message.further;
  if (
    last >= 0 &&
    !isRemoved &&
    !possible.some(({ kind, mark }) => (isDeleted ? kind === "delete" : mark === markOf(message.content)))
  )
    fault(`DUR-2 ${of}, which ${label} has changed, is ${told(message)}`);
  for (const each of Map.groupBy(
    changes.filter(({ kind }) => kind === "react"),
    ({ emoji, by }) => `${emoji} ${by}`,
  ).values()) {
    const [first] = each;
    const newest = each.at(-1);
    // With a message its reactions are removed.
    if (history.wasDeleted(of) || !newest || !first || newest.by !== first.outcome?.by || !each.every(isMade))
      continue;
    const has = reactions.some(
      ({ emoji, by }) => emoji === newest.emoji && by.some((person) => person.by === newest.by),
    );
    if (has !== newest.isOn)
      fault(`REACT-1 ${label} has ${newest.isOn ? "" : "not "}reacted to ${of} with ${newest.emoji}`);
  }
}

/** What became of the orders of moderators, by what is stored. */
function checkOrders(history: History, room: string | undefined, story: Story, fault: Fault): void {
  const { orders } = story;
  const places = history.messages.map((message) => ({
    what: `message ${message.id}`,
    by: message.further.by ?? null,
    time: message.further.time,
    address: orders.addressOf(room, story.originOf(room, message)),
  }));
  const changes = history.changes
    .filter(({ kind }) => kind !== "delete")
    .map(({ kind, id, by, time }) => ({ what: `${kind} ${id}`, by, time, address: undefined }));
  const written = [...places, ...changes].filter(({ by }) => !orders.moderators.has(by ?? ""));
  for (const order of orders.all.filter((each) => isIn(each, room))) {
    if (order.what.kind === "remove") checkRemoval(order, order.what.of, history, story, fault);
    else {
      const from = (order.since ?? Number.POSITIVE_INFINITY) + MARGIN_MS;
      const to = Math.min(order.undoAskedAt ?? Number.POSITIVE_INFINITY, order.until) - MARGIN_MS;
      for (const { what, by, time, address } of written) {
        if (time > from && time < to && orders.hits(order, by, address))
          fault(`MOD-2 ${what} by ${by} at ${time} from ${address} is stored, in spite of ${tellOf(order)}`);
      }
    }
  }
}

/** A message that was removed is deleted, unless that was undone. With a backup it may come back. */
function checkRemoval(order: Order, of: number | null, history: History, story: Story, fault: Fault): void {
  const { reason, isAcknowledged, undoAskedAt, restored, epoch } = order;
  if (of === null || epoch !== story.pasts.length) return;
  const message = history.message(of);
  if (isAcknowledged && undoAskedAt === null && !history.wasDeleted(of))
    fault(`MOD-6 ${of} was removed by ${reason}, and is ${told(message)}`);
  const changes = history.rewrites(of);
  const removed = changes.findIndex(({ kind }) => kind === "delete");
  if (restored > 0 && !changes.slice(removed + 1).some(({ kind }) => kind === "edit"))
    fault(`MOD-6 the removal of ${of} by ${reason} was undone, and it is ${told(message)}`);
}

/**
 * The messages that may be stored twice: who is not known by the session any more, since a backup has none of it, is somebody else,
 * whose keys are others. A program is always the same.
 */
function doubledIn(history: History, story: Story, room: string | undefined): ReadonlySet<Origin> {
  if (!story.hasLostSessions) return new Set();
  const origins = history.messages.flatMap((message) => story.originOf(room, message) ?? []);
  const twice = origins.filter((origin, at) => origins.indexOf(origin) !== at);
  return new Set(twice.filter((origin) => senderOf(origin) !== "program"));
}

function checkStored(
  history: History,
  { room, people, classics, guests, program }: Gathering,
  lines: readonly LogLine[],
  story: Story,
  doubled: ReadonlySet<Origin>,
  fault: Fault,
): void {
  const isLost = (origin: Origin) => story.isLost(room, origin);
  const places = new Map<Origin, number>();
  for (const [place, message] of history.messages.entries()) {
    const origin = story.originOf(room, message);
    if (origin === null || senderOf(origin) === "witness") continue;
    if (places.has(origin) && !doubled.has(origin))
      fault(`KEY-2 ${origin} is stored twice, the second time as ${message.id}`);
    if (!places.has(origin)) places.set(origin, place);
  }
  const faults = lines.flatMap(({ event, time }) => (event === "fault" ? Date.parse(String(time)) : []));
  const mayBeRefused = (from: number, to: number) =>
    story.orders.mayBeSlow(room, from, to) || faults.some((at) => at >= from && at <= to + MARGIN_MS);
  const checkOrder = (sent: readonly Sent[], pages: readonly Page[] = []) => {
    const placed = sent.flatMap(({ origin }) => {
      const place = places.get(origin);
      const message = place === undefined ? undefined : history.messages[place];
      if (place === undefined || message === undefined) return [];
      return { origin, place, time: message.further.time, outings: outingsOf(origin, pages) };
    });
    for (const origin of overtakersAmong(placed, mayBeRefused))
      fault(`DUR-2 ${origin} is stored before what was sent before it`);
  };
  for (const { stays } of people) {
    for (const { sent, pages, isClosed } of stays) {
      // What was lost with a backup's predecessor may be stored or not, and as another message.
      for (const each of sent)
        if (!isLost(each.origin) && !doubled.has(each.origin))
          checkSent(each, isClosed, history, places, fault);
      checkOrder(sent, pages);
    }
  }
  for (const { stays } of [...classics, ...guests, program]) {
    for (const sent of stays) {
      for (const { origin, delivered, failed } of sent) {
        if (delivered !== null && !places.has(origin) && !isLost(origin))
          fault(`DUR-2 ${origin} was acknowledged and is lost`);
        if (failed !== null && places.has(origin))
          fault(`SEND-7 ${origin} was refused with ${failed} and is stored`);
      }
      checkOrder(sent);
    }
  }
}

/** Whatever the SDK did not refuse is stored in the end: pages that vanished left it to the next ones. */
function checkSent(
  { origin, delivered, failed, isWithdrawn }: Sent,
  isClosed: boolean,
  history: History,
  places: ReadonlyMap<Origin, number>,
  fault: Fault,
): void {
  const place = places.get(origin);
  if (place === undefined) {
    if (delivered !== null && !history.message(delivered)?.further.isDeleted)
      fault(`DUR-2 ${origin} was delivered as ${delivered} and is lost`);
    else if (delivered === null && failed === null && !isClosed && !isWithdrawn)
      fault(`${origin} was sent and is lost`);
  } else if (delivered !== null && history.messages[place]?.id !== delivered)
    fault(`ID-2 ${origin} was delivered as ${delivered} and is stored as ${history.messages[place]?.id}`);
}

/** When a message of a stay went out, on any of its pages. */
function outingsOf(origin: Origin, pages: readonly Page[]): Outings | null {
  const all = pages.flatMap(({ outings }) => outings.get(origin) ?? []);
  if (all.length === 0) return null;
  return {
    first: Math.min(...all.map(({ first }) => first)),
    last: Math.max(...all.map(({ last }) => last)),
  };
}

function checkPerson(
  person: Person,
  histories: readonly History[],
  seen: readonly Seen[],
  online: readonly string[],
  fault: Fault,
): void {
  for (const { pages, sent } of person.stays) {
    const own = new Set(sent.map(({ origin }) => origin));
    for (const page of pages) {
      if (page === person.page) checkPageView(page, true, seen, fault);
      // It may have been gone before a backup was put back.
      else
        inAny([seen, ...messagesOf(histories.slice(1))], fault, (each, found) =>
          checkPageView(page, false, each, found),
        );
      checkOwn(page, own, fault);
    }
  }
  for (const { page, by } of person.overtaken) checkOvertaken(page, by, fault);
  const { chat } = person.page;
  if (chat.name === null || !online.includes(chat.name))
    fault(`${person.page.label} is ${chat.name} and not in ${online}`);
  for (const search of person.searches)
    inAny(messagesOf(histories), fault, (each, found) => checkSearch(person.name, search, each, found));
}

function messagesOf(histories: readonly History[]): (readonly Seen[])[] {
  return histories.map(({ messages }) => messages);
}

/** Checks what may be true of any history, the last one or one of the past. Of the faults those of the last one are told. */
function inAny(
  [last = [], ...pasts]: readonly (readonly Seen[])[],
  fault: Fault,
  check: (history: readonly Seen[], found: Fault) => void,
): void {
  const faultsOf = (history: readonly Seen[]) => {
    const faults: string[] = [];
    check(history, (sentence) => faults.push(sentence));
    return faults;
  };
  const faults = faultsOf(last);
  if (faults.length > 0 && !pasts.some((past) => faultsOf(past).length === 0))
    for (const each of faults) fault(each);
}

/** Superseded; or lost with the network, the server or the store before that was known. */
const OVERTAKEN_ENDS: readonly (number | null)[] = [4001, 1006, 1012, 1013];

/** Who has lost the nickname to another connection hears nothing from there on, and its own is ended. */
function checkOvertaken(page: Page, { entry, label }: Page, fault: Fault): void {
  if (!OVERTAKEN_ENDS.includes(page.lastClose))
    fault(`RES-2 ${page.label} was overtaken and ended with ${page.lastClose}`);
  const isOneHistory = entry?.pasts === page.pasts;
  const heard = page.view.find(({ id }) => isOneHistory && entry?.isResumed && Number(id) > entry.lastId);
  if (heard) fault(`RES-2 ${page.label} was overtaken by ${label} and was still told ${told(heard)}`);
}

/** From its first message on, what a page saw is the history. */
function checkPageView(page: Page, isLast: boolean, seen: readonly Seen[], fault: Fault): void {
  const { view, more, label } = page;
  if (isLast && more === null) fault(`${label} was never told a first page`);
  const [first] = view;
  if (first === undefined) {
    if (isLast && seen.length > 0) fault(`${label} saw none of ${seen.length} messages`);
    return;
  }
  const start = seen.findIndex(({ id }) => id === first.id);
  if (more === (start === 0))
    fault(`${label} was told that there is ${more ? "" : "no "}more before ${first.id}`);
  if (isLast) checkView(label, view, seen, start, isSame, fault);
  // Its messages may have been changed since.
  else checkView(label, view, seen.slice(0, start + view.length), start, isSameMessage, fault);
}

function checkView(
  who: string,
  view: readonly Seen[],
  seen: readonly Seen[],
  start: number,
  isAsItMustBe: (is: Seen, must: Seen) => boolean,
  fault: Fault,
): void {
  const expected = seen.slice(Math.max(0, start));
  for (let at = 0; at < Math.max(view.length, expected.length); at++) {
    const [is, must] = [view[at], expected[at]];
    if (is && must && isAsItMustBe(is, must)) continue;
    fault(
      `ORD-1 message ${at} of ${view.length} that ${who} saw of ${expected.length} is ${told(is)}, and not ${told(must)}`,
    );
    return;
  }
}

/** A webhook has told of everything; where a backup was put back, of everything that came after that. */
function checkTold(
  { label, view }: ToldRoom,
  seen: readonly Seen[],
  { fenceId }: Witness,
  history: History,
  { pasts }: Story,
  fault: Fault,
): void {
  const newest = pasts.at(-1);
  if (newest !== undefined) {
    const told = new Set(view.map(({ id, further: { time } }) => `${id} ${time}`));
    const isMissing = ({ id, further }: Seen) =>
      Number(further?.time) > newest.at && !told.has(`${id} ${further?.time}`);
    const missing = seen.find(isMissing);
    if (missing !== undefined) fault(`ORD-1 ${label} was not told of ${missing.id}`);
    return;
  }
  // What came when everybody was gone may have been told or not.
  const late = new Set(history.changes.filter(({ id }) => id > fenceId).map(({ of }) => of));
  const isAsItMustBe = (is: Seen, must: Seen) =>
    late.has(must.id ?? 0) ? isSameMessage(is, must) : isSame(is, must);
  checkView(label, view, seen, 0, isAsItMustBe, fault);
}

/** Deleted messages are not shown in version 2, and changes not told. */
function checkClassicView(
  { label, view }: Classic,
  seen: readonly Seen[],
  isBudgetSmall: boolean,
  fault: Fault,
): void {
  const shown = seen.filter(({ further }) => !further?.isDeleted);
  const start = shown.findIndex(({ content }) => content === view[0]?.content);
  checkView(label, view, shown, isBudgetSmall ? start : 0, isSame, fault);
}

/** What somebody of version 2 had seen of all: each message as it was when it was told. */
function checkLearned(
  label: string,
  view: readonly Seen[],
  seen: readonly Seen[],
  isBudgetSmall: boolean,
  story: Story,
  room: string | undefined,
  history: History,
  doubled: ReadonlySet<Origin>,
  fault: Fault,
): void {
  const originIn = (message: Seen) => story.originOf(room, message);
  const at = new Map(seen.map((message, place) => [originIn(message), place]));
  let next = isBudgetSmall ? null : 0;
  for (const message of view) {
    const origin = originOf(message.content);
    const place = origin === null ? undefined : at.get(origin);
    // The witness' messages are not told apart.
    if (origin === null || senderOf(origin) === "witness" || doubled.has(origin)) continue;
    if (place === undefined || place < (next ?? 0)) {
      fault(`ORD-1 ${label} was told ${told(message)} out of order`);
      return;
    }
    const skipped = seen
      .slice(next ?? place, place)
      .find((each) => !doubled.has(originIn(each) ?? "") && isMissed(each, originIn(each), history));
    if (skipped) {
      fault(`ORD-1 ${label} was not told ${told(skipped)}, but ${told(message)} after it`);
      return;
    }
    next = place + 1;
  }
}

/** Whether a message that is not in a view of version 2 is missing there. One that was removed may have come back since. */
function isMissed({ id }: Seen, origin: Origin | null, history: History): boolean {
  return !history.wasDeleted(id ?? 0) && origin !== null && senderOf(origin) !== "witness";
}

/** As much of a content as tells it, whatever is in it. */
function short(content: string): string {
  return JSON.stringify(content.slice(0, 40));
}

function told(message: Seen | undefined): string {
  if (message === undefined) return "nothing";
  const { id, name, content, further } = message;
  return `${id} ${name}: ${short(content)} ${JSON.stringify(further)}`;
}

function checkOwn({ ownMarks, label }: Page, own: ReadonlySet<Origin>, fault: Fault): void {
  for (const mark of ownMarks)
    if (!own.has(originOf(mark) ?? "")) fault(`${label} was told that ${mark} is its own`);
}

function notOwned({ pages, sent }: Stay): number {
  const own = new Set(sent.map(({ origin }) => origin));
  return pages.flatMap(({ view, firstPage, ownMarks }) => {
    const told = new Set([...ownMarks].map((mark) => originOf(mark)));
    return view.slice(firstPage).filter(({ content }) => {
      const origin = originOf(content);
      return origin !== null && own.has(origin) && !told.has(origin);
    });
  }).length;
}

function checkSearch(
  name: string,
  { options, page }: Person["searches"][number],
  history: readonly Seen[],
  fault: Fault,
): void {
  const messages = page.messages.map(seenOf);
  const { before, limit = 100 } = options;
  const asked = typeof options.after === "object" ? options.after.id : options.after;
  // Of another history the newest page is given.
  const after = page.reset ? undefined : asked;
  const first = messages[0]?.id;
  const last = messages.at(-1)?.id;
  const start = history.findIndex(({ id }) => id === first);
  const request = JSON.stringify(options);
  if (messages.length > limit) fault(`PAGE-1 ${name} asked ${request} and got ${messages.length}`);
  if (messages.length > 0)
    checkView(
      `${name} with ${request}`,
      messages,
      history.slice(start, start + messages.length),
      0,
      isSameMessage,
      fault,
    );
  if (
    after !== undefined &&
    messages.length > 0 &&
    history.find(({ id }) => Number(id) > after)?.id !== first
  )
    fault(`PAGE-2 ${name} asked ${request} and got ${first} first`);
  if (before !== undefined && history.findLast(({ id }) => Number(id) < before)?.id !== last)
    fault(`PAGE-2 ${name} asked ${request} and got ${last} last`);
}

import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { decodeRecord, MessageRecord } from "../../../src/engine/record.ts";
import type { Message } from "../../../src/room/operation.ts";
import type { Classic } from "./classic.ts";
import type { Gathering } from "./conversation.ts";
import type { Page, Seen } from "./page.ts";
import type { Person, Sent, Stay } from "./person.ts";
import type { Story } from "./story.ts";

/**
 * Holds all that the clients of a room saw, and were told, against what the server has stored.
 *
 * @returns how many own messages were told to be somebody else's
 */
export function judge(gathering: Gathering, dataFile: string, story: Story): number {
  const { room, isBudgetSmall, people, classics, witness, classicWitness } = gathering;
  const history = readHistory(room === undefined ? dataFile : roomFile(dataFile, room), story);
  const fault = (sentence: string) => story.fault(`${sentence}, in ${room ?? "the main room"}`);
  checkStored(history, gathering, story, fault);
  // A message of a half-open connection may still have arrived when everybody was gone.
  const seen = history.slice(0, witness.view.length);
  checkView("the witness", witness.view, seen, 0, fault);
  for (const classic of [...classics, classicWitness]) checkClassicView(classic, seen, isBudgetSmall, fault);
  const pasts = story.pasts.map(({ held }) => held.get(room) ?? []);
  for (const person of people) checkPerson(person, [history, ...pasts], seen, witness.roster, fault);
  return people.reduce((sum, { stays }) => sum + stays.reduce((count, stay) => count + notOwned(stay), 0), 0);
}

type Fault = (sentence: string) => void;

function roomFile(dataFile: string, room: string): string {
  return join(dirname(dataFile), `${basename(dataFile, ".json")}.rooms`, `${room}.json`);
}

/** The messages in a history file, which must be in its canonical form. */
function readHistory(path: string, story: Story): Message[] {
  const text = readFileSync(path, "utf8");
  const parsed: unknown = JSON.parse(text);
  const history = Array.isArray(parsed) ? parsed.map((each) => decodeRecord(JSON.stringify(each))) : [];
  const canonical = `[\n${history.map((each) => MessageRecord.of(each).text).join(",\n")}\n]\n`;
  if (text !== canonical) story.fault(`${basename(path)} is not in its canonical form`);
  return history;
}

function checkStored(
  history: readonly Message[],
  { room, people, classics }: Gathering,
  story: Story,
  fault: Fault,
): void {
  const isLost = (content: string) => story.isLost(room, content);
  const places = new Map<string, number>();
  for (const [place, { content, id }] of history.entries()) {
    // Who is not known by the session any more is somebody else, whose keys are others.
    if (places.has(content) && !story.hasLostSessions)
      fault(`KEY-2 ${short(content)} is stored twice, the second time as ${id}`);
    if (!places.has(content)) places.set(content, place);
  }
  for (const { stays } of people) {
    for (const { sent, isClosed } of stays) {
      // What was lost with a backup's predecessor may be stored or not, and as another message.
      for (const each of sent) if (!isLost(each.content)) checkSent(each, isClosed, history, places, fault);
      checkOrder(sent, places, fault);
    }
  }
  for (const { stays } of classics) {
    for (const sent of stays) {
      for (const { content, delivered, failed } of sent) {
        if (delivered !== null && !places.has(content) && !isLost(content))
          fault(`DUR-2 ${short(content)} was acknowledged and is lost`);
        if (failed !== null && places.has(content))
          fault(`SEND-7 ${short(content)} was refused with ${failed} and is stored`);
      }
      checkOrder(sent, places, fault);
    }
  }
}

/** Whatever the SDK did not refuse is stored in the end: pages that vanished left it to the next ones. */
function checkSent(
  { content, delivered, failed }: Sent,
  isClosed: boolean,
  history: readonly Message[],
  places: ReadonlyMap<string, number>,
  fault: Fault,
): void {
  const place = places.get(content);
  const told = short(content);
  if (place === undefined) {
    if (delivered !== null) fault(`DUR-2 ${told} was delivered as ${delivered} and is lost`);
    else if (failed === null && !isClosed) fault(`${told} was sent and is lost`);
  } else if (delivered !== null && history[place]?.id !== delivered)
    fault(`ID-2 ${told} was delivered as ${delivered} and is stored as ${history[place]?.id}`);
}

function checkOrder(sent: readonly Sent[], places: ReadonlyMap<string, number>, fault: Fault): void {
  let last = -1;
  for (const { content } of sent) {
    const place = places.get(content);
    if (place === undefined) continue;
    if (place < last) fault(`DUR-2 ${short(content)} is stored before what was sent before it`);
    last = place;
  }
}

function checkPerson(
  person: Person,
  histories: readonly (readonly Message[])[],
  seen: readonly Message[],
  online: readonly string[],
  fault: Fault,
): void {
  for (const { pages, sent } of person.stays) {
    const own = new Set(sent.map(({ content }) => content));
    for (const page of pages) {
      if (page === person.page) checkPageView(page, true, seen, fault);
      // It may have been gone before a backup was put back.
      else
        inAny([seen, ...histories.slice(1)], fault, (each, found) => checkPageView(page, false, each, found));
      checkOwn(page, own, fault);
    }
  }
  for (const { page, by } of person.overtaken) checkOvertaken(page, by, fault);
  const { chat } = person.page;
  if (chat.name === null || !online.includes(chat.name))
    fault(`${person.page.label} is ${chat.name} and not in ${online}`);
  for (const search of person.searches)
    inAny(histories, fault, (each, found) => checkSearch(person.name, search, each, found));
}

/** Checks what may be true of any history, the last one or one of the past. Of the faults those of the last one are told. */
function inAny(
  [last = [], ...pasts]: readonly (readonly Message[])[],
  fault: Fault,
  check: (history: readonly Message[], found: Fault) => void,
): void {
  const faultsOf = (history: readonly Message[]) => {
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
function checkPageView(page: Page, isLast: boolean, seen: readonly Message[], fault: Fault): void {
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
  checkView(label, view, isLast ? seen : seen.slice(0, start + view.length), start, fault);
}

function checkView(
  who: string,
  view: readonly Seen[],
  seen: readonly Seen[],
  start: number,
  fault: Fault,
): void {
  const expected = seen.slice(Math.max(0, start));
  for (let at = 0; at < Math.max(view.length, expected.length); at++) {
    const [is, must] = [view[at], expected[at]];
    if (is?.content === must?.content && is?.name === must?.name && (is?.id ?? null) === (must?.id ?? null))
      continue;
    fault(
      `ORD-1 message ${at} of ${view.length} that ${who} saw of ${expected.length} is ${told(is)}, and not ${told(must)}`,
    );
    return;
  }
}

function checkClassicView(
  { label, view }: Classic,
  seen: readonly Message[],
  isBudgetSmall: boolean,
  fault: Fault,
): void {
  const classic = seen.map(({ name, content }) => ({ id: null, name, content }));
  const start = classic.findIndex(({ content }) => content === view[0]?.content);
  checkView(label, view, classic, isBudgetSmall ? start : 0, fault);
}

/** As much of a content as tells it, whatever is in it. */
function short(content: string): string {
  return JSON.stringify(content.slice(0, 40));
}

function told(message: Seen | undefined): string {
  return message === undefined ? "nothing" : `${message.id} ${message.name}: ${short(message.content)}`;
}

function checkOwn({ ownContents, label }: Page, own: ReadonlySet<string>, fault: Fault): void {
  for (const content of ownContents)
    if (!own.has(content)) fault(`${label} was told that ${short(content)} is its own`);
}

function notOwned({ pages, sent }: Stay): number {
  const own = new Set(sent.map(({ content }) => content));
  return pages.flatMap(({ view, firstPage, ownContents }) =>
    view.slice(firstPage).filter(({ content }) => own.has(content) && !ownContents.has(content)),
  ).length;
}

function checkSearch(
  name: string,
  { options, page }: Person["searches"][number],
  history: readonly Message[],
  fault: Fault,
): void {
  const { messages } = page;
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
    checkView(`${name} with ${request}`, messages, history.slice(start, start + messages.length), 0, fault);
  if (after !== undefined && messages.length > 0 && history.find(({ id }) => id > after)?.id !== first)
    fault(`PAGE-2 ${name} asked ${request} and got ${first} first`);
  if (before !== undefined && history.findLast(({ id }) => id < before)?.id !== last)
    fault(`PAGE-2 ${name} asked ${request} and got ${last} last`);
}

import { type Author, authorOf, contentOf } from "./authors.ts";
import { type Frame, framesOf, Line, now, type Place, until } from "./line.ts";

const PAUSE_MS = [3000, 5000] as const;
const NAMES = [
  "Minh Anh",
  "Alice",
  "Boris",
  "Chloe",
  "Hoa Phan",
  "David",
  "Elena",
  "Felix",
  "Grace",
  "Hugo",
  "Isabel",
  "Jonas",
  "Kim Chi",
  "Leo",
  "Marie",
  "Nicolai",
  "Olivia",
  "Pedro",
  "Quang",
  "Rosa",
];
const GATHER_WITHIN_MS = 60_000;
/** How long to wait for answers that are still to come; one that has not come then has taken at least this long. */
const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 5;

/** What happened in a room while its regulars talked. Moments are in Unix milliseconds. */
export interface Overheard {
  /** For each message of a regular that was not refused: from its send until its sender had the reply, and until all others had the message. */
  readonly answerMs: readonly number[];
  readonly heardMs: readonly number[];
  /** Messages of regulars that were refused, and connections of theirs that ended. */
  readonly refused: number;
  /** When each of the raiders' messages was first seen by a regular, the first one first. */
  readonly raidSeenAt: readonly number[];
  /** When the newcomers' messages were first seen, by content. */
  readonly newcomersSeenAt: Readonly<Record<string, number>>;
}

interface Said {
  readonly sentAtMs: number;
  answeredAtMs: number | null;
  heardBy: number;
  heardByAllAtMs: number | null;
  isRefused: boolean;
}

interface Seen {
  readonly author: Author;
  readonly content: string;
  readonly atMs: number;
}

/** People who talk in a room, as long as they are there. Together they know all that was to be seen in it. */
export class Regulars {
  readonly place: Place;
  readonly #people: readonly Regular[];
  /** By content, which no two of their messages have in common. */
  readonly #said = new Map<string, Said>();
  /** By id. */
  readonly #seen = new Map<number, Seen>();
  #lost = 0;

  /** @param net of their addresses */
  constructor(place: Place, net: string, people: number) {
    this.place = place;
    this.#people = NAMES.slice(0, people).map((name, at) => new Regular(this, name, `${net}.${at + 1}`));
  }

  get names(): readonly string[] {
    return this.#people.map(({ name }) => name);
  }

  /** All join, and begin to talk. */
  async gather(): Promise<void> {
    for (const each of this.#people) each.come();
    const isThere = await reached(() => this.#people.every(({ isIn }) => isIn), GATHER_WITHIN_MS);
    if (!isThere) throw new Error("The regulars could not join.");
    for (const each of this.#people) each.talk();
  }

  leave(): void {
    for (const each of this.#people) each.leave();
  }

  /** What happens from one moment to another. */
  async overhear(fromMs: number, untilMs: number): Promise<Overheard> {
    await until(untilMs);
    const isWithin = (atMs: number) => atMs >= fromMs && atMs < untilMs;
    const said = [...this.#said.values()].filter(({ sentAtMs }) => isWithin(sentAtMs));
    const isSettled = ({ answeredAtMs, heardByAllAtMs, isRefused }: Said) =>
      isRefused || (answeredAtMs !== null && heardByAllAtMs !== null);
    await reached(() => said.every(isSettled), PATIENCE_MS);
    const end = now();
    const accepted = said.filter(({ isRefused }) => !isRefused);
    const seen = [...this.#seen.values()].filter(({ atMs }) => isWithin(atMs));
    const by = (author: Author) => seen.filter((each) => each.author === author);
    return {
      answerMs: accepted.map(({ sentAtMs, answeredAtMs }) => (answeredAtMs ?? end) - sentAtMs),
      heardMs: accepted.map(({ sentAtMs, heardByAllAtMs }) => (heardByAllAtMs ?? end) - sentAtMs),
      refused: said.length - accepted.length + this.#lost,
      raidSeenAt: by("raider").map(({ atMs }) => atMs),
      newcomersSeenAt: Object.fromEntries(by("newcomer").map(({ content, atMs }) => [content, atMs])),
    };
  }

  /** How many of an author's messages stand in somebody's view. */
  inView(author: Author): number {
    return [...this.#seen].filter(
      ([id, seen]) => seen.author === author && this.#people.some(({ view }) => view.has(id)),
    ).length;
  }

  /**
   * How many messages of others than raiders are gone.
   *
   * @param deleted ids of messages that are deleted on a page, besides those that a regular was told of
   */
  wronglyGone(deleted: readonly number[]): number {
    const gone = new Set([...deleted, ...this.#people.flatMap((each) => [...each.deleted])]);
    const authors = [...gone].map((id) => this.#seen.get(id)?.author ?? null);
    return authors.filter((author) => author === "regular" || author === "newcomer").length;
  }

  says(content: string): void {
    const said = { sentAtMs: now(), answeredAtMs: null, heardBy: 0, heardByAllAtMs: null, isRefused: false };
    this.#said.set(content, said);
  }

  answered(content: string, isAccepted: boolean): void {
    const said = this.#said.get(content);
    if (said === undefined) return;
    said.answeredAtMs = now();
    said.isRefused = !isAccepted;
  }

  /** One of them has a message, be it by another or, with the reply, their own. */
  sees(id: number, content: string, isOwn: boolean): void {
    const author = authorOf(content);
    if (author !== null && !this.#seen.has(id)) this.#seen.set(id, { author, content, atMs: now() });
    const said = isOwn ? undefined : this.#said.get(content);
    if (said !== undefined && ++said.heardBy === this.#people.length - 1) said.heardByAllAtMs = now();
  }

  lost(): void {
    this.#lost++;
  }
}

/** One of them, with a connection of version 3. */
class Regular {
  readonly name: string;
  readonly #all: Regulars;
  readonly #from: string;
  #line: Line | null = null;
  #number = 0;
  isIn = false;
  /** The ids of the messages that are shown, and of those that have been taken away. */
  readonly view = new Set<number>();
  readonly deleted = new Set<number>();

  constructor(all: Regulars, name: string, from: string) {
    this.#all = all;
    this.name = name;
    this.#from = from;
  }

  come(): void {
    const line = new Line(this.#all.place, this.#from, 3, {
      opened: () => line.send({ type: "name", name: this.name }),
      read: (text) => {
        for (const frame of framesOf(text)) this.#read(frame);
      },
      ended: () => {
        if (this.#line !== null) this.#all.lost();
      },
    });
    this.#line = line;
  }

  talk(): void {
    const [least, most] = PAUSE_MS;
    setTimeout(
      () => {
        if (this.#line === null) return;
        const content = this.#contentOf(this.#number);
        this.#all.says(content);
        this.#line.send({ type: "send", content, ref: this.#number++ });
        this.talk();
      },
      least + Math.random() * (most - least),
    );
  }

  leave(): void {
    const line = this.#line;
    this.#line = null;
    line?.drop();
  }

  #read(frame: Frame): void {
    const { type, status, datatype, of, ref } = frame;
    if (type === "name") this.isIn = status === true;
    else if (type === "send") {
      this.#all.answered(this.#contentOf(Number(ref)), status === true);
      if (status === true) this.#show(frame, true);
    } else if (datatype === "message") this.#show(frame, false);
    else if (datatype === "delete") {
      this.view.delete(Number(of));
      this.deleted.add(Number(of));
    }
  }

  #contentOf(number: number): string {
    return contentOf("regular", `${this.name} says something, ${number}`);
  }

  #show({ id, content }: Frame, isOwn: boolean): void {
    this.view.add(Number(id));
    this.#all.sees(Number(id), String(content), isOwn);
  }
}

/** Whether something comes to be in time. */
export async function reached(isSo: () => boolean, withinMs: number): Promise<boolean> {
  const endMs = now() + withinMs;
  while (!isSo()) {
    if (now() > endMs) return false;
    await Bun.sleep(LOOK_EVERY_MS);
  }
  return true;
}

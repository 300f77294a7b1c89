/** A chat beside a model of the server, over connections that break, and what a program that shows the room shows then. */
import { expect, test } from "bun:test";
import { applyChange, type Message, type Page } from "../../src/client/index.ts";
import fc from "../support/chance.ts";
import { BINH, type FakeSocket, ME, type Request, Stage, UNKNOWN_SESSION } from "./stage.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** As much as fits into one page of the model: little, so that there are many. */
const COVERED = 3;
const NEWEST = 4;
const EMOJI = ["👍", "🎉"];

interface Shown {
  readonly id: number;
  readonly by: string;
  readonly name: string;
  content: string;
  edited?: number;
  deleted?: true;
  readonly reactions: Map<string, { by: string; name: string }[]>;
}

/** An entry of the history: which message it is, or is about. */
interface Happened {
  readonly id: number;
  readonly time: number;
  readonly of: number;
  readonly isMessage: boolean;
}

/** The server with one room, and the client's connection to it. */
class Server {
  readonly messages = new Map<number, Shown>();
  readonly history: Happened[] = [];
  /** Ids by the keys of the sends and edits that were stored. */
  readonly keys = new Map<string, Happened>();
  /** How many sends and edits came again. */
  repeats = 0;
  #socket: FakeSocket | null = null;
  #isRegistered = false;
  #isKnown = false;
  /** What is on its way to the client; each is written when it arrives, which is no earlier than its place. */
  #frames: (() => object)[] = [];

  connect(socket: FakeSocket, session: string): void {
    this.#socket = socket;
    this.#isRegistered = false;
    this.#frames = [];
    socket.open(3).welcome(session);
  }

  /** The grace is over. */
  forget(): void {
    this.#isKnown = false;
  }

  get isQuiet(): boolean {
    return this.#frames.length === 0 && this.#socket?.requests.length === 0;
  }

  /** Some of the frames arrive, in one WebSocket message. */
  deliver(count: number): void {
    const frames = this.#frames.splice(0, count).map((write) => write());
    if (frames.length > 0) this.#socket?.say(frames);
  }

  /** Serves the next request. @param isLate whether pages are written when they arrive, and show what has come of it by then */
  serve(isLate: boolean): void {
    const request = this.#socket?.requests.shift();
    if (!request) return;
    const { type, ref } = request;
    const reply = this.#reply(request);
    const written = isLate ? null : reply();
    this.#frames.push(() => ({ type, ...(written ?? reply()), ref }));
  }

  #reply(request: Request): () => object {
    const { type, key, of, content } = request;
    switch (type) {
      case "resume":
        if (!this.#isKnown) return () => UNKNOWN_SESSION;
        this.#isRegistered = true;
        return this.#page(request);
      case "name":
        this.#isRegistered = this.#isKnown = true;
        return () => ({ action: "register", name: "An", status: true, timestamp: "T", by: ME });
      case "get":
        return this.#page(request);
      case "send": {
        const before = this.keys.get(String(key));
        if (before) this.repeats++;
        const { id, time } = before ?? this.send(String(content), ME);
        this.keys.set(String(key), { id, time, of: id, isMessage: true });
        return () => ({ name: "An", content, status: true, timestamp: "T", id, time, by: ME });
      }
      case "edit": {
        const before = this.keys.get(String(key));
        if (before) this.repeats++;
        if (before) return () => ({ of, content, status: true, id: before.id });
        const stored = this.edit(Number(of), String(content), ME);
        if (!stored) return () => ({ of, status: false, reason: "UnknownMessage" });
        this.keys.set(String(key), stored);
        return () => ({ of, content, status: true, id: stored.id, time: stored.time });
      }
      case "delete": {
        const stored = this.delete(Number(of), ME);
        if (!stored) return () => ({ of, status: false, reason: "UnknownMessage" });
        return () => ({ of, status: true, id: stored.id, time: stored.time });
      }
      case "react": {
        const { emoji, on } = request;
        const message = this.messages.get(Number(of));
        if (!message || message.deleted) return () => ({ of, status: false, reason: "UnknownMessage" });
        const stored = this.react(Number(of), String(emoji), on === true, ME);
        const count = message.reactions.get(String(emoji))?.length ?? 0;
        return () => ({
          of,
          emoji,
          on,
          count,
          status: true,
          ...(stored && { id: stored.id, time: stored.time }),
        });
      }
      default:
        throw new Error(`the model does not know ${type}`);
    }
  }

  send(content: string, by: string): Happened {
    const happened = this.#happens(null);
    const { id, time } = happened;
    const message = { id, by, name: by === ME ? "An" : "Bình", content, reactions: new Map() };
    this.messages.set(id, message);
    this.#tell(by, { datatype: "message", name: message.name, content, timestamp: "T", id, time, by });
    return happened;
  }

  edit(of: number, content: string, by: string): Happened | undefined {
    const message = this.messages.get(of);
    if (!message || message.deleted || message.by !== by) return undefined;
    const happened = this.#happens(of);
    Object.assign(message, { content, edited: happened.time });
    this.#tell(by, { datatype: "edit", of, content, by, id: happened.id, time: happened.time });
    return happened;
  }

  delete(of: number, by: string): Happened | undefined {
    const message = this.messages.get(of);
    if (!message || message.deleted) return undefined;
    const happened = this.#happens(of);
    Object.assign(message, { content: "", deleted: true });
    delete message.edited;
    message.reactions.clear();
    this.#tell(by, { datatype: "delete", of, by, id: happened.id, time: happened.time });
    return happened;
  }

  react(of: number, emoji: string, on: boolean, by: string): Happened | undefined {
    const message = this.messages.get(of);
    const reactors = message?.reactions.get(emoji) ?? [];
    if (!message || message.deleted || reactors.some((each) => each.by === by) === on) return undefined;
    const name = by === ME ? "An" : "Bình";
    const after = on ? [...reactors, { by, name }] : reactors.filter((each) => each.by !== by);
    if (after.length > 0) message.reactions.set(emoji, after);
    else message.reactions.delete(emoji);
    const happened = this.#happens(of);
    const { id, time } = happened;
    this.#tell(by, { datatype: "react", of, emoji, on, count: after.length, by, name, id, time });
    return happened;
  }

  /** The message as a page shows it. */
  shown(id: number): object {
    const message = this.messages.get(id);
    if (!message) throw new Error(`there is no message ${id}`);
    const { by, name, content, edited, deleted } = message;
    const reactions = [...message.reactions].map(([emoji, each]) => ({
      emoji,
      count: each.length,
      by: each,
    }));
    return {
      name,
      content,
      timestamp: "T",
      id,
      time: timeOf(id),
      by,
      ...(edited && { edited }),
      ...(deleted && { deleted }),
      ...(reactions.length > 0 && { reactions }),
    };
  }

  #happens(of: number | null): Happened {
    // Some ids are skipped.
    const id = (this.history.at(-1)?.id ?? 0) + 1 + (this.history.length % 3);
    const happened = { id, time: timeOf(id), of: of ?? id, isMessage: of === null };
    this.history.push(happened);
    return happened;
  }

  #tell(by: string, event: object): void {
    if (this.#isRegistered && by !== ME) this.#frames.push(() => ({ type: "receive", ...event }));
  }

  #page({ after, time, before }: Request): () => object {
    const ofPage = (ids: readonly number[], changed: readonly number[], more: object) => () => {
      const message = ids.map((id) => this.shown(id));
      const data = {
        message,
        online: ["An"],
        ...(changed.length > 0 && { changed: changed.map((id) => this.shown(id)) }),
      };
      return { status: true, name: "An", timestamp: "T", by: ME, data: { ...data, ...more } };
    };
    if (typeof after !== "number") {
      const ids = [...this.messages.keys()].filter((id) => typeof before !== "number" || id < before);
      return ofPage(ids.slice(-NEWEST), [], { more: ids.length > NEWEST });
    }
    // The client names a position that there is.
    if (after > 0) expect(this.history).toContainEqual(expect.objectContaining({ id: after, time }));
    const later = this.history.filter(({ id }) => id > after);
    const covered = later.slice(0, COVERED);
    const last = covered.at(-1);
    return ofPage(
      covered.flatMap(({ id, isMessage }) => (isMessage ? [id] : [])),
      [...new Set(covered.map(({ of }) => of))].filter((of) => of <= after),
      { more: later.length > COVERED, ...(last && { cursor: { id: last.id, time: last.time } }) },
    );
  }
}

const timeOf = (id: number) => 1000 + id * 7;

/** A program that shows the room: it goes by the events, and by the pages that it has asked for. */
class Reader {
  readonly shown = new Map<number, Message>();
  /** The messages that it was told of, each of which must come once and in order. */
  readonly told: number[] = [];
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { chat } = stage;
    chat.on("history", ({ messages }) => {
      for (const message of messages) this.#show(message);
    });
    chat.on("message", ({ message }) => this.#show(message));
    for (const type of ["edited", "deleted", "reacted", "changed"] as const)
      chat.on(type, (change) => {
        const before = this.shown.get(change.of);
        if (before) this.shown.set(change.of, applyChange(before, change));
      });
  }

  async load(before: number): Promise<void> {
    // The chat may be closed by then.
    const page: Page | null = await this.#stage.chat.history({ before }).catch(() => null);
    for (const message of page?.messages ?? []) if (message.id !== null) this.shown.set(message.id, message);
  }

  #show(message: Message): void {
    const { id } = message;
    if (id === null) throw new Error();
    expect(id).toBeGreaterThan(this.told.at(-1) ?? 0);
    this.told.push(id);
    this.shown.set(id, message);
  }
}

/** What happens next; `at` chooses a message, or how many frames arrive. */
const step = fc.record({
  what: fc.constantFrom(
    ...[
      "serve",
      "serve",
      "serve",
      "serve late",
      "serve late",
      "deliver",
      "deliver",
      "deliver",
      "flow",
      "flow",
    ],
    ...["break", "forget", "load", "send", "send", "edit", "delete", "react", "react"],
    ...["their send", "their send", "their send", "their edit", "their edit", "their delete", "their react"],
  ),
  at: fc.nat({ max: 11 }),
});

test("over connections that break, each message is told once and in order, and is shown as it is", async () => {
  let repeats = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 200 }), async (steps) => {
      const stage = new Stage({ name: "An" });
      const reader = new Reader(stage);
      const server = new Server();
      const sent: string[] = [];
      const failures: unknown[] = [];
      let sessions = 1;
      server.connect(stage.socket, `S${sessions}`);
      const note = (promise: Promise<unknown>) =>
        void promise.catch((error: unknown) => failures.push(error));

      const check = () => {
        if (!server.isQuiet || stage.told("entered").length === 0) return;
        for (const [id, message] of reader.shown) expect(message).toEqual(server.shown(id) as Message);
        const first = reader.told[0] ?? Number.POSITIVE_INFINITY;
        expect(reader.told).toEqual([...server.messages.keys()].filter((id) => id >= first));
      };

      for (const { what, at } of steps) {
        const ids = [...server.messages.keys()];
        const of = ids[at % (ids.length || 1)] ?? 1;
        const emoji = EMOJI[at % 2] ?? "";
        const text = `text ${sent.length} of step ${at}`;
        switch (what) {
          case "serve":
          case "serve late":
            server.serve(what === "serve late");
            break;
          case "deliver":
            server.deliver(1 + (at % 4));
            break;
          case "flow":
            for (let i = 0; i < 2 + at; i++) {
              server.serve(at % 2 === 0);
              server.deliver(2);
            }
            break;
          case "break":
            stage.socket.end();
            stage.chat.retryNow();
            server.connect(stage.socket, `S${++sessions}`);
            break;
          case "forget":
            // Only while nobody is there.
            stage.socket.end();
            server.forget();
            stage.chat.retryNow();
            server.connect(stage.socket, `S${++sessions}`);
            break;
          case "load":
            void reader.load(of);
            break;
          case "send":
            sent.push(text);
            note(stage.chat.send(text));
            break;
          case "edit":
            note(stage.chat.edit(of, text));
            break;
          case "delete":
            if (at % 2 === 0) note(stage.chat.delete(of));
            break;
          case "react":
            note(stage.chat.react(of, emoji, at % 3 > 0));
            break;
          case "their send":
            server.send(text, BINH);
            break;
          case "their edit":
            server.edit(of, text, BINH);
            break;
          case "their delete":
            if (at % 3 === 0) server.delete(of, BINH);
            break;
          case "their react":
            server.react(of, emoji, at % 3 > 0, BINH);
        }
        await settled();
        check();
      }
      const rest = async () => {
        while (!server.isQuiet) {
          server.serve(false);
          server.deliver(1);
          await settled();
        }
        check();
      };
      await rest();
      expect(stage.chat.outbox).toEqual([]);
      // The newest page does not say how far it goes. Nothing is lost by that.
      stage.socket.end();
      stage.chat.retryNow();
      server.connect(stage.socket, `S${++sessions}`);
      await rest();
      expect(stage.chat.position?.id ?? 0).toBe(server.history.at(-1)?.id ?? 0);
      const stored = [...server.messages.values()].filter(({ by }) => by === ME).length;
      expect(stored).toBe(sent.length);
      // Nothing fails but changes that are not possible.
      for (const error of failures) expect(error).toMatchObject({ code: "UnknownMessage" });
      repeats += server.repeats;
      void stage.chat.close();
    }),
    { numRuns: 300 },
  );
  expect(repeats).toBeGreaterThan(0);
});

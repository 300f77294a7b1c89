import { type ChatError, errorOf, NotRegisteredError, ResetError, StoreError } from "./errors.ts";
import type { Page, Position, Reply } from "./frame.ts";
import type { Line } from "./line.ts";
import type { Kept, Memory } from "./memory.ts";
import type { Outbox } from "./outbox.ts";
import { PAGE_MAX, type Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** Sessions that are tried when it is not known which of them holds the nickname. */
const SESSIONS_MAX = 8;

/** After a fault of the server, and while a lost connection of ours may still hold the nickname. */
const AGAIN_MS = 2000;

/** The server drops more of them (TYPE-2). */
const TYPING_EVERY_MS = 2000;

/** A server of version 2 takes up to 15 s to see that a connection is dead. */
const GHOST_MS = 20_000;

/** Which part of the history is asked for. */
export interface HistoryOptions extends WaitOptions {
  /** Only messages with ids below it, the newest of those. */
  readonly before?: number;
  /**
   * Only messages behind it, the oldest of those: a position, or an id alone. Not together with `before`. By a position
   * the server knows whether its history is another one by now (`reset`).
   */
  readonly after?: Position | number;
  /** 1 to 1,000; 100 unless told. */
  readonly limit?: number;
}

/** Asks for a page. Without `time` it goes by ids alone, which mean nothing in another history. */
interface PageRequest {
  readonly type: "get";
  readonly before?: number;
  readonly after?: number;
  readonly time?: number;
  readonly limit?: number;
}

function pageRequest({ after, ...options }: HistoryOptions): PageRequest {
  const { id, time } = typeof after === "object" ? after : { id: after, time: 0 };
  return {
    type: "get",
    ...options,
    ...(id === undefined ? {} : { after: id }),
    // An id of which no more is known, as behind a gap.
    ...(time > 0 ? { time } : {}),
  };
}

/** What a caller of `register` or `history` waits for. */
interface Task {
  readonly request: { readonly type: "name"; readonly name: string } | PageRequest;
  /** Fulfils the promise if this is the reply that was hoped for, and rejects it if not. */
  readonly answered: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** Nobody waits for it any more. */
  isGone: boolean;
}

/** Who waits until the chat is in the room. */
interface Entrant {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Where this client stands on its way into the room. */
type Place =
  /** Not connected, or not welcomed yet. */
  | { readonly kind: "outside" }
  /** Connected, without a nickname or one to ask for. */
  | { readonly kind: "nameless"; readonly line: Line }
  /** A session or a nickname is asked for, or what was missed is. */
  | { readonly kind: "entering"; readonly line: Line }
  | { readonly kind: "inside"; readonly line: Line };

/** The nickname, and the way into the room with it: a new one, or back with the session that held it. */
export class Session {
  readonly #settings: Settings;
  readonly #memory: Memory;
  readonly #stream: Stream;
  readonly #outbox: Outbox;
  readonly #settled: () => void;
  #place: Place = { kind: "outside" };
  /** In the order of the calls: one is asked for once the one before is settled. */
  #tasks: Task[] = [];
  /** The first of them waits for its reply. */
  #isBusy = false;
  /** Whether this chat ever asked for a nickname. */
  #isAsked = false;
  #name: string | null;
  #toldName: string | null = null;
  /** Those of which one holds the nickname. Who knows a session can take the nickname: they are not to be shown. */
  #sessions: readonly string[];
  /** Why the nickname that was asked for last is not to be had. */
  #refusal: ChatError | null = null;
  /** Those who wait until the chat is in the room. */
  readonly #entrants = new Set<Entrant>();
  /** For how long a nickname that is in use is asked for again, because a lost connection of ours may have it. */
  #ghostMs = 0;
  #typeAgainAt = 0;

  /**
   * @param settled is called when the client is in the room, or when there is nothing to do but to wait for a nickname
   */
  constructor(
    settings: Settings,
    memory: Memory,
    stream: Stream,
    outbox: Outbox,
    kept: Kept,
    settled: () => void,
  ) {
    this.#settings = settings;
    this.#memory = memory;
    this.#stream = stream;
    this.#outbox = outbox;
    this.#settled = settled;
    this.#name = kept.name;
    this.#sessions = kept.sessions;
    // With one session it is known which one holds the nickname. Else the page before may hold it still.
    if (kept.name !== null && kept.sessions.length !== 1) this.#ghostMs = GHOST_MS;
    const { name = null } = settings;
    if (kept.name === null && name !== null) {
      this.register(name, {}).catch((error: ChatError) =>
        stream.emit({ type: "nickname-lost", name, error }),
      );
      // An earlier run of the program may have left it behind, in its grace.
      this.#ghostMs = settings.nicknameWaitMs;
    }
  }

  /** Waits until all that was missed has been told, and the chat is in the room. */
  ready(options: WaitOptions): Promise<void> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      const { kind } = this.#place;
      const entrant = { resolve, reject };
      if (kind === "inside") resolve();
      else if (kind === "nameless" || !this.#hasAsked) reject(this.#noNickname);
      else this.#entrants.add(entrant);
      return (error) => {
        this.#entrants.delete(entrant);
        reject(error);
      };
    });
  }

  /** @throws NotRegisteredError when no nickname was ever asked for: what waits for one would wait for ever */
  needNickname(): void {
    if (!this.#hasAsked) throw new NotRegisteredError("UnknownRegister");
  }

  get #hasAsked(): boolean {
    return this.#isAsked || this.#name !== null;
  }

  get #noNickname(): ChatError {
    return this.#refusal ?? new NotRegisteredError("UnknownRegister");
  }

  get name(): string | null {
    return this.#name;
  }

  get sessions(): readonly string[] {
    return this.#sessions;
  }

  /** Takes or changes the nickname. */
  register(name: string, options: WaitOptions): Promise<string> {
    this.#isAsked = true;
    return this.#ask({ type: "name", name }, options, (reply) =>
      reply.kind === "named" ? reply.name : undefined,
    );
  }

  history({ signal, timeoutMs, ...options }: HistoryOptions): Promise<Page> {
    return this.#ask(pageRequest(options), { signal, timeoutMs }, (reply) =>
      reply.kind === "page" ? reply.page : undefined,
    );
  }

  /** Tells the others that this one is writing, if it is time to. */
  typing(): void {
    const place = this.#place;
    const now = this.#settings.environment.elapsed();
    if (place.kind !== "inside" || place.line.version === 2 || now < this.#typeAgainAt) return;
    this.#typeAgainAt = now + TYPING_EVERY_MS;
    place.line.tell({ type: "typing" });
  }

  /** A connection is there, and welcomed. */
  welcome(line: Line): void {
    this.#place = { kind: "entering", line };
    const earlier = this.#sessions.filter((each) => each !== line.session);
    this.#resume(line, earlier);
  }

  /** The connection is lost. */
  lost(): void {
    const place = this.#place;
    this.#place = { kind: "outside" };
    // Version 3 keeps the nickname for whoever resumes; but a request for one may be decided later than it was given up.
    if (place.kind === "entering" || (place.kind === "inside" && place.line.version === 2))
      this.#ghostMs = Math.max(this.#ghostMs, GHOST_MS);
  }

  /** The chat goes on from what the storage has. */
  wake({ name, sessions }: Kept): void {
    this.#sessions = sessions;
    this.#ghostMs = name !== null && sessions.length !== 1 ? GHOST_MS : 0;
    this.#setName(name);
  }

  /** The chat is over. */
  end(error: ChatError): void {
    this.#place = { kind: "outside" };
    for (const { reject } of this.#tasks.splice(0)) reject(error);
    this.#dismiss(({ reject }) => reject(error));
  }

  #ask<T>(request: Task["request"], options: WaitOptions, read: (reply: Reply) => T | undefined): Promise<T> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      const answered = (reply: Reply) => {
        const value = read(reply);
        if (value === undefined) reject(errorOf(reply));
        else resolve(value);
      };
      const task: Task = { request, answered, reject, isGone: false };
      this.#tasks.push(task);
      if (this.#place.kind === "nameless") this.#register(this.#place.line);
      else this.#next();
      return (error) => {
        // It keeps its place: perhaps it is the one whose reply comes next.
        task.isGone = true;
        reject(error);
      };
    });
  }

  /** The first task that somebody waits for. */
  get #task(): Task | undefined {
    while (this.#tasks[0]?.isGone) this.#tasks.shift();
    return this.#tasks[0];
  }

  /**
   * Tries sessions, oldest first: if the older one still holds, the younger ones never did; and if not, a request that
   * is still on its way with the older one cannot succeed any more.
   */
  #resume(line: Line, [session, ...rest]: readonly string[]): void {
    if (session === undefined) {
      this.#register(line);
      return;
    }
    this.#mayHold(line);
    this.#stream.begin();
    line.askPatiently({ ...this.#missing, type: "resume", session }, (reply) => {
      if (reply.kind === "page") {
        this.#held(line, reply.name);
        this.#stream.enterWith(line.version, reply.online);
        this.#outbox.settle(line, () => this.#took(line, true, reply));
      } else this.#resume(line, rest);
    });
  }

  #register(line: Line): void {
    const name = this.#name ?? this.#nextName();
    if (name === null) {
      this.#place = { kind: "nameless", line };
      this.#dismiss(({ reject }) => reject(this.#noNickname));
      this.#settled();
      return;
    }
    this.#place = { kind: "entering", line };
    this.#mayHold(line);
    // Events come from the registration on.
    this.#stream.begin();
    line.askPatiently({ type: "name", name }, (reply) => {
      if (reply.kind === "named") {
        if (this.#name === null) this.#tasks.shift()?.answered(reply);
        this.#held(line, reply.name);
        this.#outbox.settle(line, () => this.#load(line, false));
      } else this.#nicknameRefused(line, name, errorOf(reply));
    });
  }

  #nicknameRefused(line: Line, name: string, error: ChatError): void {
    const isGhost = error.code === "NameAlreadyUsed" && this.#ghostMs > 0;
    this.#ghostMs -= AGAIN_MS;
    if (isGhost || (error instanceof StoreError && this.#name !== null)) {
      line.later(AGAIN_MS, () => this.welcome(line));
      return;
    }
    this.#refusal = error;
    if (this.#name === null) this.#tasks.shift()?.reject(error);
    else {
      this.#setName(null);
      this.#stream.emit({ type: "nickname-lost", name, error });
    }
    // What was just told may have closed the chat.
    if (line.isOpen) this.#register(line);
  }

  /** The nickname that was asked for next. Without one, there is no history either. */
  #nextName(): string | null {
    const task = this.#task;
    if (!task) return null;
    if (task.request.type === "name") return task.request.name;
    this.#tasks.shift();
    task.reject(new NotRegisteredError("UnknownRegister"));
    return this.#nextName();
  }

  /** From the moment of the request on, the nickname may be with this connection. */
  #mayHold({ session }: Line): void {
    // Version 2 has none.
    if (session === "" || this.#sessions.includes(session)) return;
    const sessions = [...this.#sessions, session];
    // The oldest one held for certain: by it the server also knows the sender of our keys (KEY-5). Of the others the
    // first may hold if replies were lost, and the last if the server did not answer before: one in the middle goes.
    if (sessions.length > SESSIONS_MAX) sessions.splice(4, 1);
    this.#sessions = sessions;
    // The next run of a program that is killed meanwhile must try this one as well.
    this.#memory.flush();
  }

  /** The nickname is with this connection. */
  #held(line: Line, name: string): void {
    this.#sessions = line.session === "" ? [] : [line.session];
    this.#ghostMs = 0;
    this.#refusal = null;
    this.#setName(name);
  }

  #setName(name: string | null): void {
    this.#name = name;
    this.#memory.save();
    if (name === this.#toldName) return;
    this.#toldName = name;
    this.#stream.emit({ type: "named", name });
  }

  /** What is missing here of the history. */
  get #missing(): PageRequest {
    const after = this.#stream.last;
    return pageRequest(after ? { after, limit: PAGE_MAX } : { limit: this.#settings.historyLimit });
  }

  #load(line: Line, resumed: boolean): void {
    line.askPatiently(this.#missing, (reply) => {
      if (reply.kind === "page") this.#took(line, resumed, reply);
      else if (errorOf(reply) instanceof StoreError) line.later(AGAIN_MS, () => this.#load(line, resumed));
      else line.drop();
    });
  }

  #took(line: Line, resumed: boolean, { name, page, online }: Extract<Reply, { kind: "page" }>): void {
    this.#stream.enterWith(line.version, online);
    const isCatchingUp = this.#stream.last !== null && !page.reset;
    // A reply to `resume` is empty when the server is short of memory (RES-4).
    const isEmpty = page.more && page.messages.length === 0;
    if (isCatchingUp || !isEmpty) {
      if (page.reset) this.#dropOutdated();
      this.#stream.page(line.version, page.reset ? newest(page, this.#settings.historyLimit) : page);
    }
    if (!line.isOpen) return;
    if (isEmpty) line.later(AGAIN_MS, () => this.#load(line, resumed));
    else if (isCatchingUp && page.more) this.#load(line, resumed);
    else this.#enter(line, name, resumed);
  }

  /** The history is another one: what was asked for by ids of the one before has no answer. */
  #dropOutdated(): void {
    const tasks = this.#tasks;
    this.#tasks = tasks.filter((each) => !isOutdated(each));
    for (const each of tasks) if (isOutdated(each)) each.reject(new ResetError("Reset"));
  }

  #enter(line: Line, name: string, resumed: boolean): void {
    this.#place = { kind: "inside", line };
    this.#isBusy = false;
    this.#stream.end();
    const { online } = this.#stream;
    this.#stream.emit({ type: "entered", name, version: line.version, resumed, online });
    if (!line.isOpen) return;
    this.#dismiss(({ resolve }) => resolve());
    this.#settled();
    this.#outbox.enter();
    this.#next();
  }

  /** Nobody waits any longer until the chat is in the room. */
  #dismiss(settle: (entrant: Entrant) => void): void {
    for (const entrant of this.#entrants) settle(entrant);
    this.#entrants.clear();
  }

  #next(): void {
    if (this.#place.kind !== "inside" || this.#isBusy) return;
    const task = this.#task;
    if (!task) return;
    this.#isBusy = true;
    this.#place.line.askPatiently(task.request, (reply) => {
      this.#tasks.shift();
      this.#isBusy = false;
      if (reply.kind === "named") {
        this.#stream.rename(this.#name ?? "", reply.name);
        this.#setName(reply.name);
      }
      task.answered(reply);
      this.#next();
    });
  }
}

/** Whether ids of a history that was replaced ask for a page. By a position, or nothing, the new one can be asked. */
function isOutdated({ request }: Task): boolean {
  if (request.type === "name") return false;
  const { before, after, time } = request;
  return before !== undefined || (after !== undefined && time === undefined);
}

/** The end of a page that was asked for as one of many. */
function newest({ messages, more, ...page }: Page, most: number): Page {
  return { ...page, messages: messages.slice(-most), more: more || messages.length > most };
}

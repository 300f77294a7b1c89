import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openPeopleFileBeside } from "../../../src/engine/local/people-file.ts";
import { openWebhookFileBeside } from "../../../src/engine/local/webhook-file.ts";
import { PEOPLE_LIMITS } from "../../../src/engine/people.ts";
import type { NewToken } from "../../../src/engine/token.ts";
import { type NewWebhook, WEBHOOK_LIMITS } from "../../../src/engine/webhook.ts";
import { FaultyProxy, type ProxyCounts } from "../../support/proxy.ts";
import type { Random } from "../../support/random.ts";
import { type ChatServer, type LogLine, startServer } from "../../support/server.ts";
import { History, type StoredEvent } from "./history.ts";
import type { End } from "./plan.ts";
import type { Histories, Story } from "./story.ts";

/** Where a conversation takes place: the servers, what they store in, and a bad network before them. */
export interface Site extends AsyncDisposable {
  /** All that the network did. */
  readonly counts: ProxyCounts;
  /** Whether servers can be without what they store in. */
  readonly hasOutages: boolean;
  /** An address for one connection, without the bad network. @throws when no server runs */
  url(room: string | undefined): string;
  /** An address for one connection over the bad network. */
  badUrl(room: string | undefined): string;
  /** Creates a token for programs, and gives its secret. The servers learn of it soon. */
  createToken(): Promise<string>;
  /** Has an address told of messages and changes, from now on. */
  createWebhook(url: string): Promise<void>;
  cutAll(): void;
  refuse(refusing: boolean): void;
  /** The network is good from now on. */
  calm(): void;
  /** Copies all that is stored. */
  backUp(): Promise<void>;
  /** Ends something, and has it back. */
  end(what: End): Promise<void>;
  /** Which of some texts are still in what is stored, or lies beside it. */
  remains(marks: ReadonlySet<string>): Promise<readonly string[]>;
  /** Stops the servers, and gives the history file of the main room; those of the others lie beside it. */
  stop(): Promise<string>;
  /** What the servers wrote, and what they stored, as texts in which no secret may be, each with its name. */
  traces(): Promise<readonly { readonly name: string; readonly text: string }[]>;
  readonly lines: readonly LogLine[];
  readonly stderr: string;
}

/** What a program may do in any room. */
export const PROGRAM_TOKEN: NewToken = {
  label: "Program",
  nickname: "Program",
  scopes: ["read", "post"],
  rooms: null,
  isHook: false,
  expiresAt: null,
};

/** What a program is told of. */
export const PROGRAM_WEBHOOK: Omit<NewWebhook, "url"> = {
  label: "Program",
  topics: ["messages", "changes"],
  rooms: null,
};

/** A server, and the bad network between it and its clients. */
export class Place implements AsyncDisposable {
  readonly server: ChatServer;
  readonly proxy: FaultyProxy;
  readonly #story: Story;
  /** What is done to it, one thing after the other. */
  #doing: Promise<void> = Promise.resolve();

  /** @param story is told the faults of the network */
  constructor(server: ChatServer, proxy: FaultyProxy, story: Story) {
    this.server = server;
    this.proxy = proxy;
    this.#story = story;
  }

  do(work: () => Promise<void>): Promise<void> {
    this.#doing = this.#doing.then(work);
    return this.#doing;
  }

  /** Kills or stops the server, and starts it again, as often as it takes. */
  end(what: Exclude<End, { kind: "outage" }>, mayFail: boolean, whileDown = async () => {}): Promise<void> {
    return this.do(async () => {
      if (what.kind === "restart") await this.server.stop();
      else {
        await this.server.kill();
        await Bun.sleep(what.downMs);
      }
      this.#story.tell("the server is down");
      await whileDown();
      await this.#start(mayFail);
      this.proxy.retarget(this.server.port);
      this.#story.tell("the server is up");
    });
  }

  async #start(mayFail: boolean): Promise<void> {
    for (;;) {
      try {
        await this.server.restart();
        return;
      } catch (error) {
        if (!mayFail) throw error;
        this.#story.tell(`the server did not start: ${error}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.close();
    await this.server[Symbol.asyncDispose]();
  }
}

/** One server with its file. */
export class OneServer implements Site {
  readonly hasOutages = false;
  readonly #place: Place;
  readonly #story: Story;
  #putBack: () => Promise<void> = async () => {};

  private constructor(place: Place, story: Story) {
    this.#place = place;
    this.#story = story;
  }

  /** @param env variables of the server */
  static async start(
    flags: readonly string[],
    env: Record<string, string>,
    random: Random,
    story: Story,
  ): Promise<OneServer> {
    const server = await startServer(flags, { env });
    const proxy = await FaultyProxy.start(server.port, random.fork("proxy"), (fact) => story.tell(fact));
    return new OneServer(new Place(server, proxy, story), story);
  }

  get counts(): ProxyCounts {
    return this.#place.proxy.counts;
  }

  get lines(): readonly LogLine[] {
    return this.#place.server.lines;
  }

  get stderr(): string {
    return this.#place.server.stderr;
  }

  url(room: string | undefined): string {
    return this.#place.server.url(room);
  }

  badUrl(room: string | undefined): string {
    return this.#place.proxy.url(room);
  }

  async createToken(): Promise<string> {
    const { dataFile } = this.#place.server;
    const options = { dataFile, limits: PEOPLE_LIMITS, now: Date.now, notice: () => {} };
    const people = openPeopleFileBeside(options);
    try {
      return (await people.createToken(PROGRAM_TOKEN)).secret;
    } finally {
      await people.close();
    }
  }

  async createWebhook(url: string): Promise<void> {
    const { dataFile } = this.#place.server;
    const options = { dataFile, limits: WEBHOOK_LIMITS, now: Date.now, notice: () => {} };
    const webhooks = openWebhookFileBeside(options);
    try {
      await webhooks.create({ ...PROGRAM_WEBHOOK, url });
    } finally {
      await webhooks.close();
    }
  }

  cutAll(): void {
    this.#place.proxy.cutAll();
  }

  refuse(refusing: boolean): void {
    this.#place.proxy.refuse(refusing);
  }

  calm(): void {
    this.#place.proxy.calm();
  }

  backUp(): Promise<void> {
    return this.#place.do(async () => {
      this.#putBack = await this.#place.server.store.backUp();
    });
  }

  async end(what: End): Promise<void> {
    if (what.kind === "outage") return;
    const whileDown = async () => {
      this.#story.orders.nicknamesSince = Date.now();
      if (what.kind === "restore") await this.#restore(what.isWhole);
    };
    await this.#place.end(what, false, whileDown);
  }

  async #restore(areIdsForgotten: boolean): Promise<void> {
    const { dataFile } = this.#place.server;
    const held = readHistories(dataFile);
    await this.#putBack();
    if (areIdsForgotten) forgetIds(dataFile);
    this.#story.pasts.push({ held, kept: readHistories(dataFile), at: Date.now() });
    this.#story.tell("the backup is put back");
  }

  async remains(marks: ReadonlySet<string>): Promise<readonly string[]> {
    const texts = filesBeside(this.#place.server.dataFile).map(textIfThere);
    return [...marks].filter((mark) => texts.some((text) => text.includes(mark)));
  }

  async stop(): Promise<string> {
    await this.#place.server.stop();
    return this.#place.server.dataFile;
  }

  async traces(): Promise<{ name: string; text: string }[]> {
    const { dataFile } = this.#place.server;
    const mode = statSync(`${dataFile}.sessions`).mode & 0o777;
    if (mode !== 0o600) this.#story.fault(`the file of sessions has the mode ${mode.toString(8)}`);
    return filesBeside(dataFile).map((path) => ({ name: path, text: readFileSync(path, "latin1") }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#place[Symbol.asyncDispose]();
  }
}

/** All files of a server, without the backups that were taken of them. */
function filesBeside(dataFile: string): string[] {
  return readdirSync(dirname(dataFile), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.includes("/backup-"));
}

/** The bytes of a file that the server may be about to remove. */
function textIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** What files hold while no server runs, without a torn end. */
function readHistories(dataFile: string): Histories {
  const folder = join(dirname(dataFile), `${basename(dataFile, ".json")}.rooms`);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  return new Map([
    [undefined, readMessages(dataFile)],
    ...files.map((file) => [basename(file, ".json"), readMessages(join(folder, file))] as const),
  ]);
}

function readMessages(path: string): History {
  const lines = readFileSync(path, "utf8").split("\n");
  return History.of(lines.flatMap((line) => eventIn(line.replace(/,$/, "")) ?? []));
}

function eventIn(line: string): StoredEvent | null {
  try {
    const event: unknown = JSON.parse(line);
    // The brackets of the file may stand alone in one line.
    return typeof event === "object" && event !== null && "id" in event ? (event as StoredEvent) : null;
  } catch {
    return null;
  }
}

/** Has ids given again, as where what is noted beside the files is of the backup as well. */
function forgetIds(dataFile: string): void {
  const database = new Database(`${dataFile}.sessions`);
  database.run("DELETE FROM last_ids");
  database.run("DELETE FROM emptied");
  database.close();
}

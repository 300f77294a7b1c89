import { join } from "node:path";
import { SQL } from "bun";
import { PEOPLE_LIMITS } from "../../../src/engine/people.ts";
import { Database } from "../../../src/engine/postgres/database.ts";
import { messageColumns, messageOf } from "../../../src/engine/postgres/message-table.ts";
import { openDatabasePeople } from "../../../src/engine/postgres/people-table.ts";
import { integerOf, type Row, rowsOf, textOf } from "../../../src/engine/postgres/rows.ts";
import { unixMs } from "../../../src/engine/postgres/time.ts";
import { openWebhookTable } from "../../../src/engine/postgres/webhook-table.ts";
import { WEBHOOK_LIMITS } from "../../../src/engine/webhook.ts";
import { backupOf, createDatabase, PostgresServer } from "../../support/postgres.ts";
import { FaultyProxy, type ProxyCounts } from "../../support/proxy.ts";
import type { Random } from "../../support/random.ts";
import {
  type ChatServer,
  type LogLine,
  runCommand,
  startServer,
  TemporaryFolder,
} from "../../support/server.ts";
import { History, type StoredChange, seenOf } from "./history.ts";
import type { End } from "./plan.ts";
import { Place, PROGRAM_TOKEN, PROGRAM_WEBHOOK, type Site } from "./site.ts";
import type { Histories, Story } from "./story.ts";

type Outage = Extract<End, { kind: "outage" }>;
type Restore = Extract<End, { kind: "restore" }>;

/** A server of several. */
class ConnectedPlace extends Place {
  /** Between the server and the database. */
  readonly cable: FaultyProxy;

  private constructor(server: ChatServer, proxy: FaultyProxy, story: Story, cable: FaultyProxy) {
    super(server, proxy, story);
    this.cable = cable;
  }

  static async start(
    at: number,
    database: URL,
    flags: readonly string[],
    env: Record<string, string>,
    random: Random,
    story: Story,
  ): Promise<ConnectedPlace> {
    const cable = await FaultyProxy.start(Number(database.port));
    const url = new URL(database);
    url.port = String(cable.port);
    const options = { env: { ...env, CHATBOX_DATABASE_URL: url.href } };
    const server = await untilStarted(() => startServer(flags, options), story);
    const proxy = await FaultyProxy.start(server.port, random.fork(`proxy ${at}`), (fact) =>
      story.tell(`server ${at}, ${fact}`),
    );
    return new ConnectedPlace(server, proxy, story, cable);
  }

  /** The server does not reach the database for a while, whether it is told so or not. */
  pull({ how, forMs }: Outage): Promise<void> {
    return this.do(() => (how === "partition" ? this.#cut(forMs) : this.#stall(forMs)));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.cable.close();
    await super[Symbol.asyncDispose]();
  }

  async #cut(forMs: number): Promise<void> {
    this.cable.refuse(true);
    this.cable.cutAll();
    await Bun.sleep(forMs);
    this.cable.refuse(false);
  }

  async #stall(forMs: number): Promise<void> {
    const { links } = this.cable;
    for (const { up, down } of links) {
      up.hold();
      down.hold();
    }
    await Bun.sleep(forMs);
    for (const link of links) link.heal();
  }
}

/** How often a server is started that does not find its database in time, as on a busy machine. */
const STARTS_MOST = 5;

async function untilStarted(start: () => Promise<ChatServer>, story: Story): Promise<ChatServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === STARTS_MOST) throw error;
      story.tell(`a server did not start: ${error}`);
    }
  }
}

const HISTORY = ["rooms", "messages", "changes", "reactions"];
/** What a standby has lost the newest of; which servers there are is found out at once. */
const RESTORED = [...HISTORY, "nicknames", "past_sessions", "log"];
/** All in which texts or secrets could be. */
const TABLES = [...RESTORED, "servers", "people", "moderation", "actions", "room_settings", "held_messages"];
const CUT_ALL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;
/** Bun's own words about a lost listener, and what a server says that cannot start without its database, or a part of it. */
const OUTAGE_LINES = /^(bun:sql LISTEN .*|The database at .* (cannot be|seems to be) .*)\n/gm;

/** Several servers with one database of their own. Each connection comes to any of them. */
export class ManyServers implements Site {
  readonly hasOutages = true;
  readonly #postgres: PostgresServer;
  readonly #databaseUrl: string;
  readonly #places: readonly [ConnectedPlace, ...ConnectedPlace[]];
  readonly #random: Random;
  readonly #story: Story;
  readonly #folder = new TemporaryFolder();
  /** Statements that put the newest backup back. */
  #backup: { readonly whole: string; readonly messages: string } | null = null;
  /** What is done to the database, one thing after the other. */
  #outage: Promise<void> = Promise.resolve();

  private constructor(
    postgres: PostgresServer,
    databaseUrl: string,
    places: readonly [ConnectedPlace, ...ConnectedPlace[]],
    random: Random,
    story: Story,
  ) {
    this.#postgres = postgres;
    this.#databaseUrl = databaseUrl;
    this.#places = places;
    this.#random = random;
    this.#story = story;
  }

  static async start(
    count: number,
    flags: readonly string[],
    env: Record<string, string>,
    random: Random,
    story: Story,
  ): Promise<ManyServers> {
    const postgres = await PostgresServer.start();
    const databaseUrl = await createDatabase(postgres);
    const [first, ...others] = await Promise.all(
      Array.from({ length: count }, (_, at) =>
        ConnectedPlace.start(at, new URL(databaseUrl), flags, env, random, story),
      ),
    );
    if (first === undefined) throw new Error("a conversation needs a server");
    return new ManyServers(postgres, databaseUrl, [first, ...others], random.fork("balancer"), story);
  }

  get counts(): ProxyCounts {
    const sum = { ...this.#places[0].proxy.counts };
    for (const { proxy } of this.#places.slice(1)) {
      for (const what of Object.keys(sum) as (keyof ProxyCounts)[]) sum[what] += proxy.counts[what];
    }
    return sum;
  }

  get lines(): readonly LogLine[] {
    return this.#places.flatMap(({ server }) => server.lines);
  }

  get stderr(): string {
    return this.#places.map(({ server }) => server.stderr.replace(OUTAGE_LINES, "")).join("");
  }

  url(room: string | undefined): string {
    return this.#random.pick(this.#places).server.url(room);
  }

  badUrl(room: string | undefined): string {
    return this.#random.pick(this.#places).proxy.url(room);
  }

  async createToken(): Promise<string> {
    const database = {
      url: this.#databaseUrl,
      poolSize: 1,
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 30_000,
    };
    const people = await openDatabasePeople({ database, limits: PEOPLE_LIMITS, now: Date.now });
    try {
      return (await people.createToken(PROGRAM_TOKEN)).secret;
    } finally {
      await people.close();
    }
  }

  async createWebhook(url: string): Promise<void> {
    const database = new Database({
      url: this.#databaseUrl,
      poolSize: 1,
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 30_000,
    });
    const shared = { database, limits: WEBHOOK_LIMITS, now: Date.now, server: () => null };
    const { webhooks } = await openWebhookTable({ ...shared, closed: () => database.close() });
    try {
      await webhooks.create({ ...PROGRAM_WEBHOOK, url });
    } finally {
      await webhooks.close();
    }
  }

  cutAll(): void {
    for (const { proxy } of this.#places) proxy.cutAll();
  }

  refuse(refusing: boolean): void {
    for (const { proxy } of this.#places) proxy.refuse(refusing);
  }

  calm(): void {
    for (const { proxy } of this.#places) proxy.calm();
  }

  backUp(): Promise<void> {
    return this.#withDatabase(async () => {
      // What is the newest in one table is so in all.
      const [whole, messages] = [backupOf(RESTORED), backupOf(HISTORY)];
      await this.#ask(`BEGIN ISOLATION LEVEL REPEATABLE READ; ${whole.save}; ${messages.save}; COMMIT`);
      this.#backup = { whole: whole.putBack, messages: messages.putBack };
    });
  }

  #withDatabase(work: () => Promise<void>): Promise<void> {
    this.#outage = this.#outage.then(work);
    return this.#outage;
  }

  end(what: End): Promise<void> {
    if (what.kind === "restore") return what.isLive ? this.#restore(what) : this.#restoreStopped(what);
    const place = this.#places[what.server] ?? this.#places[0];
    if (what.kind !== "outage") return place.end(what, true);
    if (what.how === "partition" || what.how === "stall") return place.pull(what);
    return this.#withDatabase(() => this.#endDatabase(what));
  }

  /** Every server waits until all are down, and the backup is put back. */
  async #restoreStopped(what: Restore): Promise<void> {
    const { promise: restored, resolve, reject } = Promise.withResolvers<void>();
    let running = this.#places.length;
    const whileDown = () => {
      running--;
      if (running === 0) this.#restore(what).then(resolve, reject);
      return restored;
    };
    await Promise.all(this.#places.map((place) => place.end(what, true, whileDown)));
  }

  /** As in a failover that has lost what was newest, the connections are lost as well. */
  #restore({ isWhole }: Restore): Promise<void> {
    const story = this.#story;
    return this.#withDatabase(async () => {
      if (this.#backup === null) return;
      story.hasLostSessions ||= isWhole;
      const sql = new SQL(this.#databaseUrl, { max: 1 });
      story.isRestoring = true;
      try {
        const [held, kept] = await sql.begin(async (tx) => {
          await tx.unsafe("LOCK TABLE chatbox.rooms, chatbox.messages, chatbox.changes, chatbox.reactions");
          const before = await readHistories(tx);
          await tx.unsafe(isWhole ? (this.#backup?.whole ?? "") : (this.#backup?.messages ?? ""));
          return [before, await readHistories(tx)] as const;
        });
        story.pasts.push({ held, kept, at: Date.now() });
        await sql.unsafe(CUT_ALL);
      } finally {
        story.isRestoring = false;
        await sql.close({ timeout: 0 });
      }
      story.tell("the backup is put back");
    });
  }

  async #endDatabase({ how, forMs }: Outage): Promise<void> {
    switch (how) {
      case "SIGINT":
      case "SIGQUIT":
      case "SIGKILL":
        await this.#postgres.stop(how);
        await Bun.sleep(forMs);
        await this.#postgres.restart();
        break;
      case "pause":
        this.#postgres.pause();
        await Bun.sleep(forMs);
        this.#postgres.resume();
        break;
      case "terminate":
        await this.#ask(CUT_ALL);
    }
    this.#story.tell("the database is back");
  }

  async #ask(query: string): Promise<unknown> {
    const sql = new SQL(this.#databaseUrl, { max: 1 });
    try {
      return await sql.unsafe(query);
    } finally {
      await sql.close({ timeout: 0 });
    }
  }

  async remains(marks: ReadonlySet<string>): Promise<readonly string[]> {
    const texts = (await this.traces()).map(({ text }) => text);
    return [...marks].filter((mark) => texts.some((text) => text.includes(mark)));
  }

  async stop(): Promise<string> {
    await Promise.all(this.#places.map(({ server }) => server.stop()));
    const file = join(this.#folder.path, "data.json");
    const { exitCode, stderr } = await runCommand(["export", file, "--database-url", this.#databaseUrl]);
    if (exitCode !== 0) this.#story.fault(`the history could not be exported: ${stderr}`);
    return file;
  }

  async traces(): Promise<{ name: string; text: string }[]> {
    return await Promise.all(
      TABLES.map(async (name) => ({
        name,
        text: JSON.stringify(await this.#ask(`SELECT row_to_json(t)::text FROM chatbox.${name} t`)),
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#places.map((place) => place[Symbol.asyncDispose]()));
    await this.#postgres[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

async function readHistories(sql: SQL): Promise<Histories> {
  const rows = rowsOf(await sql`SELECT room, ${messageColumns(sql)} FROM chatbox.messages ORDER BY id`);
  const changes = rowsOf(
    await sql`
    SELECT room, id::float8 AS id, of::float8 AS of, kind, ${unixMs(sql, sql`sent_at`)} AS time, author
    FROM chatbox.changes ORDER BY id`,
  );
  const changesByRoom = Map.groupBy(changes, roomOf);
  const messagesByRoom = Map.groupBy(rows, roomOf);
  const histories = [...messagesByRoom].map(([room, messages]) => {
    const current = messages.map((row) => seenOf(messageOf(row)));
    return [room, new History(current, changesByRoom.get(room)?.map(changeOf) ?? [])] as const;
  });
  return new Map(histories);
}

function roomOf({ room }: Row): string | undefined {
  return room === "/" ? undefined : textOf(room);
}

function changeOf({ id, of, kind, time, author }: Row): StoredChange {
  return {
    id: integerOf(id),
    of: integerOf(of),
    kind: textOf(kind),
    time: integerOf(time),
    by: textOf(author),
  };
}

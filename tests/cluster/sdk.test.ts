/** Clients of the SDK with several servers and one database, behind a balancer that does not know them apart. */
import { expect, test } from "bun:test";
import { Chat, type Message, StoreError } from "../../src/client/index.ts";
import { ws } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { createDatabase, PostgresServer } from "../support/postgres.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { Random } from "../support/random.ts";
import { SEED } from "../support/seed.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { V3Client, type V3Message } from "../support/v3.ts";

const FLAGS = ["--no-limits", "--grace", "600", "--restart-grace", "600"];
const TALKERS = 6;

/** Somebody who talks, listens, and is connected to whichever server takes the connection. */
class Talker {
  readonly chat: Chat;
  /** All that it was told, from its first message on. */
  readonly view: Message[] = [];
  readonly leaves: string[] = [];
  resumes = 0;
  /** Null for what the server says it could not store: a database that is away for longer than some seconds is told. */
  readonly #delivered: Promise<Message | null>[] = [];
  #said = 0;

  constructor(
    readonly name: string,
    urls: () => readonly string[],
    random: Random,
  ) {
    const server = () => {
      const [first, ...others] = urls();
      return first === undefined ? "ws://127.0.0.1:1/" : random.pick([first, ...others]);
    };
    this.chat = new Chat("ws://balancer/", {
      name,
      version: 3,
      retryFirstMs: 20,
      retryMostMs: 300,
      WebSocket: class extends ws.WebSocket {
        constructor(_url: string, protocols?: string | string[]) {
          super(server(), protocols);
        }
      },
    });
    this.chat.on("history", ({ messages }) => void this.view.push(...messages));
    this.chat.on("message", ({ message }) => void this.view.push(message));
    this.chat.on("leave", ({ name: who }) => void this.leaves.push(who));
    this.chat.on("gap", () => this.leaves.push("a gap"));
    this.chat.on("entered", ({ resumed }) => {
      if (resumed) this.resumes++;
    });
  }

  /** In the room, with everything said confirmed. */
  async settled(): Promise<void> {
    await this.said(0);
  }

  say(count: number): void {
    for (let i = 0; i < count; i++) {
      const delivered = this.chat.send(`${this.name} ${this.#said++}`).catch(nullIfNotStored);
      delivered.catch(() => {});
      this.#delivered.push(delivered);
    }
  }

  /** Says so much more, and waits until all of it is confirmed, or refused by the store. */
  async said(count: number): Promise<void> {
    this.say(count);
    await Promise.all(this.#delivered);
  }

  /** What was said, with the ids it was confirmed with. */
  async confirmed(): Promise<{ id: number | null; content: string }[]> {
    const messages = await Promise.all(this.#delivered);
    return messages.flatMap((message) =>
      message === null ? [] : [{ id: message.id, content: message.content }],
    );
  }
}

function nullIfNotStored(error: unknown): null {
  if (error instanceof StoreError) return null;
  throw error;
}

/** The whole history, as a server has it. */
async function historyOf(url: string): Promise<V3Message[]> {
  using reader = await V3Client.registered(url, "reader");
  const history: V3Message[] = [];
  for (let more = true; more; ) {
    const page = await reader.page({ after: history.at(-1)?.id ?? 0, limit: 1000 });
    history.push(...page.messages);
    more = page.more;
  }
  return history;
}

/** Nothing is lost or doubled, each one's words are in their order, and all have seen the same. */
async function check(server: ChatServer, talkers: readonly Talker[]): Promise<void> {
  for (const talker of talkers) await talker.said(1);
  const history = await historyOf(server.url());
  const contents = history.map(({ content }) => content);
  expect(new Set(contents).size).toBe(contents.length);
  const told = ({ id, name, content }: Message | V3Message) => `${id} ${name}: ${content}`;
  for (const talker of talkers) {
    const own = history.filter(({ name }) => name === talker.name);
    expect(own.map(({ id, content }) => ({ id, content }))).toEqual(
      (await talker.confirmed()).map(({ id, content }) => ({ id: Number(id), content })),
    );
    const last = history.at(-1)?.id ?? 0;
    while ((talker.view.at(-1)?.id ?? 0) < last) await Bun.sleep(5);
    const start = history.findIndex(({ id }) => id === talker.view[0]?.id);
    expect(talker.view.map(told)).toEqual(history.slice(start).map(told));
    expect(talker.leaves.filter((who) => who !== "reader")).toEqual([]);
  }
  for (const talker of talkers) await talker.chat.close();
}

/** The talkers, each of whose attempts goes to any of the addresses that are given at that moment. */
function talkersOf(urls: () => readonly string[], random: Random): Talker[] {
  return Array.from({ length: TALKERS }, (_, at) => new Talker(`t${at}`, urls, random.fork(`talker ${at}`)));
}

test(`RES-7 KEY-3 a rolling restart under load: SDK clients lose and double nothing, and see nobody leave: seed ${SEED}`, async () => {
  await using cluster = await Cluster.start(3, FLAGS);
  const away = new Set<number>();
  const up = () => cluster.servers.filter((_, at) => !away.has(at)).map((server) => server.url());
  const talkers = talkersOf(up, new Random(SEED));
  await Promise.all(talkers.map((talker) => talker.said(5)));
  for (const at of cluster.servers.keys()) {
    for (const talker of talkers) talker.say(30);
    away.add(at);
    expect(await cluster.at(at).stop()).toBe(0);
    await cluster.at(at).restart();
    away.delete(at);
    await Promise.all(talkers.map((talker) => talker.settled()));
  }
  expect(talkers.every((talker) => talker.resumes > 0)).toBe(true);
  await check(cluster.at(0), talkers);
});

test(`RES-7 KEY-3 the database fails over to another address: nothing is lost or doubled, and no server is restarted: seed ${SEED}`, async () => {
  await using primary = await PostgresServer.start();
  using address = await FaultyProxy.start(primary.port);
  const database = new URL(await createDatabase(primary));
  database.port = String(address.port);
  const env = { CHATBOX_DATABASE_URL: String(database) };
  await using first = await startServer(FLAGS, { env });
  await using second = await startServer(FLAGS, { env });
  const talkers = talkersOf(() => [first.url(), second.url()], new Random(SEED));
  await Promise.all(talkers.map((talker) => talker.said(5)));
  for (const talker of talkers) talker.say(30);
  await primary.stop("SIGKILL");
  address.refuse(true);
  address.cutAll();
  await using standby = await primary.startStandby();
  address.retarget(standby.port);
  address.refuse(false);
  await Promise.all(talkers.map((talker) => talker.settled()));
  await check(first, talkers);
});

import { Database } from "bun:sqlite";
import { expect, spyOn, test } from "bun:test";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SessionStore } from "../../src/engine/local/sessions.ts";
import type { Decision } from "../../src/room/decision.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";

function registered(name: string, hash: string, identity = hash): Decision {
  return {
    kind: "registered",
    connection: hash,
    name,
    time: 0,
    session: { hash, identity },
    by: "-".repeat(16),
    networks: [],
    isKnown: false,
  };
}

function left(name: string, hash: string, time: number): Decision {
  return { kind: "left", connection: hash, name, time, session: { hash, identity: hash } };
}

/** A store with a clock of its own. */
class Stage implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly notices: string[] = [];
  readonly dataFile = join(this.folder.path, "data.json");
  readonly file = `${this.dataFile}.sessions`;
  now = 1_000_000;
  store = this.open();

  open(): SessionStore {
    return new SessionStore(
      this.dataFile,
      () => this.now,
      (sentence) => void this.notices.push(sentence),
    );
  }

  reopen(): void {
    this.store.close();
    this.store = this.open();
  }

  names(room = "/"): string[] {
    return this.store
      .load(room)
      .map(({ name, endedAt }) => (endedAt === null ? name : `${name} until ${endedAt}`));
  }

  [Symbol.dispose](): void {
    this.store.close();
    this.folder[Symbol.dispose]();
  }
}

test("RES-7 the sessions of a room come back in the roster's order, room by room, for ten minutes", () => {
  using stage = new Stage();
  stage.store.note("/", [registered("Chi", "c"), registered("An", "a"), registered("Bình", "b")], () => []);
  stage.store.note("tea", [registered("An", "a")], () => []);
  stage.store.note("/", [left("An", "a", stage.now)], () => []);
  stage.now += 600_000;
  stage.reopen();
  expect(stage.names()).toEqual(["Chi", "Bình"]);
  expect(stage.names("tea")).toEqual(["An"]);
  expect(stage.store.heldRooms().toSorted()).toEqual(["/", "tea"]);
  stage.store.close();
  stage.now += 600_001;
  stage.store = stage.open();
  expect([stage.names(), stage.names("tea"), stage.store.heldRooms()]).toEqual([[], [], []]);
});

test("RES-6 a session that has ended is remembered for ten minutes", () => {
  using stage = new Stage();
  stage.store.note("/", [registered("An", "a"), left("An", "a", stage.now)], () => []);
  expect(stage.names()).toEqual([`An until ${stage.now}`]);
  stage.now += 599_999;
  expect(stage.names()).toHaveLength(1);
  stage.now += 1;
  expect(stage.names()).toEqual([]);
});

test("WEL-1 only its owner can read the file, even if others could before", () => {
  using stage = new Stage();
  expect(statSync(stage.file).mode & 0o777).toBe(0o600);
  chmodSync(stage.file, 0o644);
  stage.reopen();
  expect(statSync(stage.file).mode & 0o777).toBe(0o600);
});

test("a damaged file is kept aside, and the server begins without sessions", () => {
  using stage = new Stage();
  stage.store.note("/", [registered("An", "a")], () => []);
  stage.store.close();
  writeFileSync(stage.file, "no database at all, but a text of some length".repeat(100));
  stage.store = stage.open();
  expect(stage.names()).toEqual([]);
  expect(stage.notices).toHaveLength(1);
  expect(readFileSync(`${stage.file}.damaged`, "latin1")).toStartWith("no database");
  stage.store.note("/", [registered("An", "a")], () => []);
  stage.reopen();
  expect(stage.names()).toEqual(["An"]);
});

test("RES-7 changes that could not be noted are noted with the next batch", () => {
  using stage = new Stage();
  stage.store.note("/", [registered("An", "a")], () => []);
  const broken = spyOn(Database.prototype, "query").mockImplementation(() => {
    throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  });
  expect(() => stage.store.note("/", [registered("Bình", "b"), left("An", "a", 5)], () => [])).toThrow(
    "full",
  );
  broken.mockRestore();
  stage.store.note("/", [], () => [{ name: "Bình", session: { hash: "b", identity: "b" } }]);
  stage.reopen();
  expect(stage.names()).toEqual(["Bình"]);
});

for (const [what, kilobytes] of [
  ["too full for the sessions of all", 80],
  ["too full for any session", 4],
] as const) {
  test(`RES-1 on a disk that is ${what}, people register and resume all the same`, async () => {
    await using server = await startServer(["--no-limits"], {
      wrap: (command) => ["bash", "-c", `ulimit -f ${kilobytes}; exec "$@"`, "bash", ...command],
    });
    const names = Array.from({ length: 40 }, (_, i) => `${"n".repeat(90)}${i}`);
    const clients: V3Client[] = [];
    for (const name of names) clients.push(await V3Client.registered(server.url(), name));
    await server.waitForLog((line) => line.event === (kilobytes > 4 ? "fault" : "history"));
    const last = clients.at(-1);
    await last?.vanish();
    using newer = await V3Client.connect(server.url());
    expect(await newer.resume(last?.session ?? "")).toMatchObject({ status: true, name: names.at(-1) });
    for (const client of clients) client.chat.terminate();
  });
}

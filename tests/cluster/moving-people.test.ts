/** People and webhooks that are moved along with their history. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPeopleFile } from "../../src/engine/local/people-file.ts";
import { openWebhookFile, readWebhookFile } from "../../src/engine/local/webhook-file.ts";
import { PEOPLE_LIMITS } from "../../src/engine/people.ts";
import { openDatabasePeople } from "../../src/engine/postgres/people-table.ts";
import type { StoredPeople } from "../../src/engine/stored-people.ts";
import { WEBHOOK_LIMITS } from "../../src/engine/webhook.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, TemporaryFolder } from "../support/server.ts";

const AN = "An______________";

function fileOf(dataFile: string): StoredPeople {
  return openPeopleFile({ dataFile, limits: PEOPLE_LIMITS, now: Date.now, notice: () => {} });
}

function tableOf(url: string): Promise<StoredPeople> {
  const database = { url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 };
  return openDatabasePeople({ database, limits: PEOPLE_LIMITS, now: Date.now });
}

async function stateOf(people: StoredPeople) {
  const state = [people.idOfKey("k"), people.grants(), people.reservedBy(AN), people.tokens()];
  await people.close();
  return state;
}

test("people are moved to a database and back with their ids, roles and nicknames, and an open owner code", async () => {
  using folder = new TemporaryFolder();
  const [from, to] = ["from.json", "to.json"].map((name) => join(folder.path, name)) as [string, string];
  writeFileSync(from, "[\n]\n");
  const before = fileOf(from);
  await before.grant(AN, "owner", null);
  await before.give("Bình", AN);
  const order = {
    label: "CI",
    nickname: "Bot",
    scopes: ["post"],
    rooms: ["tea"],
    isHook: true,
    expiresAt: 7,
  } as const;
  await before.createToken(order);
  const code = await before.createOwnerCode(60_000);
  const state = await stateOf(before);
  const url = await createDatabase();
  for (let i = 0; i < 2; i++) {
    const imported = await runCommand(["import", from, "--database-url", url]);
    expect(imported.stdout).toEndWith("People: 1 role, 2 reserved nicknames, 1 token.\n");
  }
  const there = await tableOf(url);
  await there.grant("Chi_____________", "member", "tea");
  expect(await there.give("bình", "Dung____________")).toBe("taken");
  expect(await there.redeemOwnerCode(code, "Binh____________")).toBe(true);
  const after = await stateOf(there);
  expect([after[0], after[2], after[3]]).toEqual([state[0], state[2], state[3]]);
  // The database has gone on: the file is an earlier state of it.
  expect((await runCommand(["import", from, "--database-url", url])).stdout).toContain("were not copied");
  for (const target of [to, from]) {
    const exported = await runCommand(["export", target, "--database-url", url]);
    expect(exported.stdout).toEndWith("People: 3 roles, 2 reserved nicknames, 1 token.\n");
    expect(await stateOf(fileOf(target))).toEqual(after);
  }
});

test("people of another chat are not replaced", async () => {
  using folder = new TemporaryFolder();
  const [from, to] = ["from.json", "to.json"].map((name) => join(folder.path, name)) as [string, string];
  const states: Awaited<ReturnType<typeof stateOf>>[] = [];
  for (const dataFile of [from, to]) {
    writeFileSync(dataFile, "[\n]\n");
    const people = fileOf(dataFile);
    await people.grant(AN, "owner", null);
    states.push(await stateOf(people));
  }
  const { exitCode, stdout } = await runCommand(["import", from, "--data", to]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("The roles and reserved nicknames were not copied: there are others already.");
  expect([await stateOf(fileOf(from)), await stateOf(fileOf(to))]).toEqual(states);
});

test("webhooks are moved with their secrets and how far they have come, and what has come further is kept", async () => {
  using folder = new TemporaryFolder();
  const [from, to] = ["from.json", "to.json"].map((name) => join(folder.path, name)) as [string, string];
  writeFileSync(from, "[\n]\n");
  const webhooks = openWebhookFile({
    dataFile: from,
    limits: WEBHOOK_LIMITS,
    now: Date.now,
    notice: () => {},
  });
  const order = { label: "A", url: "https://example.org/", topics: ["messages"], rooms: ["tea"] } as const;
  const { id: webhook } = await webhooks.create(order);
  const cursor = { webhook, room: "tea", id: 7, time: 1_000, readAt: 2_000, failure: null };
  await webhooks.keep([cursor]);
  const url = await createDatabase();
  const move = async (kind: "import" | "export", file: string) =>
    (await runCommand([kind, file, "--database-url", url])).stdout;
  expect(await move("import", from)).toEndWith("Webhooks: 1.\n");
  expect(await move("export", to)).toEndWith("Webhooks: 1.\n");
  expect(readWebhookFile(to)).toEqual(readWebhookFile(from));
  expect(readWebhookFile(to)).toMatchObject({ webhooks: webhooks.list(), cursors: [cursor] });
  await webhooks.keep([{ ...cursor, id: 9 }]);
  expect(await move("export", from)).toEndWith(
    "The webhooks were not copied: there are others already, or they have come further.\n",
  );
  expect(await move("import", from)).toEndWith("Webhooks: 1.\n");
  await webhooks.close();
});

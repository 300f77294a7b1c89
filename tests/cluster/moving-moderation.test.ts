/** Moderation that is moved along with its history. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openModerationFile } from "../../src/engine/local/moderation-file.ts";
import { MODERATION_LIMITS } from "../../src/engine/moderation.ts";
import type { StoredModeration } from "../../src/engine/stored-moderation.ts";
import { DEFAULT_SETTINGS } from "../../src/room/room-settings.ts";
import { actionLike, heldLike, reportLike } from "../contracts/moderation.ts";
import { createDatabase } from "../support/postgres.ts";
import { runCommand, TemporaryFolder } from "../support/server.ts";

function fileOf(dataFile: string): StoredModeration {
  return openModerationFile({ dataFile, limits: MODERATION_LIMITS, now: Date.now, notice: () => {} });
}

async function stateOf(dataFile: string) {
  const moderation = fileOf(dataFile);
  const state = {
    actions: await moderation.actions(null, { person: null, before: null, limit: 100 }),
    inForce: moderation.inForce(null, 0),
    rooms: [...moderation.rooms()],
    reports: await moderation.reports("tea"),
    held: await moderation.held("tea"),
    waiting: moderation.waiting("tea"),
  };
  await moderation.close();
  return state;
}

async function filled(dataFile: string): Promise<void> {
  writeFileSync(dataFile, "[\n]\n");
  const moderation = fileOf(dataFile);
  const undone = await moderation.act(actionLike({ networks: ["n0"] }));
  await moderation.act(actionLike({ kind: "ban", networks: ["n1"], room: null }));
  await moderation.act(actionLike({ kind: "undo", of: undone.id }));
  const settings = { ...DEFAULT_SETTINGS, topic: "tea" };
  await moderation.act(actionLike({ kind: "settings", person: null, settings }));
  await moderation.report(reportLike());
  await moderation.hold("tea", [heldLike(), heldLike({ content: "two" })]);
  await moderation.close();
}

test("moderation is moved to a database and back, whole", async () => {
  using folder = new TemporaryFolder();
  const [from, to] = ["from.json", "to.json"].map((name) => join(folder.path, name)) as [string, string];
  await filled(from);
  const state = await stateOf(from);
  expect(state).toMatchObject({ inForce: [{ networks: ["n1"] }], waiting: { reports: 1, held: 2 } });
  const url = await createDatabase();
  const moved = "Moderation: 4 actions, 1 room with settings, 1 report, 2 held messages.\n";
  for (let i = 0; i < 2; i++) {
    const imported = await runCommand(["import", from, "--database-url", url]);
    expect(imported.stdout).toEndWith(moved);
  }
  const exported = await runCommand(["export", to, "--database-url", url]);
  expect(exported.stdout).toEndWith(moved);
  expect(await stateOf(to)).toEqual(state);
  // What comes later has its place behind it.
  const moderation = fileOf(to);
  const { id } = await moderation.act(actionLike());
  await moderation.close();
  expect((await stateOf(to)).actions.map((each) => each.id)).toEqual([
    id,
    ...state.actions.map((each) => each.id),
  ]);
});

test("moderation of another chat is not replaced", async () => {
  using folder = new TemporaryFolder();
  const [from, to] = ["from.json", "to.json"].map((name) => join(folder.path, name)) as [string, string];
  for (const dataFile of [from, to]) await filled(dataFile);
  const before = [await stateOf(from), await stateOf(to)];
  const { exitCode, stdout } = await runCommand(["import", from, "--data", to]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("was not copied: there is other moderation already.");
  expect([await stateOf(from), await stateOf(to)]).toEqual(before);
});

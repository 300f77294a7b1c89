import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isEnding } from "../../src/engine/failure.ts";
import { openModerationFileBeside } from "../../src/engine/local/moderation-file.ts";
import { MODERATION_LIMITS } from "../../src/engine/moderation.ts";
import { TemporaryFolder } from "../support/server.ts";

test("what moderators ask of a server that is ending is told from a fault of the store", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(dataFile, "[\n]\n");
  const moderation = openModerationFileBeside({
    dataFile,
    limits: MODERATION_LIMITS,
    now: Date.now,
    notice: () => {},
  });
  await moderation.close();
  const error = await moderation.report({} as never).catch((reason: unknown) => reason);
  expect(isEnding(error)).toBe(true);
  expect(isEnding(new Error("the disk is full"))).toBe(false);
});

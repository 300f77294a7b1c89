import { afterAll } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModerationFileBeside } from "../../src/engine/local/moderation-file.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { openModerationTable } from "../../src/engine/postgres/moderation-table.ts";
import { migrate } from "../../src/engine/postgres/schema.ts";
import { Subscription } from "../../src/engine/postgres/subscription.ts";
import type { StoredModeration } from "../../src/engine/stored-moderation.ts";
import { createDatabase } from "../support/postgres.ts";
import { type ModerationKind, moderationContract } from "./moderation.ts";

const folder = mkdtempSync(join(tmpdir(), "chatbox-moderation-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

const FILE: ModerationKind = {
  name: "file",
  create: async (options) => {
    const dataFile = join(folder, `${++files}.json`);
    writeFileSync(dataFile, "[\n]\n");
    const opened: StoredModeration[] = [];
    return {
      open: async () => {
        const moderation = openModerationFileBeside({ ...options, dataFile, notice: () => {} });
        opened.push(moderation);
        return moderation;
      },
      close: async () => {
        for (const moderation of opened) await moderation.close();
      },
    };
  },
};

const TABLE: ModerationKind = {
  name: "table",
  create: async (options) => {
    const url = await createDatabase();
    const opened: { close(): unknown }[] = [];
    return {
      open: async () => {
        const database = new Database({ url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 });
        await migrate(database, url);
        const { moderation, table } = await openModerationTable({ ...options, database });
        const subscription = new Subscription(database, {
          server: () => "",
          notified: ({ kind }) => {
            if (kind === "moderation") table.catchUp().catch(() => {});
          },
          subscribed: () => void table.catchUp().catch(() => {}),
          fault: () => {},
        });
        await subscription.open();
        opened.push(moderation, subscription, database);
        return moderation;
      },
      close: async () => {
        for (const each of opened) await each.close();
      },
    };
  },
};

moderationContract(FILE);
moderationContract(TABLE);

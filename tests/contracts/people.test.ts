import { Database as SqliteDatabase } from "bun:sqlite";
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPeopleFileBeside } from "../../src/engine/local/people-file.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { openPeopleTable } from "../../src/engine/postgres/people-table.ts";
import { migrate } from "../../src/engine/postgres/schema.ts";
import { Subscription } from "../../src/engine/postgres/subscription.ts";
import type { StoredPeople } from "../../src/engine/stored-people.ts";
import { administer, createDatabase } from "../support/postgres.ts";
import { type PeopleKind, peopleContract } from "./people.ts";

const folder = mkdtempSync(join(tmpdir(), "chatbox-people-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

const FILE: PeopleKind = {
  name: "file",
  create: async (options) => {
    const dataFile = join(folder, `${++files}.json`);
    writeFileSync(dataFile, "[\n]\n");
    const opened: StoredPeople[] = [];
    return {
      open: async () => {
        const people = openPeopleFileBeside({ ...options, dataFile, notice: () => {} });
        opened.push(people);
        return people;
      },
      close: async () => {
        for (const people of opened) await people.close();
      },
      forgetChanges: async () => {
        const database = new SqliteDatabase(`${dataFile}.people`);
        database.run("PRAGMA busy_timeout = 5000");
        database.run("DELETE FROM changes");
        database.close();
      },
    };
  },
};

const TABLE: PeopleKind = {
  name: "table",
  create: async (options) => {
    const url = await createDatabase();
    const opened: { close(): unknown }[] = [];
    return {
      open: async () => {
        const database = new Database({ url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 3000 });
        await migrate(database, url);
        const { people, table } = await openPeopleTable({ ...options, database });
        const subscription = new Subscription(database, {
          server: () => "",
          notified: ({ kind }) => {
            if (kind === "people") table.catchUp().catch(() => {});
          },
          subscribed: () => void table.catchUp().catch(() => {}),
          fault: () => {},
        });
        await subscription.open();
        opened.push(people, subscription, database);
        return people;
      },
      close: async () => {
        for (const each of opened) await each.close();
      },
      forgetChanges: () => administer(url, "DELETE FROM chatbox.people_log").then(() => {}),
    };
  },
};

peopleContract(FILE);
peopleContract(TABLE);

/** What the stores of the page's files promise, whichever they are. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AssetStore, assetName, isAssetName, isWhole } from "../../src/engine/assets.ts";
import { AssetFolder } from "../../src/engine/local/asset-folder.ts";
import { AssetTable } from "../../src/engine/postgres/asset-table.ts";
import { Database } from "../../src/engine/postgres/database.ts";
import { migrate } from "../../src/engine/postgres/schema.ts";
import { createDatabase } from "../support/postgres.ts";
import { TemporaryFolder } from "../support/server.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const PLENTY = { ageMs: DAY_MS, bytes: 1_000_000 };

interface Stage {
  readonly store: AssetStore;
  /** Has a file be kept for the last time so long ago. */
  backdate(name: string, ms: number): Promise<void>;
  /** Puts something into the store that it does not know of. */
  insert(name: string, contents: string): Promise<void>;
}

const databases: Database[] = [];
afterAll(() => Promise.all(databases.map((database) => database.close())));

const kinds: Record<string, () => Promise<Stage>> = {
  folder: async () => {
    const folder = join(new TemporaryFolder().path, "data.assets");
    return {
      store: new AssetFolder(folder),
      backdate: async (name, ms) => utimesSync(join(folder, name), new Date(), (Date.now() - ms) / 1000),
      insert: async (name, contents) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), contents);
      },
    };
  },
  table: async () => {
    const url = await createDatabase();
    const database = new Database({ url, poolSize: 2, statementTimeoutMs: 4000, connectTimeoutMs: 4000 });
    databases.push(database);
    await migrate(database, url);
    return {
      store: new AssetTable(database),
      backdate: async (name, ms) => {
        await database.query(
          5000,
          (sql) =>
            sql`UPDATE chatbox.assets SET kept_at = now() - ${ms}::float8 * interval '1 millisecond' WHERE name = ${name}`,
        );
      },
      insert: async (name, contents) => {
        const bytes = new TextEncoder().encode(contents);
        await database.query(
          5000,
          (sql) =>
            sql`INSERT INTO chatbox.assets (name, contents, kept_at) VALUES (${name}, ${bytes}, now())`,
        );
      },
    };
  },
};

/** A file with some contents, in a map as a store takes them. */
function file(contents: string | Uint8Array<ArrayBuffer>, stem = "page", ending = "js") {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const name = assetName(stem, bytes, ending);
  return { name, bytes, files: new Map([[name, bytes]]) };
}

for (const [kind, open] of Object.entries(kinds)) {
  test(`assets: a ${kind} returns what it keeps byte for byte, also when it is opened again`, async () => {
    const { store } = await open();
    expect(await store.names()).toEqual(new Set());
    const script = file("alert(1)");
    const picture = file(
      new Uint8Array(70_000).map((_, i) => i * 7),
      "icon-unread",
      "png",
    );
    expect(await store.read(script.name)).toBeNull();
    await store.keep(new Map([...script.files, ...picture.files]), PLENTY);
    await store.keep(script.files, PLENTY);
    expect(await store.names()).toEqual(new Set([script.name, picture.name]));
    expect(await store.read(script.name)).toEqual(script.bytes);
    expect(await store.read(picture.name)).toEqual(picture.bytes);
  });

  test(`assets: a ${kind} drops files that no server has kept for long, and not those that one has kept again`, async () => {
    const { store, backdate } = await open();
    const [old, again, fresh] = [file("old"), file("again"), file("new")];
    await store.keep(new Map([...old.files, ...again.files]), PLENTY);
    for (const { name } of [old, again]) await backdate(name, 2 * DAY_MS);
    await store.keep(new Map([...again.files, ...fresh.files]), PLENTY);
    expect(await store.names()).toEqual(new Set([again.name, fresh.name]));
  });

  test(`assets: a ${kind} holds a limited number of bytes, and the oldest files go first`, async () => {
    const { store, backdate } = await open();
    const files = Array.from({ length: 5 }, (_, i) => file(new Uint8Array(1000).fill(i)));
    for (const [i, each] of files.entries()) {
      await store.keep(each.files, PLENTY);
      await backdate(each.name, (files.length - i) * 60_000);
    }
    const newest = file(new Uint8Array(1000).fill(9));
    await store.keep(newest.files, { ...PLENTY, bytes: 3000 });
    expect(await store.names()).toEqual(new Set([...files.slice(3).map(({ name }) => name), newest.name]));
  });

  test(`assets: a ${kind} lists only names that files of a page can have`, async () => {
    const { store, insert } = await open();
    const html = file("<script>", "page", "html").name;
    for (const name of [html, "page.js", `page-${"0".repeat(31)}.js`]) {
      await insert(name, "<script>");
    }
    await store.keep(file("x").files, PLENTY);
    expect(await store.names()).toEqual(new Set([file("x").name]));
  });
}

test("assets: only its owner can use a folder and its files, and a damaged file is written again", async () => {
  using temporary = new TemporaryFolder();
  const folder = join(temporary.path, "data.assets");
  const store = new AssetFolder(folder);
  const { name, bytes, files } = file("whole");
  await store.keep(files, PLENTY);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  writeFileSync(join(folder, name), "wh");
  await store.keep(files, PLENTY);
  expect(await store.read(name)).toEqual(bytes);
  expect(readdirSync(folder)).toEqual([name]);
});

test("assets: neither a link nor a name leads out of the folder", async () => {
  using temporary = new TemporaryFolder();
  const folder = join(temporary.path, "data.assets");
  mkdirSync(folder);
  writeFileSync(join(temporary.path, "data.json"), "[]");
  const { name } = file("linked");
  symlinkSync(join(temporary.path, "data.json"), join(folder, name));
  mkdirSync(join(folder, file("folder").name));
  const store = new AssetFolder(folder);
  for (const each of [name, file("folder").name, "../data.json", `../data.assets/${name}`, ""]) {
    expect(await store.read(each)).toBeNull();
  }
});

test("assets: files that a killed server left half written are removed, and files of others stay", async () => {
  using temporary = new TemporaryFolder();
  const { name, files } = file("x");
  const store = new AssetFolder(temporary.path);
  const left = `${name}.4711.tmp`;
  for (const each of [left, "notes.tmp", "notes.txt"]) {
    writeFileSync(join(temporary.path, each), "");
    utimesSync(join(temporary.path, each), 0, 0);
  }
  await store.keep(files, PLENTY);
  expect(readdirSync(temporary.path).toSorted()).toEqual(["notes.tmp", "notes.txt", name]);
});

test("assets: only a lower-case name with a whole digest and a known ending is valid", () => {
  const digest = "0123456789abcdef0123456789abcdef";
  for (const name of [`page-${digest}.js`, `icon-unread-${digest}.svg`]) expect(isAssetName(name)).toBe(true);
  for (const name of [
    `page-${digest}.html`,
    `page-${digest}`,
    `-${digest}.js`,
    `${digest}.js`,
    `Page-${digest}.js`,
    `page-${digest.toUpperCase()}.js`,
    `../page-${digest}.js`,
    `a/page-${digest}.js`,
    `a\\page-${digest}.js`,
    `page-${digest}.js\n`,
    `page-${digest}.js.tmp`,
    `page-${digest}0.js`,
    `${"a".repeat(65)}-${digest}.js`,
  ]) {
    expect([name, isAssetName(name)]).toEqual([name, false]);
  }
  const { name, bytes } = file("contents");
  expect(isWhole(name, bytes)).toBe(true);
  expect(isWhole(name, new TextEncoder().encode("content"))).toBe(false);
});

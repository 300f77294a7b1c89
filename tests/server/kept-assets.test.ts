import { expect, test } from "bun:test";
import { type AssetStore, assetName } from "../../src/engine/assets.ts";
import { KeptAssets } from "../../src/server/kept-assets.ts";

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

/** A store in memory that counts, and fails when it is told to. */
class Store implements AssetStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  looks = 0;
  reads = 0;
  isFailing = false;

  async names(): Promise<ReadonlySet<string>> {
    this.looks++;
    if (this.isFailing) throw new Error("no store");
    return new Set(this.files.keys());
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    this.reads++;
    if (this.isFailing) throw new Error("no store");
    return this.files.get(name) ?? null;
  }

  async keep(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<void> {
    if (this.isFailing) throw new Error("no store");
    for (const [name, bytes] of files) this.files.set(name, bytes);
  }

  add(text: string): string {
    const bytes = new TextEncoder().encode(text);
    const name = assetName("page", bytes, "js");
    this.files.set(name, bytes);
    return name;
  }
}

class Stage implements Disposable {
  readonly store = new Store();
  readonly faults: unknown[] = [];
  readonly own = new Map([["page-own.js", new Uint8Array(3)]]);
  readonly assets = new KeptAssets(this.store, this.own, MONTH_MS, (error) => this.faults.push(error));

  get(name: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
    return this.assets.respond(`/assets/${name}`, new Request("http://chat.test/", { headers }));
  }

  [Symbol.dispose](): void {
    this.assets.stop();
  }
}

test("a file of another server's page is answered as the own ones are", async () => {
  using stage = new Stage();
  const text = "alert(1);".repeat(100);
  const name = stage.store.add(text);
  const plain = await stage.get(name);
  expect(plain?.status).toBe(200);
  expect(await plain?.text()).toBe(text);
  expect(plain?.headers.get("Content-Type")).toBe("text/javascript;charset=utf-8");
  expect(plain?.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  expect(plain?.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(plain?.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  const packed = await stage.get(name, { "Accept-Encoding": "br" });
  expect(packed?.headers.get("Content-Encoding")).toBe("br");
  const tag = packed?.headers.get("ETag") ?? "";
  expect((await stage.get(name, { "Accept-Encoding": "br", "If-None-Match": tag }))?.status).toBe(304);
  expect([stage.store.looks, stage.store.reads]).toEqual([1, 1]);
});

test("a file that another server has kept a moment ago is found", async () => {
  using stage = new Stage();
  expect(await stage.get(stage.store.add("first"))).toBeDefined();
  expect(await stage.get(stage.store.add("second"))).toBeDefined();
});

test("however many requests for missing files come at once, the store is listed once", async () => {
  using stage = new Stage();
  const names = Array.from({ length: 500 }, (_, i) => new Store().add(`${i}`));
  const answers = await Promise.all(names.map((name) => stage.get(name)));
  expect(answers.every((each) => each === undefined)).toBe(true);
  expect([stage.store.looks, stage.store.reads]).toEqual([1, 0]);
});

test("a name that no file of a page can have is not looked up", async () => {
  using stage = new Stage();
  for (const name of ["", "page.js", "../data.json", "%2e%2e/data.json", "page-own.js"]) {
    expect(await stage.get(name)).toBeUndefined();
  }
  expect(stage.store.looks).toBe(0);
});

test("contents that do not match their name are never served", async () => {
  using stage = new Stage();
  const name = stage.store.add("good");
  stage.store.files.set(name, new TextEncoder().encode("evil"));
  expect(await stage.get(name)).toBeUndefined();
  stage.store.add("good");
  expect(await (await stage.get(name))?.text()).toBe("good");
});

test("a file that has left the store is no longer served after the next listing", async () => {
  using stage = new Stage();
  const name = stage.store.add("old");
  expect(await stage.get(name)).toBeDefined();
  stage.store.files.delete(name);
  expect(await stage.get(new Store().add("unknown"))).toBeUndefined();
  expect(await stage.get(name)).toBeUndefined();
});

test("a store that fails stops nothing, is reported once, and works again by itself", async () => {
  using stage = new Stage();
  stage.store.isFailing = true;
  await stage.assets.start();
  const name = stage.store.add("there");
  expect(await stage.get(name)).toBeUndefined();
  expect(stage.faults).toHaveLength(1);
  stage.store.isFailing = false;
  expect(await stage.get(name)).toBeDefined();
  stage.store.isFailing = true;
  expect(await stage.get(new Store().add("unknown"))).toBeUndefined();
  expect(stage.faults).toHaveLength(2);
});

test("a start keeps the own files for the others", async () => {
  using stage = new Stage();
  await stage.assets.start();
  expect(stage.store.files).toEqual(stage.own);
});

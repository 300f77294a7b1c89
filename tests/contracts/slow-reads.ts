/** What an engine promises while its store is slow to read. */
import { expect, spyOn, test } from "bun:test";
import type { Archive } from "../../src/engine/archive.ts";
import type { PageRequest } from "../../src/protocol/page.ts";
import { contentsOf, type EngineKind, EngineStage, pageShown, type Told } from "./suite.ts";

const STORED = 150;

/** Has reads of an archive wait. @returns what lets them go on, or has them fail until it is called again */
function holdReads(archive: Archive): (error?: Error) => void {
  const { promise: gate, resolve, reject } = Promise.withResolvers<void>();
  gate.catch(() => undefined);
  const spies = (["tail", "below", "events"] as const).map((method) => {
    const read = archive[method];
    return spyOn(archive, method).mockImplementation(async function (this: Archive, ...args: unknown[]) {
      await gate;
      return (await Reflect.apply(read as never, this, args)) as never;
    });
  });
  return (error) => {
    if (error !== undefined) reject(error);
    else for (const spy of spies) spy.mockRestore();
    resolve();
  };
}

/** @param archive the prototype of the engine's archives */
export function slowReadContract(kind: EngineKind, archive: Archive): void {
  /** A room with a history that is not in memory, and people who talk. */
  const talk = async (): Promise<EngineStage> => {
    const before = new EngineStage();
    before.engine = await kind.open(before.deliver);
    before.engine.enter("/");
    before.name("1", "writer");
    for (let i = 1; i <= STORED; i++) before.send("1", `m${i}`);
    await before.until(1 + STORED);
    before.leave("1");
    await before.engine.close();
    const stage = new EngineStage();
    stage.engine = await kind.open(stage.deliver, before);
    for (const connection of ["a", "b", "2"]) {
      stage.engine.enter("/");
      stage.name(connection, `n${connection}`);
    }
    await stage.until(3);
    return stage;
  };

  const page = (
    stage: EngineStage,
    connection: string,
    request: Partial<PageRequest>,
    ref?: number,
  ): void => {
    const wanted = { limit: 3, before: null, after: null, ...request };
    stage.submit(connection, { kind: "get", page: wanted }, "/", ref);
  };

  /** The next outcomes, by connection and kind. */
  const next = async (stage: EngineStage, count: number, act: () => void): Promise<readonly Told[]> => {
    const { length } = stage.told;
    act();
    return (await stage.until(length + count)).slice(length);
  };

  const named = (told: readonly Told[]) => told.map(({ connection, kind }) => `${connection} ${kind}`);

  test(`${kind.name}: REF-3 a page that must be read holds up nobody, and its reply is recognised by its ref`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    const meanwhile = await next(stage, 3, () => {
      page(stage, "a", { before: 5 }, 7);
      stage.send("a", "mine");
      stage.send("b", "another's");
      stage.name("a", "renamed");
    });
    expect(named(meanwhile)).toEqual(["a sent", "b sent", "a renamed"]);
    const [told] = await next(stage, 1, () => letGo());
    if (told?.kind !== "page") throw new Error("a page was asked for");
    expect(told).toMatchObject({ connection: "a", ref: 7, name: "renamed", online: ["renamed", "nb", "n2"] });
    expect(pageShown(told.page)).toMatchObject({ contents: ["m2", "m3", "m4"], more: true });
    await stage.engine.close();
  });

  test(`${kind.name}: REQ-7 ORD-5 without a ref, replies wait in order for a history that must be read, and other connections do not wait`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    const meanwhile = await next(stage, 1, () => {
      stage.get("2");
      stage.send("2", "after the get");
      stage.send("b", "before its reply");
      stage.leave("2");
    });
    expect(named(meanwhile)).toEqual(["b sent"]);
    const told = await next(stage, 3, () => letGo());
    expect(named(told)).toEqual(["2 history", "2 sent", "2 left"]);
    expect(contentsOf(told[0]).slice(-2)).toEqual([`m${STORED}`, "before its reply"]);
    await stage.engine.close();
  });

  test(`${kind.name}: RES-4 REQ-7 requests after a resume wait for the page of the resume, and other connections do not`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    stage.engine.enter("/");
    const meanwhile = await next(stage, 2, () => {
      stage.vanish("a");
      stage.resume("c", "a", { after: 1, limit: 2 });
      stage.send("c", "back");
      stage.send("b", "meanwhile");
    });
    expect(named(meanwhile)).toEqual(["a absent", "b sent"]);
    const told = await next(stage, 2, () => letGo());
    expect(named(told)).toEqual(["c resumed", "c sent"]);
    if (told[0]?.kind !== "resumed" || told[0].shown === null) throw new Error("it was resumed here");
    expect(pageShown(told[0].shown.page)).toMatchObject({ contents: ["m2", "m3"], more: true });
    await stage.engine.close();
  });

  test(`${kind.name}: REQ-7 REF-3 LIM-7 every page has its reply, with a ref or without one, before the connection is ended`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    const refs = [1, 2, 3, 4, 5, 6];
    const meanwhile = await next(stage, 1, () => {
      for (const ref of refs) page(stage, "a", { before: 5 + ref }, ref);
      page(stage, "a", { before: 5 });
      stage.engine.submit("/", { kind: "end", connection: "a" });
      stage.send("b", "meanwhile");
    });
    expect(named(meanwhile)).toEqual(["b sent"]);
    const told = await next(stage, refs.length + 2, () => letGo());
    expect(named(told)).toEqual([...refs, "no ref"].map(() => "a page").concat("a ended"));
    expect(new Set(told.map(({ ref }) => ref))).toEqual(new Set([...refs, undefined]));
    await stage.engine.close();
  });

  test(`${kind.name}: REQ-7 nothing is read for a connection without a nickname, unless it asks for one first`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    for (let i = 0; i < 2; i++) stage.engine.enter("/");
    const meanwhile = await next(stage, 3, () => {
      page(stage, "c", { before: 5 }, 7);
      stage.get("d");
      stage.name("d", "nd");
      page(stage, "d", { before: 5 }, 8);
    });
    expect(named(meanwhile)).toEqual(["c unregistered", "d unregistered", "d registered"]);
    const [told] = await next(stage, 1, () => letGo());
    if (told?.kind !== "page") throw new Error("a page was asked for");
    expect(pageShown(told.page).contents).toEqual(["m2", "m3", "m4"]);
    await stage.engine.close();
  });

  test(`${kind.name}: an engine that is closed while history is read first tells all that was asked`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    let isClosed = false;
    let closing = Promise.resolve();
    await next(stage, 1, () => {
      page(stage, "a", { before: 5 }, 7);
      stage.get("2");
      stage.send("2", "behind it");
      stage.leave("a");
      closing = stage.engine.close().then(() => {
        isClosed = true;
      });
    });
    expect(isClosed).toBe(false);
    const told = await next(stage, 3, () => letGo());
    expect(named(told).toSorted()).toEqual(["2 history", "2 sent", "a unregistered"]);
    await closing;
  });

  test(`${kind.name}: GET-6 RES-4 a history that cannot be read fails alone, and the nickname is resumed all the same`, async () => {
    const stage = await talk();
    const letGo = holdReads(archive);
    stage.engine.enter("/");
    await next(stage, 2, () => {
      stage.vanish("a");
      stage.resume("c", "a", { after: 1 });
      page(stage, "b", { before: 5 }, 8);
      stage.get("2");
      stage.send("b", "x");
    });
    const told = await next(stage, 3, () => letGo(new Error("the disk is on fire")));
    letGo();
    expect(named(told).toSorted()).toEqual(["2 get-failed", "b get-failed", "c resumed"]);
    expect(told.find(({ kind }) => kind === "resumed")).toMatchObject({
      shown: { page: { more: true, messages: new Uint8Array(0) } },
    });
    const [again] = await next(stage, 1, () => page(stage, "c", { after: 1, limit: 3 }, 9));
    if (again?.kind !== "page") throw new Error("a page was asked for");
    expect(pageShown(again.page).contents).toEqual(["m2", "m3", "m4"]);
    await stage.engine.close();
  });
}

/** What every engine promises while its store fails, and where the engines differ. */
import { expect, test } from "bun:test";
import type { Outcome } from "../../src/engine/outcome.ts";
import { contentsOf, type EngineKind, EngineStage, type Told } from "./suite.ts";

type OutcomeKind = Outcome["kind"];

/** A way in which a store fails: from {@link begin} on, no batch with a message can be stored. */
export interface StoreFailure {
  /** A clause that says what fails. */
  readonly title: string;
  /** Resolves once the store fails, with a function after which it works again. */
  begin(stage: EngineStage): Promise<() => Promise<void>>;
  /**
   * The outcome of each message in such a batch. `store-lost` is for a store that does not say whether it has stored the
   * batch: the senders' connections end, and they send again with the same keys.
   */
  readonly sends: Extract<OutcomeKind, "send-failed" | "store-lost">;
}

/**
 * The outcomes of the other operations in a batch with a message that cannot be stored. The message fails in every engine;
 * operations that store no message may succeed or fail, and this says which of the two.
 */
export interface BesideFailure {
  /** Why that is so in this engine, as the end of a test's name. */
  readonly reason: string;
  /** A registration of somebody new. */
  readonly register: Extract<OutcomeKind, "registered" | "name-failed">;
  /** A change of a nickname. */
  readonly rename: Extract<OutcomeKind, "renamed" | "name-failed">;
  /** A resume. After a failure, the client resumes on another connection. */
  readonly resume: Extract<OutcomeKind, "resumed" | "store-lost">;
  /** A send whose key was seen before. */
  readonly repeat: Extract<OutcomeKind, "repeated" | "send-failed">;
  /** Whether a leave is announced at once, or when the store works again. */
  readonly leave: "at once" | "later";
}

const LOST = Array.from({ length: 6 }, (_, at) => `lost ${at}`);

/** The promises of engine.ts for a store that fails. @param failures the first of them is also used for {@link BesideFailure} */
export function failureContract(
  kind: EngineKind,
  failures: readonly [StoreFailure, ...StoreFailure[]],
  beside: BesideFailure,
): void {
  const open = async (previous?: EngineStage): Promise<EngineStage> => {
    const stage = new EngineStage();
    stage.engine = await kind.open(stage.deliver, previous);
    return stage;
  };

  /** Two who can resume, one who cannot, and a message with a key. */
  const talk = async (): Promise<EngineStage> => {
    const stage = await open();
    for (let i = 0; i < 3; i++) stage.engine.enter("/");
    stage.name("a", "An");
    stage.name("b", "Bình");
    stage.name("1", "Chi");
    stage.send("a", "before", "/", "j");
    await stage.until(4);
    expect(stage.engine.healthy).toBe(true);
    return stage;
  };

  /** The outcomes of what `act` submits, one for each. */
  const outcomesOf = async (stage: EngineStage, count: number, act: () => void): Promise<readonly Told[]> => {
    const { length } = stage.told;
    act();
    return (await stage.until(length + count)).slice(length);
  };

  const sendLost = (stage: EngineStage): void => {
    for (const [at, content] of LOST.entries()) stage.send(at % 2 ? "b" : "a", content, "/", `k${at}`);
  };

  /** Each message has its outcome, in order, and none was stored. */
  const expectLost = (told: readonly Told[], { sends }: StoreFailure): void => {
    const names = { a: "An", b: "Bình" };
    expect(told).toMatchObject(
      LOST.map((content, at) => {
        const connection = at % 2 ? "b" : "a";
        const outcome = { kind: sends, connection };
        return sends === "store-lost" ? outcome : { ...outcome, name: names[connection], content };
      }),
    );
    for (const each of told) {
      if (each.kind === "send-failed") expect(each.error).toMatch(/^[A-Z].{10,200}\.$/);
    }
  };

  /** The history of the main room as a new engine over the same store shows it. */
  const shownAfter = async (previous: EngineStage): Promise<string[]> => {
    const stage = await open(previous);
    stage.engine.enter("/");
    stage.name("9", "reader");
    stage.get("9");
    const [, shown] = await stage.until(2);
    await stage.engine.close();
    return shown ? contentsOf(shown) : [];
  };

  for (const failure of failures) {
    const { title, sends } = failure;

    test(`${kind.name}: DUR-3 SEND-7 KEY-4 ID-2 when ${title}, a batch's messages are ${sends}, in order and shown to nobody; afterwards all works without a restart`, async () => {
      const stage = await talk();
      const mend = await failure.begin(stage);
      const told = await outcomesOf(stage, LOST.length + 1, () => {
        sendLost(stage);
        stage.get("1");
      });
      expectLost(told.slice(0, -1), failure);
      const history = told.at(-1);
      expect(history).toMatchObject({ kind: "history", connection: "1", online: ["An", "Bình", "Chi"] });
      expect(history && contentsOf(history)).toEqual(["before"]);
      expect((await stage.engine.recent("/"))?.map(({ content }) => content)).toEqual(["before"]);
      expect(stage.engine.healthy).toBe(false);
      await mend();
      const after = await outcomesOf(stage, 7, () => {
        stage.send("1", "after");
        stage.vanish("a");
        stage.engine.enter("/");
        stage.resume("c", "a");
        for (let i = 0; i < 2; i++) stage.send("c", "lost 0", "/", "k0");
        stage.send("c", "before", "/", "j");
        stage.get("c");
      });
      expect(after.slice(0, -1)).toMatchObject([
        { kind: "sent", message: { content: "after", id: 2 } },
        { kind: "absent", connection: "a" },
        { kind: "resumed", connection: "c", name: "An", shown: { online: ["An", "Bình", "Chi"] } },
        { kind: "sent", message: { content: "lost 0", id: 3 } },
        { kind: "repeated", message: { content: "lost 0", id: 3 } },
        { kind: "repeated", message: { content: "before", id: 1 } },
      ]);
      const shown = after.at(-1);
      expect(shown && contentsOf(shown)).toEqual(["before", "after", "lost 0"]);
      expect(stage.engine.healthy).toBe(true);
      await stage.engine.close();
      expect(await shownAfter(stage)).toEqual(["before", "after", "lost 0"]);
    });

    test(`${kind.name}: DUR-2 DUR-3 a close while ${title} has an outcome for every message, and no start shows them`, async () => {
      const stage = await talk();
      const mend = await failure.begin(stage);
      let closed = Promise.resolve();
      const told = await outcomesOf(stage, LOST.length, () => {
        sendLost(stage);
        closed = stage.engine.close();
      });
      // What the store still refuses is said, and found by the next start.
      await closed.catch(() => undefined);
      await mend();
      expectLost(told, failure);
      expect(await shownAfter(stage)).toEqual(["before"]);
    });

    test(`${kind.name}: DUR-2 DUR-3 a crash after ${title} leaves nothing of what had failed, and keeps what was stored`, async () => {
      const stage = await talk();
      const mend = await failure.begin(stage);
      expectLost(await outcomesOf(stage, LOST.length, () => sendLost(stage)), failure);
      await mend();
      await kind.abandon(stage);
      expect(await shownAfter(stage)).toEqual(["before"]);
    });
  }

  test(`${kind.name}: DUR-3 in a batch with a message that cannot be stored, a registration is ${beside.register}, a change ${beside.rename}, a resume ${beside.resume}, a repeat ${beside.repeat} and a leave announced ${beside.leave}, since ${beside.reason}`, async () => {
    const [failure] = failures;
    const stage = await talk();
    // A resume waits for its page, and has its place in the batch only if that is in memory.
    stage.page("1", {});
    await stage.until(5);
    for (let i = 0; i < 3; i++) stage.engine.enter("/");
    stage.vanish("b");
    stage.name("3", "Em");
    await stage.until(7);
    const mend = await failure.begin(stage);
    const isLate = beside.leave === "later";
    const told = await outcomesOf(stage, isLate ? 6 : 7, () => {
      stage.send("1", "lost");
      stage.name("2", "Dung");
      stage.name("1", "Chi renamed");
      stage.resume("d", "b");
      stage.send("a", "before", "/", "j");
      stage.leave("3");
      stage.get("a");
    });
    const leave = { kind: "left", connection: "3", name: "Em" };
    expect(told).toMatchObject([
      { kind: "send-failed", name: "Chi", content: "lost" },
      { kind: beside.register, connection: "2" },
      { kind: beside.rename, connection: "1" },
      { kind: beside.resume, connection: "d" },
      { kind: beside.repeat, connection: "a" },
      ...(isLate ? [] : [leave]),
      { kind: "history", connection: "a" },
    ]);
    const chi = beside.rename === "renamed" ? "Chi renamed" : "Chi";
    const dung = beside.register === "registered" ? ["Dung"] : [];
    const roster = ["An", "Bình", chi, ...(isLate ? ["Em"] : []), ...dung];
    const shown = told.at(-1);
    expect(shown).toMatchObject({ online: roster });
    expect(shown && contentsOf(shown)).toEqual(["before"]);
    await mend();
    if (isLate) expect((await stage.until(stage.told.length + 1)).at(-1)).toMatchObject(leave);
    // What failed left no trace: it succeeds when it is requested again.
    stage.engine.enter("/");
    const again = await outcomesOf(stage, 5, () => {
      stage.name("2", "Dung");
      stage.name("1", "Chi renamed");
      stage.resume("e", beside.resume === "resumed" ? "d" : "b");
      stage.send("a", "before", "/", "j");
      stage.get("a");
    });
    expect(again).toMatchObject([
      { kind: beside.register === "registered" ? "renamed" : "registered", name: "Dung" },
      { kind: "renamed", name: "Chi renamed" },
      { kind: "resumed", connection: "e", name: "Bình" },
      { kind: "repeated", message: { id: 1 } },
      { kind: "history", online: ["An", "Bình", "Chi renamed", "Dung"] },
    ]);
    await stage.engine.close();
  });
}

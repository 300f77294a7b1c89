import { expect, test } from "bun:test";
import { RefusedError } from "../../src/client/index.ts";
import { FakeEnvironment, Stage } from "./stage.ts";

type Kind = "connecting" | "open" | "waiting" | "offline" | "closed" | "refused";

/** Brings a chat into a state. */
const into: Record<Kind, (stage: Stage) => void> = {
  connecting: () => {},
  open: ({ socket }) => void socket.open(3).welcome("S1"),
  waiting: ({ socket }) => socket.open(3).end(),
  offline({ socket, environment }) {
    socket.open(3);
    environment.online = false;
    socket.end();
  },
  closed: ({ socket, chat }) => {
    socket.open(3);
    void chat.close();
  },
  refused: ({ socket }) => socket.open(3).end(1002),
};

/** What can happen in each state, to the socket that is, or was, its last. */
const events: Record<string, (stage: Stage) => void> = {
  opened: ({ socket }) => void socket.open(3),
  welcomed: ({ socket }) => void socket.welcome("S2"),
  lost: ({ socket }) => socket.end(),
  restarted: ({ socket }) => socket.end(1012),
  taken: ({ socket }) => socket.end(4001),
  silence: ({ environment }) => environment.pass(15_000),
  online: ({ environment }) => environment.change("online"),
  offline: ({ environment }) => environment.change("offline"),
  visible: ({ environment }) => environment.change("visible"),
  retryNow: ({ chat }) => chat.retryNow(),
  close: ({ chat }) => void chat.close(),
};

/** The state after each event; the same one unless told. The socket of `connecting` has not offered version 3 in vain. */
const table: Record<Kind, Record<string, string>> = {
  connecting: {
    opened: "open",
    silence: "waiting",
    close: "closed",
  },
  open: {
    lost: "waiting",
    restarted: "waiting",
    taken: "refused",
    // The wait is over by then, too: half a second, by the test's chance.
    silence: "waiting",
    close: "closed",
  },
  waiting: {
    silence: "connecting",
    online: "connecting",
    offline: "offline",
    visible: "connecting",
    retryNow: "connecting",
    close: "closed",
  },
  offline: { online: "connecting", visible: "connecting", retryNow: "connecting", close: "closed" },
  closed: {},
  refused: { close: "closed" },
};

function kindOf({ chat: { state } }: Stage): string {
  return state.kind === "waiting" && state.retryAt === null ? "offline" : state.kind;
}

for (const [kind, enter] of Object.entries(into)) {
  for (const [name, happen] of Object.entries(events)) {
    const next = table[kind as Kind][name] ?? kind;
    test(`in the state ${kind}, the event ${name} leads to ${next}`, () => {
      const stage = new Stage();
      enter(stage);
      expect(kindOf(stage)).toBe(kind);
      happen(stage);
      expect(kindOf(stage)).toBe(next);
    });
  }
}

test("an attempt that offers version 3 in vain is followed at once by one that offers nothing", () => {
  const stage = new Stage();
  expect(stage.socket.offer).toEqual(["classic-chatbox.v3"]);
  stage.socket.end();
  expect(stage.sockets.map(({ offer }) => offer)).toEqual([["classic-chatbox.v3"], []]);
  stage.socket.open(2);
  expect(stage.chat.state).toEqual({ kind: "open", version: 2 });
});

test("a server that spoke version 3 is never spoken to in version 2", () => {
  const stage = new Stage();
  stage.socket.open(3).end();
  stage.chat.retryNow();
  stage.socket.end();
  expect(stage.chat.state.kind).toBe("waiting");
  stage.chat.retryNow();
  stage.socket.open(2);
  expect(stage.chat.state.kind).toBe("waiting");
  expect(stage.sockets.map(({ offer }) => offer.length)).toEqual([1, 1, 1]);
});

test("the option version speaks only that version", () => {
  expect(new Stage({ version: 2 }).socket.offer).toEqual([]);
  const stage = new Stage({ version: 3 });
  stage.socket.end();
  expect(stage.sockets.length).toBe(1);
});

test("close codes from before a socket opened do not count as the server's", () => {
  const stage = new Stage({ version: 3 });
  stage.socket.end(1002);
  expect(stage.chat.state.kind).toBe("waiting");
});

test("an event offline is checked: a server that cannot be reached then is lost at once, one that answers is not", async () => {
  const stage = new Stage();
  const { environment } = stage;
  const probed: string[] = [];
  let answer: () => Promise<number> = async () => 0;
  environment.probe = (url) => {
    probed.push(url);
    return answer();
  };
  stage.socket.open(3).welcome("S1");
  environment.change("offline");
  await Promise.resolve();
  expect(probed).toEqual(["http://chat.test/"]);
  expect(kindOf(stage)).toBe("open");
  // It is on the machine itself, so there is no network to wait for.
  stage.socket.end();
  expect(kindOf(stage)).toBe("waiting");
  stage.chat.retryNow();
  stage.socket.open(3).welcome("S2");
  answer = () => Promise.reject(new Error("unreachable"));
  environment.change("offline");
  await Bun.sleep(0);
  expect(stage.chat.state).toMatchObject({ kind: "waiting", cause: "network", retryAt: null });
  expect(stage.socket.closedWith).toBe(4000);
  environment.change("online");
  stage.socket.open(3).welcome("S3");
  expect(kindOf(stage)).toBe("open");
  answer = () => new Promise(() => {});
  environment.change("offline");
  environment.pass(1_999);
  expect(kindOf(stage)).toBe("open");
  environment.pass(1);
  expect(kindOf(stage)).toBe("offline");
});

test.each(["offline", "online"] as const)(
  "LIVE-1 after the event %s an open connection is lost unless the next ping arrives",
  (change) => {
    const stage = new Stage();
    const socket = stage.socket.open(3).welcome("S1", { ping: 5 });
    stage.environment.change(change);
    stage.environment.pass(6_999);
    socket.say({ type: "ping", timeout: 5 });
    stage.environment.pass(14_999);
    expect(kindOf(stage)).toBe("open");
    stage.environment.change(change);
    stage.environment.pass(7_000);
    expect(kindOf(stage)).not.toBe("open");
  },
);

test.each([1002, 1003, 1007, 1009, 4001])("CLOSE-2 the code %i ends the chat for good", async (code) => {
  const stage = new Stage({ name: "An" });
  const sent = stage.chat.send("hello");
  stage.socket.open(3).end(code, "why");
  expect(stage.chat.state).toEqual({ kind: "refused", cause: "closed", code, reason: "why" });
  const error = await sent.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ code: "Refused", status: code, message: "why" });
  await expect(stage.chat.register("An")).rejects.toBeInstanceOf(RefusedError);
});

test("WEL-2 the wait is a chance part of a range that doubles, from the server's spread up to the longest", () => {
  const environment = new FakeEnvironment();
  const stage = new Stage({ retryFirstMs: 1000, retryMostMs: 15_000 }, environment);
  stage.socket.open(3).welcome("S1", { retry: 2 });
  let seed = 12_345;
  for (const rangeMs of [2000, 4000, 8000, 15_000, 15_000]) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    environment.chance = seed / 2 ** 31;
    stage.socket.end();
    const { state } = stage.chat;
    expect(state).toMatchObject({
      kind: "waiting",
      retryAt: environment.time + environment.chance * rangeMs,
    });
    stage.chat.retryNow();
  }
});

test.each([1008, 1013])("CLOSE-4 CLOSE-7 after the code %i the range is the longest", (code) => {
  const stage = new Stage();
  stage.socket.open(3).end(code);
  expect(stage.chat.state).toMatchObject({ attempt: 1, retryAt: stage.environment.time + 7500 });
});

test("attempts count from 1 again once the room was entered", () => {
  const stage = new Stage({ name: "An" });
  for (const attempt of [1, 2]) {
    stage.socket.open(3).end();
    expect(stage.chat.state).toMatchObject({ attempt });
    stage.chat.retryNow();
  }
  stage.enter();
  stage.socket.end();
  expect(stage.chat.state).toMatchObject({ attempt: 1 });
});

test("LIVE-1 a connection that brings something every 14 s lives; one that does not for 15 s is lost", () => {
  const stage = new Stage();
  const socket = stage.socket.open(3).welcome("S1");
  for (let i = 0; i < 5; i++) {
    stage.environment.pass(14_999);
    socket.say({ type: "ping", timeout: 5 });
  }
  expect(stage.chat.state.kind).toBe("open");
  stage.environment.pass(15_000);
  expect(stage.chat.state.kind).toBe("waiting");
});

test.each([
  ["a welcome", (stage: Stage) => stage.socket.open(3).welcome("S1", { ping: 20 })],
  ["a ping", (stage: Stage) => stage.socket.open(3).welcome("S1").say({ type: "ping", timeout: 20 })],
])("LIVE-1 the server's own time between pings counts, as %s tells it", (_, tell) => {
  const stage = new Stage();
  tell(stage);
  stage.environment.pass(59_999);
  expect(stage.chat.state.kind).toBe("open");
  stage.environment.pass(1);
  expect(stage.chat.state.kind).toBe("waiting");
});

test("GRACE-2 a silent connection is given up with the code of a client that comes back, so that its session goes on", () => {
  const stage = new Stage({ name: "An" });
  const silent = stage.enter();
  stage.environment.pass(15_000);
  expect(stage.chat.state.kind).toBe("waiting");
  expect(silent.closedWith).toBe(4000);
});

test("events of a socket that was given up change nothing", () => {
  const stage = new Stage({ name: "An" });
  const old = stage.enter();
  stage.environment.pass(15_000);
  stage.chat.retryNow();
  old.say({ type: "receive", datatype: "register", name: "Chi", timestamp: "T" });
  old.end(1002);
  expect(stage.chat.state.kind).toBe("connecting");
  expect(stage.told("register")).toEqual([]);
});

test("close sends the code 1000 and is over when the connection is", async () => {
  const stage = new Stage();
  const closed = stage.chat.close();
  expect(stage.socket.closedWith).toBe(1000);
  expect(stage.chat.close()).toBe(closed);
  stage.socket.end(1000);
  await closed;
});

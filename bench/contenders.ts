import type { WireForm } from "./load/orders.ts";

/** A server under test, and how its clients speak to it. */
export interface Contender {
  readonly name: ContenderName;
  readonly title: string;
  readonly program: Program;
  readonly form: WireForm;
  readonly isPeer: boolean;
  /** What it does not do although the chat server does. */
  readonly lacks: string;
}

export type ContenderName =
  | "v2"
  | "v3"
  | "v3-deflate"
  | "floor-message"
  | "floor-batch"
  | "bun-publish"
  | "ws-preframed"
  | "ws-loop"
  | "socket-io";

/** `file` is the chat server's command, or a file of bench/peers. */
export type Program =
  | { readonly runtime: "chat" }
  | { readonly runtime: "bun" | "node"; readonly file: string; readonly flags: readonly string[] };

/** They do deliver messages to everyone in the same order, which costs nothing if nothing has to be waited for. */
const PROMISES = "history, durability, unique nicknames, limits, resume";

const chat = (name: ContenderName, title: string, form: WireForm): Contender => ({
  name,
  title,
  form,
  program: { runtime: "chat" },
  isPeer: false,
  lacks: "nothing",
});

const peer = (
  name: ContenderName,
  title: string,
  runtime: "bun" | "node",
  file: string,
  lacks: string,
  more: { readonly flags?: readonly string[]; readonly form?: WireForm } = {},
): Contender => ({
  name,
  title,
  form: more.form ?? "v2",
  program: { runtime, file, flags: more.flags ?? [] },
  isPeer: true,
  lacks,
});

const FLOOR_LACKS = "anything but writing, not even JSON";

export const CONTENDERS: readonly Contender[] = [
  chat("v2", "classic-chatbox, v2", "v2"),
  chat("v3", "classic-chatbox, v3", "v3"),
  chat("v3-deflate", "classic-chatbox, v3, compression offered", "v3-deflate"),
  peer("floor-message", "floor: one write per message", "bun", "floor.ts", FLOOR_LACKS, {
    flags: ["--mode", "message"],
  }),
  peer("floor-batch", "floor: one write per batch", "bun", "floor.ts", FLOOR_LACKS, {
    flags: ["--mode", "batch"],
  }),
  peer("bun-publish", "Bun.serve, publish", "bun", "bun-publish.ts", PROMISES),
  peer(
    "ws-preframed",
    "ws on Node, framed once",
    "node",
    "ws-preframed.ts",
    `${PROMISES}, finding dead peers`,
  ),
  peer("ws-loop", "ws on Node, send in a loop", "node", "ws-loop.ts", `${PROMISES}, finding dead peers`),
  peer("socket-io", "Socket.IO on Node", "node", "socket-io.ts", PROMISES, { form: "socket.io" }),
];

export function contender(name: ContenderName): Contender {
  const found = CONTENDERS.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`There is no contender named ${name}.`);
  return found;
}

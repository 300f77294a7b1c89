/** For comparison: no attack, and an attack that costs the machine but not the server. */
import { OPCODE } from "../client-frame.ts";
import type { Attack } from "./attack.ts";
import { controlFlood } from "./frames.ts";
import { sockets } from "./groups.ts";

const PONGS = controlFlood(OPCODE.pong);

export const CONTROLS: readonly Attack[] = [
  { key: "nobody", title: "nobody attacks", groups: [] },
  {
    key: "nobody-gets",
    title: "nobody attacks, and somebody asks for a history of 16 MiB every second",
    history: "large",
    innocents: ["gets"],
    groups: [],
  },
  {
    key: "elsewhere",
    title: "pongs, as many as possible, 50 connections, to another process that drops them",
    isElsewhere: true,
    groups: [sockets({ form: "v2", connections: 50, goOn: () => ({ flood: PONGS }) })],
  },
];

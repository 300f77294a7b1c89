/** Attacks by frames without requests, and by connections that do nothing useful. */
import { OPCODE } from "../client-frame.ts";
import type { Attack } from "./attack.ts";
import * as frames from "./frames.ts";
import {
  ALL,
  connections,
  ENDLESS,
  endAfter,
  httpHead,
  ONE,
  REQUESTS,
  requests,
  sockets,
  stream,
} from "./groups.ts";

const PONGS = frames.controlFlood(OPCODE.pong);
const PINGS = frames.controlFlood(OPCODE.ping);
const FRAGMENTS = frames.fragmentFlood();
/** A fragment of a request's head. */
const PART_OF_HEAD = Buffer.from("GET / HTTP/1.1\r\nX: ");
const HEAD_BYTES = 15_000;

export const FRAMING: readonly Attack[] = [
  ...[1, 10, 50].map(pongs),
  {
    key: "pings-10",
    title: "pings, as many as possible, 10 connections",
    groups: [sockets({ form: "v2", connections: 10, goOn: () => ({ flood: PINGS }) })],
  },
  {
    key: "fragments-10",
    title: "empty fragments, as many as possible, 10 connections",
    groups: [sockets({ form: "v2", connections: 10, goOn: () => ({ flood: FRAGMENTS }) })],
  },
  {
    key: "fragments-200",
    title: `messages in 1,024 fragments, ${REQUESTS}/s, 200 connections`,
    groups: [sockets({ form: "v2", goOn: stream(REQUESTS, frames.fragmentedMessage()) })],
  },
  {
    key: "drip",
    title: "frames one byte at a time, 1,000/s, 50 connections",
    groups: [
      sockets({
        form: "v2",
        connections: 50,
        goOn: stream(1000, ...bytesOf(frames.request({ type: "x", more: "x".repeat(2000) }))),
      }),
    ],
  },
  {
    key: "closes",
    title: "45 new connections/s that close at once",
    groups: [sockets({ form: "v2", end: endAfter(0, "close") })],
  },
  {
    key: "handshakes",
    title: "new connections, as many as possible, most of which are refused",
    groups: [sockets({ form: "v3", connections: 50, dials: ENDLESS, end: endAfter(0) })],
  },
  {
    key: "resets",
    title: "connections that are reset at once, as many as possible",
    groups: [{ from: ONE, connections: 50, dials: ENDLESS, opening: null, end: endAfter(0) }],
  },
  {
    key: "half-open",
    title: "400 connections that send nothing",
    groups: [{ from: ONE, connections: 2 * ALL, dials: { perSecond: 400, burst: 400 }, opening: null }],
  },
  {
    key: "slow-heads",
    title: "400 connections that send a request head byte by byte, 5/s",
    groups: [
      {
        from: ONE,
        connections: 2 * ALL,
        dials: { perSecond: 400, burst: 400 },
        opening: null,
        greeting: () => [PART_OF_HEAD],
        goOn: stream(5, Buffer.from("x")),
      },
    ],
  },
  {
    key: "drip-heads",
    title: "100 connections that send a request head byte by byte, 500/s",
    groups: [
      {
        from: ONE,
        connections: 100,
        dials: { perSecond: 400, burst: 100 },
        opening: null,
        greeting: () => [Buffer.concat([PART_OF_HEAD, Buffer.alloc(HEAD_BYTES / 2, "x")])],
        goOn: stream(500, Buffer.from("x")),
      },
    ],
  },
  ...(
    [
      ["http-page", "GET /", "/"],
      ["http-metrics", "GET /metrics", "/metrics"],
      ["http-health", "GET /healthz", "/healthz"],
      ["http-nothing", "GET of a path that does not exist", "/nothing"],
      ["http-spelling", "GET of a room in another spelling", "/rooms/UPPER/"],
    ] as const
  ).map(
    ([key, title, path]): Attack => ({
      key,
      title: `${title}, as many as possible, 50 connections`,
      groups: [requests(path, { dials: ENDLESS })],
    }),
  ),
  {
    key: "http-missing",
    title: "GET of a page for a long name that is not a room name, 50 connections",
    groups: [
      requests("/", {
        dials: ENDLESS,
        opening: (dial) =>
          Buffer.from(httpHead(`/rooms/${"%C3%B4".repeat(2000)}`, dial, ["Accept: text/html"])),
      }),
    ],
  },
  {
    key: "http-asset",
    title: "GET of the page's largest file, as many as possible, 50 connections",
    groups: [requests(({ asset }) => asset, { dials: ENDLESS })],
  },
  {
    key: "http-unread",
    title: "GET of the page's largest file, 200 connections that do not read",
    groups: [
      requests(({ asset }) => asset, {
        connections: ALL,
        dials: { perSecond: 400, burst: 200 },
        reads: false,
      }),
    ],
  },
  ...(
    [
      ["heads-fields", "3,000 header fields", fields()],
      ["heads-offers", "7,000 subprotocols", [`Sec-WebSocket-Protocol: ${offers("p,")}`]],
      [
        "heads-extensions",
        "400 offers of compression",
        [`Sec-WebSocket-Extensions: ${offers("permessage-deflate; x=1, ")}`],
      ],
    ] as const
  ).map(
    ([key, title, lines]): Attack => ({
      key,
      title: `handshakes with ${title}, as many as possible, 50 connections`,
      groups: [
        requests("/", {
          dials: ENDLESS,
          opening: (dial) => Buffer.from(httpHead("/", dial, [...UPGRADE, ...lines])),
          end: endAfter(50),
        }),
      ],
    }),
  ),
];

const UPGRADE = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

function pongs(count: number): Attack {
  return {
    key: `pongs-${count}`,
    title: `unsolicited pongs, as many as possible, ${connections(count)}`,
    groups: [sockets({ form: "v2", connections: count, goOn: () => ({ flood: PONGS }) })],
  };
}

function fields(): string[] {
  return Array<string>(HEAD_BYTES / "x:\r\n".length).fill("x:");
}

function offers(offer: string): string {
  return offer.repeat(HEAD_BYTES / offer.length);
}

function bytesOf(frame: Buffer): Buffer[] {
  return Array.from(frame, (byte) => Buffer.from([byte]));
}

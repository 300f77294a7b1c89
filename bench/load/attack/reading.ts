/** Requests whose answers are far larger than themselves. */
import { type Attack, LONG_ROOM } from "./attack.ts";
import * as frames from "./frames.ts";
import {
  connections,
  ENDLESS,
  endAfter,
  GETS,
  NAMES_BURST,
  named,
  namedThen,
  requests,
  several,
  sockets,
  stream,
} from "./groups.ts";

const GET = frames.request({ type: "get" });
/** Some positions in a history of 1,300 messages. */
const BEFORE = [1290, 1033, 1201, 1111, 1007];
const UNKNOWN_SESSION = frames.request({ type: "resume", session: "x".repeat(60_000), after: 0 });

export const READING: readonly Attack[] = [
  {
    key: "read",
    title: "?read of 100 messages of 4,000 &, 45/s",
    history: "ampersands",
    groups: [requests("/?read")],
  },
  {
    key: "read-reset",
    title: "?read of 100 messages of 4,000 &, 45/s, reset at the first byte",
    history: "ampersands",
    groups: [requests("/?read", { end: endAfter(10_000, "first-byte") })],
  },
  {
    key: "read-flood",
    title: "?read of 100 messages of 4,000 &, as many as possible",
    history: "ampersands",
    groups: [requests("/?read", { dials: ENDLESS })],
  },
  {
    key: "read-unread",
    title: "?read of 100 messages of 4,000 &, 200 connections that do not read it",
    history: "ampersands",
    groups: [requests("/?read", { connections: 200, reads: false })],
  },
  {
    key: "read-new",
    title: "?read of rooms that do not exist, 45/s",
    groups: [requests(({ number }) => `/rooms/none-${number}?read`)],
  },
  {
    key: "read-long",
    title: "?read of a room of a million messages that nobody is in, 45/s",
    history: "long-room",
    groups: [requests(`/rooms/${LONG_ROOM}?read`)],
  },
  {
    key: "enter-long",
    title: "45 new connections/s that enter the same room one after another and leave",
    history: "long-room",
    groups: [sockets({ form: "v2", room: () => LONG_ROOM, connections: 1, end: endAfter(0, "close") })],
  },
  ...[1, 5, 200].map(
    (count): Attack => ({
      key: `get-${count}`,
      title: `get of a history of 16 MiB, ${GETS}/s, ${connections(count)}`,
      history: "large",
      groups: [sockets({ form: "v2", connections: count, goOn: stream(GETS, GET) })],
    }),
  ),
  {
    key: "get-churn",
    title: "get of a history of 16 MiB on each of 45 new connections/s, reset after 60 ms",
    history: "large",
    groups: [sockets({ form: "v2", greeting: namedThen(GET), end: endAfter(60) })],
  },
  {
    key: "pin",
    title:
      "get of a history of 16 MiB, 1/s, 60 connections that do not read, while somebody else asks every second",
    history: "large",
    innocents: ["gets"],
    groups: [sockets({ form: "v2", connections: 60, reads: false, goOn: stream(1, GET) })],
  },
  {
    key: "pages",
    title: `pages of 1,000 messages, ${GETS}/s, 200 connections`,
    history: "large",
    groups: [sockets({ form: "v3", goOn: stream(GETS, ...BEFORE.map((before) => page({ before }))) })],
  },
  {
    key: "pages-after",
    title: `pages of 1,000 messages after the first, ${GETS}/s, 200 connections`,
    history: "large",
    groups: [sockets({ form: "v3", goOn: stream(GETS, page({ after: 0 })) })],
  },
  {
    key: "resume-page",
    title: "resume with 1,000 messages, on each of 45 new connections/s",
    history: "large",
    groups: [
      sockets({
        form: "v3",
        connections: 20,
        dials: { perSecond: 45, burst: 20 },
        greeting: (dial) =>
          dial.session === ""
            ? named(dial)
            : [frames.request({ type: "resume", session: dial.session, after: 0, limit: 1000 })],
        end: endAfter(300),
      }),
    ],
  },
  {
    key: "resume-unknown",
    title: `resume with secrets of 60,000 letters, ${NAMES_BURST} at once on each of 45 new connections/s`,
    groups: [
      sockets({
        form: "v3",
        greeting: () => several(NAMES_BURST, UNKNOWN_SESSION),
        end: endAfter(1000),
      }),
    ],
  },
  {
    key: "roster",
    title: `get of 1 message among 200 nicknames of 400 bytes, ${GETS}/s, 200 connections`,
    groups: [
      sockets({
        form: "v3",
        greeting: ({ number }) => [frames.nameRequest(frames.longName(number))],
        goOn: stream(GETS, page({ limit: 1 })),
      }),
    ],
  },
];

function page(part: object): Buffer {
  return frames.request({ type: "get", limit: 1000, ...part });
}

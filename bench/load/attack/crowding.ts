/** Attacks that use up places, nicknames, disk space and other people's attention. */
import { textFrame } from "../client-frame.ts";
import type { Attack, Dial, Group } from "./attack.ts";
import * as frames from "./frames.ts";
import {
  BURST,
  endAfter,
  NAMES,
  NAMES_BURST,
  namedThen,
  ONE,
  OTHER,
  REQUESTS,
  several,
  sockets,
  stream,
} from "./groups.ts";

const SPAM = frames.shortSend();
const LONG = frames.longSend(true);
/** All that the server accepts from an address. */
const DIALS_OF_ADDRESS = { perSecond: 50, burst: 195 };
/** Late enough that the client has its nickname when the connection breaks. */
const RESET_AFTER_MS = 40;

export const CROWDING: readonly Attack[] = [
  {
    key: "rooms",
    title: "50 new connections/s, each in a new room, then reset, from each of two addresses",
    innocents: ["rooms"],
    length: 1.2,
    groups: [ONE, OTHER].map((from) => absentMembers(from, ({ number }) => `${from}-${number}`)),
  },
  {
    key: "rooms-held",
    title: "200 connections, each in a room of its own, from each of two addresses",
    innocents: ["rooms"],
    groups: [ONE, OTHER].map((from) =>
      sockets({ form: "v3", from, room: ({ number }) => `${from}-${number}` }),
    ),
  },
  {
    key: "absent",
    title: "50 new connections/s in one room, each with a nickname, then reset",
    innocents: ["roster"],
    length: 1.2,
    groups: [absentMembers(ONE)],
  },
  {
    key: "spam",
    title: `short messages, ${REQUESTS}/s, 200 connections`,
    groups: [sockets({ form: "v2", goOn: stream(REQUESTS, SPAM) })],
  },
  {
    key: "spam-beyond",
    title: "short messages, 55/s, 200 connections",
    groups: [sockets({ form: "v2", goOn: stream(55, SPAM) })],
  },
  {
    key: "spam-keys",
    title: `short messages with keys, ${REQUESTS}/s, 200 connections`,
    groups: [
      sockets({
        form: "v3",
        goOn: ({ number }) => ({ frames: keyedSends(number), perSecond: REQUESTS }),
      }),
    ],
  },
  long("spam-long", "messages of 16 KB", LONG, 40),
  long("spam-long-10", "messages of 16 KB", LONG, 10),
  long("spam-escaped", "messages of 24 KB of JSON", frames.escapedSend(), 40),
  {
    ...long("spam-large", "messages of 16 KB after 16 MiB of them", LONG, 40),
    history: "large",
  },
  {
    key: "spam-repeats",
    title: `the same message with the same key, ${REQUESTS}/s, 200 connections`,
    groups: [sockets({ form: "v3", goOn: stream(REQUESTS, frames.shortSend("k")) })],
  },
  {
    key: "spam-burst",
    title: `messages of 16 KB, ${BURST} at once on each of 45 new connections/s`,
    groups: [
      sockets({
        form: "v3-deflate",
        greeting: namedThen(...several(BURST, LONG)),
        end: endAfter(1000),
      }),
    ],
  },
  {
    key: "spam-rooms",
    title: `short messages, ${REQUESTS}/s, 200 connections, each in a room of its own`,
    groups: [sockets({ form: "v3", room: ({ place }) => `aside-${place}`, goOn: stream(REQUESTS, SPAM) })],
  },
  {
    key: "spam-new-rooms",
    title: "45 new connections/s, each with a message in a new room",
    groups: [
      sockets({
        form: "v3",
        room: ({ number }) => `aside-${number}`,
        greeting: namedThen(SPAM),
        end: endAfter(100, "close"),
      }),
    ],
  },
  {
    key: "non-readers",
    title: `messages of 16 KB, ${REQUESTS}/s, 5 connections, and 195 connections that do not read`,
    groups: [
      sockets({ form: "v3", connections: 195, reads: false }),
      sockets({
        form: "v3-deflate",
        connections: 5,
        dials: { perSecond: 5, burst: 5 },
        greeting: ({ number }) => [frames.nameRequest(`spammer ${number}`)],
        goOn: stream(REQUESTS, LONG),
      }),
    ],
  },
  {
    key: "refusals",
    title: "invalid requests of 2 bytes, 55/s, 200 connections",
    groups: [sockets({ form: "v3", goOn: stream(55, textFrame("{}")) })],
  },
  {
    key: "renames",
    title: `renames, ${NAMES}/s, 200 connections`,
    groups: [
      sockets({
        form: "v3",
        greeting: (dial) => renamesOf(dial).slice(0, NAMES_BURST),
        goOn: (dial) => ({ frames: renamesOf(dial), perSecond: NAMES }),
      }),
    ],
  },
  {
    key: "renames-burst",
    title: `renames, ${NAMES_BURST} at once on each of 45 new connections/s`,
    groups: [
      sockets({
        form: "v3",
        greeting: (dial) => renamesOf(dial).slice(0, NAMES_BURST),
        end: endAfter(1000, "close"),
      }),
    ],
  },
  {
    key: "names-expanding",
    title: `nicknames that normalisation makes 18 times as long, ${NAMES_BURST} at once on each of 45 new connections/s`,
    groups: [
      sockets({
        form: "v3",
        greeting: ({ number }) =>
          Array.from({ length: NAMES_BURST }, (_, at) =>
            frames.nameRequest(frames.expandingName(number * NAMES_BURST + at)),
          ),
        end: endAfter(1000, "close"),
      }),
    ],
  },
  {
    key: "joins",
    title: "45 new connections/s that come and go",
    groups: [sockets({ form: "v3", end: endAfter(500, "close") })],
  },
  {
    key: "typing",
    title: `typing, ${REQUESTS}/s, 200 connections`,
    groups: [sockets({ form: "v3", goOn: stream(REQUESTS, frames.request({ type: "typing" })) })],
  },
];

function absentMembers(from: readonly string[], room?: (dial: Dial) => string): Group {
  return sockets({
    form: "v3",
    from,
    dials: DIALS_OF_ADDRESS,
    end: endAfter(RESET_AFTER_MS),
    ...(room && { room }),
  });
}

function long(key: string, what: string, frame: Buffer, connections: number): Attack {
  return {
    key,
    title: `${what}, ${REQUESTS}/s, ${connections} connections`,
    groups: [sockets({ form: "v3-deflate", connections, goOn: stream(REQUESTS, frame) })],
  };
}

/** Each connection has two nicknames of its own, and alternates between them. */
function renamesOf(dial: Dial): Buffer[] {
  const [first, second] = ["odd", "even"].map((half) => frames.nameRequest(`${half} ${dial.number}`));
  return Array.from({ length: NAMES_BURST }, (_, at) => (at % 2 === 0 ? first : second) ?? Buffer.alloc(0));
}

/** Enough that none is repeated in an attack. */
function keyedSends(number: number): Buffer[] {
  return Array.from({ length: 20 * REQUESTS }, (_, at) => frames.shortSend(`${number}.${at}`));
}

/** Frames that cost the server more to read than the attacker to send. */
import { textFrame } from "../client-frame.ts";
import type { Attack } from "./attack.ts";
import * as frames from "./frames.ts";
import { BURST, connections, endAfter, namedThen, REQUESTS, several, sockets, stream } from "./groups.ts";

const KICK_EVERY_MS = 500;
const KICK = several(40, frames.deflatedFrame(frames.LARGE.nums));
const LARGE_PER_S = 20;
const WHAT: Readonly<Record<frames.LargeName, string>> = {
  nums: "contents of numbers",
  arrays: "contents of empty arrays",
  objects: "contents of empty objects",
  wide: "contents of small arrays",
  keys: "contents of many keys",
  deep: "contents of 30,000 levels",
  towers: "contents of 32 towers of 1,000 levels",
  names: "nicknames of numbers",
  unknown: "unknown requests",
  typing: "typing with extra fields",
  junk: "sends with extra fields",
  invalid: "truncated JSON",
  text: "contents of 65,000 letters",
};

/** The worst of each kind; the others are run only if they are named. */
const USUAL_OF_FEW: readonly frames.LargeName[] = ["nums", "objects"];
const USUAL_PLAIN: readonly frames.LargeName[] = ["nums", "invalid"];

export const COSTLY: readonly Attack[] = [
  ...[1, 10].map(kick),
  ...[4, 200].flatMap((count) => [
    ...largeNames().map((name) => large(name, count, true)),
    ...largeNames().map((name) => large(name, count, false)),
  ]),
  {
    key: "large-burst",
    title: `64 KiB contents of numbers, ${BURST} at once on each of 45 new connections/s`,
    groups: [
      sockets({
        form: "v3-deflate",
        greeting: namedThen(...several(BURST, frames.deflatedFrame(frames.LARGE.nums))),
        end: endAfter(1000),
      }),
    ],
  },
  {
    key: "text-4000",
    title: `contents of 4,000 letters, ${LARGE_PER_S}/s, 200 connections`,
    groups: [sockets({ form: "v3-deflate", goOn: stream(LARGE_PER_S, frames.letters()) })],
  },
  {
    key: "bad-keys",
    title: `sends of 24 KB of JSON with a bad key, ${REQUESTS}/s, 200 connections`,
    groups: [sockets({ form: "v3-deflate", goOn: stream(REQUESTS, frames.badKeySend()) })],
  },
  {
    key: "bombs",
    title: "a frame of 64 KiB that inflates to 60 MiB, on each of 45 new connections/s",
    groups: [sockets({ form: "v3-deflate", greeting: () => [BOMB] })],
  },
  {
    key: "blocks",
    title: `64 KiB of empty compressed blocks, ${LARGE_PER_S}/s, 200 connections`,
    groups: [sockets({ form: "v3-deflate", goOn: stream(LARGE_PER_S, frames.emptyBlocks()) })],
  },
];

const BOMB = frames.bomb();

function kick(count: number): Attack {
  return {
    key: `kick-${count}`,
    title: `40 frames of 64 KiB at once on ${connections(count)}, reopened every ${KICK_EVERY_MS} ms`,
    groups: [
      sockets({
        form: "v3-deflate",
        connections: count,
        dials: { perSecond: (count * 1000) / KICK_EVERY_MS, burst: count },
        greeting: namedThen(...KICK),
        end: endAfter(KICK_EVERY_MS - 50),
      }),
    ],
  };
}

function large(name: frames.LargeName, count: number, isDeflated: boolean): Attack {
  const frame = isDeflated ? frames.deflatedFrame(frames.LARGE[name]) : textFrame(frames.LARGE[name]);
  const isUsual = isDeflated
    ? count > 4 || USUAL_OF_FEW.includes(name)
    : count > 4 && USUAL_PLAIN.includes(name);
  return {
    key: `${isDeflated ? "deflated" : "plain"}-${name}-${count}`,
    title: `64 KiB ${WHAT[name]}${isDeflated ? ", deflated" : ""}, ${LARGE_PER_S}/s, ${connections(count)}`,
    groups: [
      sockets({
        form: isDeflated ? "v3-deflate" : "v3",
        connections: count,
        goOn: stream(LARGE_PER_S, frame),
      }),
    ],
    ...(!isUsual && { isRare: true }),
  };
}

function largeNames(): frames.LargeName[] {
  return Object.keys(frames.LARGE) as frames.LargeName[];
}

/** How many people a machine holds, from what was measured with some. */

/** What was measured with so many people. */
export interface Step {
  readonly people: number;
  /** What the server took of one core, from 0 to 1. */
  readonly serverShare: number;
  /** What the crowd took of one core. */
  readonly crowdShare: number;
  /** 99 of 100 messages were acknowledged within this time. */
  readonly p99Ms: number;
  /** The share of messages that were not acknowledged. */
  readonly lostShare: number;
  readonly serverBytes: number;
}

/** What else bounds the number of people. */
export interface Room {
  /** The memory of the server with nobody in it, and what the machine has left. */
  readonly emptyBytes: number;
  readonly freeBytes: number;
  /** How many sockets the system lets the server have; null if it does not say. */
  readonly sockets: number | null;
  readonly maxConnections: number | null;
  readonly maxRooms: number;
}

/** A number of people, and what does not hold more. */
export interface Bound {
  readonly by: string;
  readonly people: number;
  readonly why: string;
}

/** Beyond this, everybody feels each burst. */
const BUSY_SHARE = 0.75;
const FREE_SHARE = 0.75;
/** A tenth of the sockets is kept for those that are not WebSockets. */
const SOCKET_SHARE = 0.9;
const SLOW_MS = 1000;
const LOST_SHARE = 0.01;

/** Whether people were served well. */
export function isWell({ serverShare, p99Ms, lostShare }: Step): boolean {
  return serverShare < BUSY_SHARE && p99Ms < SLOW_MS && lostShare < LOST_SHARE;
}

/** The bounds, the lowest first. @param steps at least one, with more and more people @param roomPeople in each room */
export function boundsOf(steps: readonly Step[], room: Room, roomPeople: number): Bound[] {
  const last = steps.filter(isWell).at(-1) ?? steps[0];
  if (last === undefined) return [];
  const each = Math.max(1, (last.serverBytes - room.emptyBytes) / last.people);
  const bounds: Bound[] = [
    {
      by: "CPU",
      people: (last.people * BUSY_SHARE) / Math.max(last.serverShare, 0.001),
      why: `${percent(last.serverShare)} of one core with ${last.people} people; ${percent(BUSY_SHARE)} is much`,
    },
    {
      by: "memory",
      people: (room.freeBytes * FREE_SHARE) / each,
      why: `${(each / 1024).toFixed(1)} KiB for each, and ${Math.round(room.freeBytes / 1024 ** 2)} MiB are free`,
    },
    {
      by: "--max-rooms",
      people: room.maxRooms * roomPeople,
      why: `${room.maxRooms} rooms of ${roomPeople} people`,
    },
  ];
  if (room.sockets !== null)
    bounds.push({
      by: "descriptors",
      people: room.sockets * SOCKET_SHARE,
      why: "by ulimit -n, less what rooms and other requests need",
    });
  if (room.maxConnections !== null)
    bounds.push({
      by: "--max-connections",
      people: room.maxConnections * SOCKET_SHARE,
      why: `${room.maxConnections}, a tenth of which is kept for other requests`,
    });
  return [...bounds, ...slowBound(steps)].toSorted((a, b) => a.people - b.people);
}

/** What the steps show that were not well, for another reason than the CPU. */
function slowBound(steps: readonly Step[]): Bound[] {
  const bad = steps.find((step) => !isWell(step) && step.serverShare < BUSY_SHARE);
  const well = steps.filter(isWell).at(-1);
  if (bad === undefined) return [];
  const isLoad = bad.crowdShare > BUSY_SHARE;
  return [
    {
      by: isLoad ? "the load of this test" : "time",
      people: well?.people ?? bad.people,
      why: isLoad
        ? `it took ${percent(bad.crowdShare)} of a core itself with ${bad.people} people, so that there may be room for more`
        : `with ${bad.people} people a message took ${Math.round(bad.p99Ms)} ms (99 of 100), and ${percent(bad.lostShare)} were not acknowledged in time`,
    },
  ];
}

/** What the bounds come to, for the operator. */
export function verdictText(bounds: readonly Bound[], steps: readonly Step[]): string {
  const [lowest] = bounds;
  if (lowest === undefined) return "Nothing could be measured.";
  const rows = bounds.map(
    ({ by, people, why }) => `  ${by.padEnd(22)} ${rounded(people).padStart(9)}   ${why}`,
  );
  return [
    `This machine holds about ${rounded(lowest.people)} people. What does not hold more: ${lowest.by}.`,
    "",
    ...rows,
    "",
    ...steps.map(
      (step) =>
        `  with ${rounded(step.people)}: server ${percent(step.serverShare)}, test ${percent(step.crowdShare)} of a core; 99 of 100 messages within ${step.p99Ms.toFixed(1)} ms`,
    ),
  ].join("\n");
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Two digits are what such a measurement gives. */
function rounded(people: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, people))) - 1);
  return (Math.floor(people / unit) * unit).toLocaleString("en");
}

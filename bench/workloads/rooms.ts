import type { Bench } from "../bench.ts";
import type { Contender } from "../contenders.ts";
import { Rows, type Section } from "../results.ts";
import { TALK_COLUMNS, talkFigures } from "./talk.ts";

const ROOM_SIZE = 10;
const WINDOW = 50;
/** The main room counts as well. */
const SPARE_ROOMS = 10;

/** Measures many small rooms: what a message costs besides its deliveries. */
export async function rooms(bench: Bench): Promise<Section> {
  const roomCount = bench.sized(1000, 100, 5);
  const all = bench.among(["v2", "v3", "floor-message", "bun-publish", "ws-loop"]);
  const rows = new Rows();
  await bench.eachRound(all, async (contender, round) => {
    bench.progress(`rooms, round ${round + 1}: ${contender.title}`);
    rows.add(contender.name, contender.title, await oneRound(bench, contender, roomCount));
  });
  return {
    id: "rooms",
    title: `Rooms: ${roomCount} of ${ROOM_SIZE} people`,
    about:
      `${roomCount} rooms of ${ROOM_SIZE} people. Everybody talks in turn, each in another room than the one before, with ${WINDOW} ` +
      "messages under way in total. A message has 9 deliveries, and a reply that is not counted as one; the chat server " +
      "stores it durably in the file of its room.",
    columns: TALK_COLUMNS,
    rows: rows.inOrder(all.map(({ name }) => name)),
  };
}

async function oneRound(bench: Bench, contender: Contender, roomCount: number) {
  const flags = ["--max-rooms", String(roomCount + SPARE_ROOMS)];
  const plan = { clients: roomCount * ROOM_SIZE, roomSize: ROOM_SIZE };
  await using stage = await bench.stage(contender, plan, { flags });
  const { server, crowd } = stage;
  await bench.load.order("join", { crowd });
  const talk = (messages: number) =>
    server.cpuDuring(() => bench.load.order("takeTurns", { crowd, messages, window: WINDOW }));
  // Each room opens its history with its first message.
  const warm = await talk(plan.clients);
  const cost = Math.max(warm.cpuS, 0.01) / warm.result.acks;
  const { cpuS, result } = await talk(Math.round(bench.sectionCpuS / cost) + roomCount);
  return talkFigures(cpuS, result);
}

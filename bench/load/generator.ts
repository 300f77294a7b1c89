/**
 * The process that only generates load; `Load` starts it and sends it orders over IPC. It carries out one order at a time,
 * so between two orders it sends only what the protocol requires of a silent client. Only what belongs to raids happens at once.
 */
import { attackFor } from "./attack/attacker.ts";
import { attackNamed } from "./attack/attacks.ts";
import { Crowd } from "./crowd.ts";
import { Innocents } from "./innocents.ts";
import type { AnswerMessage, OrderKind, OrderMessage, Orders } from "./orders.ts";
import { visit } from "./raid/newcomers.ts";
import { raid } from "./raid/raider.ts";
import { Settlement } from "./raid/settlement.ts";

let innocents: Innocents | null = null;
let settlement: Settlement | null = null;
const crowds = new Map<string, Crowd>();

const carryOut: { readonly [K in OrderKind]: (takes: Orders[K]["takes"]) => Promise<Orders[K]["gives"]> } = {
  async connect({ crowd, plan }) {
    const added = new Crowd(plan);
    crowds.set(crowd, added);
    return added.connect();
  },
  join: async ({ crowd }) => crowdOf(crowd).join(),
  talk: async ({ crowd, talkers, messagesEach, window }) =>
    crowdOf(crowd).talk(talkers, messagesEach, window),
  takeTurns: async ({ crowd, messages, window }) => crowdOf(crowd).takeTurns(messages, window),
  pace: async ({ crowd, messagesPerS, seconds }) => crowdOf(crowd).pace(messagesPerS, seconds),
  paceChanges: async ({ crowd, changesPerS, seconds }) => crowdOf(crowd).paceChanges(changesPerS, seconds),
  ask: async ({ crowd, request, times }) => crowdOf(crowd).ask(request, times),
  awaitReturn: async ({ crowd }) => crowdOf(crowd).awaitReturn(),
  idle: async ({ crowd, seconds }) => crowdOf(crowd).idle(seconds),
  async gather({ port }) {
    innocents = new Innocents(port);
    await innocents.gather();
    return {};
  },
  watch: async ({ seconds, activities }) => gathered().watch(seconds, activities),
  async scatter() {
    gathered().scatter();
    innocents = null;
    return {};
  },
  attack: async ({ attack, target, seconds }) => attackFor(attackNamed(attack), target, seconds),
  async settle({ port, rooms, regulars, code }) {
    settlement = new Settlement(port, rooms, regulars);
    return settlement.settle(code);
  },
  overhear: async ({ room, fromMs, untilMs }) => settled().overhear(room, fromMs, untilMs),
  raid,
  visit,
  sweep: async ({ room }) => settled().sweep(room),
  async unsettle() {
    settled().leave();
    settlement = null;
    return {};
  },
  async disband({ crowd }) {
    const tally = crowdOf(crowd).disband();
    crowds.delete(crowd);
    return tally;
  },
};

function gathered(): Innocents {
  if (innocents === null) throw new Error("There are no innocents.");
  return innocents;
}

function settled(): Settlement {
  if (settlement === null) throw new Error("There are no regulars.");
  return settlement;
}

function crowdOf(name: string): Crowd {
  const crowd = crowds.get(name);
  if (crowd === undefined) throw new Error(`There is no crowd named ${name}.`);
  crowd.begin();
  return crowd;
}

process.on("message", (order: OrderMessage) => {
  // The kinds and their arguments are checked where `Load` is called: both ends are from one build.
  const run = carryOut[order.kind] as (takes: unknown) => Promise<unknown>;
  run(order.takes).then(
    (gives) => answer({ id: order.id, gives }),
    (error: unknown) =>
      answer({ id: order.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

function answer(message: AnswerMessage): void {
  process.send?.(message);
}

/**
 * The conversations of the fuzz with several servers and one database: each connection comes to any server, and servers,
 * the database and the way to it end and come back. `npm run fuzz -- --servers 3` has many more.
 */
import { test } from "bun:test";
import { converse } from "../fuzz/conversation/conversation.ts";

const { CHAT_SEED, CHAT_ROUNDS = "1", CHAT_SERVERS = "3" } = process.env;
/** Those of every run of the tests. */
const SEEDS = [1, 2];

const seeds =
  CHAT_SEED === undefined
    ? SEEDS
    : Array.from({ length: Number(CHAT_ROUNDS) }, (_, round) => Number(CHAT_SEED) + round);

test.each(seeds)(
  "DUR-2 KEY-3 RES-4 ORD-1 NAME-8 PAGE-8 DELETE-2 hold with several servers in conversation %d",
  async (seed) => {
    const counts = await converse(seed, Number(CHAT_SERVERS));
    // For `npm run fuzz`, which adds them up.
    console.log(`counts ${JSON.stringify(counts)}`);
  },
);

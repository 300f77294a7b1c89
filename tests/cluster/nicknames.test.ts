/** Of look-alike nicknames that are claimed at different servers at the same instant, exactly one is given. */
import { expect, test } from "bun:test";
import { Cluster } from "../support/cluster.ts";
import { V3Client } from "../support/v3.ts";

const { CHAT_ROUNDS = 300 } = process.env;
const ROUNDS = Number(CHAT_ROUNDS);
/** Three spellings that look the same. */
const SPELLINGS = ["straße", "STRASSE", "ѕtrаßе"];

test("NAME-8 of look-alike nicknames requested at three servers at once exactly one is granted, hundreds of times", async () => {
  await using cluster = await Cluster.start(3, ["--no-limits"]);
  const clients = await Promise.all(
    SPELLINGS.map((_, at) => V3Client.registered(cluster.at(at).url(), `first ${at}`)),
  );
  const wins = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const replies = await Promise.all(
      clients.map(async (client, at) => {
        client.chat.send({ type: "name", name: `${SPELLINGS[at]} ${round}` });
        return client.chat.nextWhere((frame) => frame.type === "name");
      }),
    );
    const winners = replies.flatMap(({ status }, at) => (status === true ? [at] : []));
    expect(winners.length).toBe(1);
    for (const at of winners) wins[at] = (wins[at] ?? 0) + 1;
    for (const reply of replies) if (reply.status !== true) expect(reply.reason).toBe("NameAlreadyUsed");
  }
  // Each server has won some, so that they did run against each other.
  for (const count of wins) expect(count).toBeGreaterThan(0);
  const rosters = await Promise.all(clients.map(async (client) => (await client.page()).online));
  for (const roster of rosters) expect(roster).toEqual(rosters[0] ?? []);
});

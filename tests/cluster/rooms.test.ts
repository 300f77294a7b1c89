/** Which rooms there are, and who is in them, whichever server is asked. */
import { expect, test } from "bun:test";
import type { RoomList } from "../../src/protocol/room-list.ts";
import { upgradeStatus } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { runCommand } from "../support/server.ts";
import { BEHIND_PROXY, KEY, Visitor } from "../support/visitors.ts";

test("EP-10 EP-11 a room that is made at one server is there at all, and the list counts people at all of them", async () => {
  await using cluster = await Cluster.start(2, [...BEHIND_PROXY, "--rooms", "listed"]);
  const [here, there] = [cluster.at(0), cluster.at(1)];
  using minh = await Visitor.connect(here, { key: KEY.minh });
  await runCommand(["grant", minh.by, "moderator", "--database-url", cluster.url]);
  while ((await minh.ask({ type: "identify", key: KEY.minh })).role !== "moderator") await Bun.sleep(100);
  for (const server of cluster.servers) expect(await upgradeStatus(server.url("tea"))).toBe(404);
  const set = { title: "Tea", listed: true };
  expect(await minh.ask({ type: "room", room: "tea", set })).toMatchObject({ status: true });
  expect(await upgradeStatus(here.url("tea"))).toBe(101);
  while ((await upgradeStatus(there.url("tea"))) === 404) await Bun.sleep(100);
  using an = await Visitor.named(here, "An", { room: "tea" });
  using _binh = await Visitor.named(there, "Bình", { room: "tea" });
  const { id } = await an.say("hello");
  for (const server of cluster.servers) {
    const listed = async () => {
      const list: RoomList = await (await fetch(server.http("/rooms.json"))).json();
      return list.rooms[0];
    };
    for (;;) {
      const tea = await listed();
      if (tea?.online === 2 && tea.lastId === id) break;
      await Bun.sleep(100);
    }
  }
});

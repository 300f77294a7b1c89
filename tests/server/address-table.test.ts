import { expect, test } from "bun:test";
import { BlockList } from "node:net";
import { AbsentMembers } from "../../src/server/absent-members.ts";
import { type Address, AddressTable } from "../../src/server/address-table.ts";
import { ByteAccount } from "../../src/server/byte-account.ts";
import type { Limits } from "../../src/server/settings.ts";
import { LIMITS } from "../support/wire.ts";

function tableOf(limits: Partial<Limits>, exempt = new BlockList()): AddressTable {
  const memory = { pending: new ByteAccount(1e6), getMemory: new ByteAccount(1e6) };
  return new AddressTable({ ...LIMITS, ...limits }, memory, exempt);
}

/** Admits to a room and gives what became of it. */
function admitted(address: Address, room: string, now = 0): string {
  const refusal = address.admit(room, now);
  return refusal === null ? "in" : `${refusal.reason} ${refusal.wait}`;
}

test("LIM-9 an address has so many connections, and so many new ones a second", () => {
  const table = tableOf({ connectionsPerAddress: 3, newConnections: { perSecond: 1, burst: 5 } });
  const a = table.of("a", 0);
  expect([1, 2, 3, 4].map(() => admitted(a, "/"))).toEqual(["in", "in", "in", "connections 1"]);
  expect(admitted(table.of("b", 0), "/")).toBe("in");
  for (let i = 0; i < 3; i++) a.leave("/");
  expect([admitted(a, "/"), admitted(a, "/"), admitted(a, "/", 1000)]).toEqual(["in", "connections 1", "in"]);
});

test("an address is forgotten once nobody of it is here and its rates have recovered, and not before", () => {
  const table = tableOf({ newConnections: { perSecond: 1, burst: 5 } });
  table.of("a", 0).admit("/", 0);
  table.of("b", 0).admit("/", 0);
  table.of("a", 0).leave("/");
  table.shed(500);
  expect(table.size).toBe(2);
  table.shed(1000);
  expect(table.size).toBe(1);
  table.of("b", 1000).keep();
  table.shed(100_000);
  expect(table.size).toBe(1);
  table.of("b", 100_000).letGo("/");
  table.shed(200_000);
  expect(table.size).toBe(0);
});

test("LIM-10 an address may be in so many rooms, and a room that it left makes way, but not while a nickname is kept", () => {
  const address = tableOf({ roomsPerAddress: 2 }).of("a", 0);
  expect(["x", "y", "z", "x"].map((room) => admitted(address, room))).toEqual(["in", "in", "rooms 1", "in"]);
  address.leave("x");
  expect(admitted(address, "z")).toBe("rooms 1");
  address.keep();
  expect(admitted(address, "z")).toBe("rooms 1");
  address.letGo("x");
  expect(admitted(address, "z")).toBe("in");
});

test("LIM-9 absent members count: an address has no more nicknames than it may have connections", () => {
  const address = tableOf({ connectionsPerAddress: 3 }).of("a", 0);
  const absentMembers = new AbsentMembers(15_000);
  for (const connection of ["1", "2", "3"]) {
    expect([admitted(address, "/"), address.mayRegister]).toEqual(["in", true]);
    absentMembers.keep(connection, "/", address, 0);
  }
  // Somebody must be able to come back to resume, but not to take one more.
  expect([admitted(address, "/"), address.mayRegister]).toEqual(["in", false]);
  absentMembers.delivered({ kind: "left", connection: "2", name: "An", time: 0 });
  expect(address.mayRegister).toBe(true);
  expect([admitted(address, "/"), address.mayRegister]).toEqual(["in", false]);
  const resumed = {
    kind: "resumed",
    connection: "5",
    from: "1",
    name: "An",
    time: 0,
    session: { hash: "", identity: "" },
    by: "",
    networks: [],
    shown: null,
  } as const;
  absentMembers.delivered(resumed);
  expect(address.mayRegister).toBe(true);
});

test("an absence of whose end nothing is heard counts until some time after its grace", () => {
  const address = tableOf({ connectionsPerAddress: 1 }).of("a", 0);
  const absentMembers = new AbsentMembers(15_000);
  admitted(address, "/");
  absentMembers.keep("1", "/", address, 0);
  admitted(address, "/");
  absentMembers.shed(24_999);
  expect(address.mayRegister).toBe(false);
  absentMembers.shed(25_000);
  expect(address.mayRegister).toBe(true);
});

test("an exempt address has the limits on memory and no others", () => {
  const limits = { connectionsPerAddress: 1, roomsPerAddress: 1, addressPendingBytes: 100 };
  const exempt = new BlockList();
  exempt.addAddress("2001:db8::1", "ipv6");
  const table = tableOf(limits, exempt);
  // The other one is of the same network.
  const [bot, other] = [table.of("2001:db8::1", 0), table.of("2001:db8::2", 0)];
  expect([table.isExempt("2001:db8::1"), table.isExempt("2001:db8::2")]).toEqual([true, false]);
  expect(table.of("2001:db8::1", 0)).toBe(bot);
  expect(["x", "y", "z"].map((room) => admitted(bot, room))).toEqual(["in", "in", "in"]);
  expect(["x", "y"].map((room) => admitted(other, room))).toEqual(["in", "connections 1"]);
  expect(Object.values(bot.rates).every((bucket) => bucket === null)).toBe(true);
  bot.pending.charge(60);
  expect(bot.pending.hasRoomFor(60)).toBe(false);
});

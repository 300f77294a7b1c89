import { expect, test } from "bun:test";
import { SocketTable } from "../../src/server/socket-table.ts";
import fc from "../support/chance.ts";

test("LIM-9 when there are too many, the oldest of the address that holds the most has to go", () => {
  const table = new SocketTable<string>(5);
  for (const socket of ["a1", "a2", "b1", "a3", "b2"]) table.add(socket, socket.charAt(0));
  expect(table.evictable()).toBeUndefined();
  table.add("c1", "c");
  expect(table.evictable()).toBe("a1");
  table.delete("a1");
  expect(table.evictable()).toBeUndefined();
  // A WebSocket is held against nobody.
  table.markWebSocket("a2");
  table.add("c2", "c");
  expect(table.evictable()).toBe("b1");
});

test("a tenth of the sockets is reserved for those that are not WebSockets, so that new clients get an answer", () => {
  const table = new SocketTable<number>(20);
  for (let i = 0; i < 17; i++) {
    table.add(i, "a");
    table.markWebSocket(i);
  }
  table.add(17, "a");
  expect(table.isFull).toBe(false);
  table.markWebSocket(17);
  expect(table.isFull).toBe(true);
  table.markPlain(3, "a");
  expect(table.isFull).toBe(false);
  expect(table.plainOf("a")).toBe(1);
});

type Held = { socket: number; address: string };

test("however sockets come and go, the one to evict belongs to an address that holds the most", () => {
  const step = fc.record({
    act: fc.constantFrom("add", "add", "settle", "unsettle", "delete"),
    which: fc.nat(),
    address: fc.constantFrom("a", "b", "c", "d"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 10 }), (steps, most) => {
      const table = new SocketTable<number>(most);
      const open = new Map<number, string>();
      let held: Held[] = [];
      for (const [next, { act, which, address }] of steps.entries()) {
        const [socket, of] = [...open][which % Math.max(1, open.size)] ?? [];
        if (act === "add") {
          table.add(next, address);
          open.set(next, address);
          held.push({ socket: next, address });
        } else if (socket !== undefined && of !== undefined) {
          const wasHeld = held.some((each) => each.socket === socket);
          if (act === "unsettle") {
            table.markPlain(socket, of);
            if (!wasHeld) held.push({ socket, address: of });
          } else {
            held = held.filter((each) => each.socket !== socket);
            if (act === "settle") table.markWebSocket(socket);
            else table.delete(socket);
            if (act === "delete") open.delete(socket);
          }
        }
        expect([...table.plainSockets()]).toEqual(held.map((each) => each.socket));
        const counts = Object.groupBy(held, (each) => each.address);
        const largest = Math.max(0, ...Object.values(counts).map((each) => each?.length ?? 0));
        const candidates = Object.values(counts).flatMap((each) =>
          each?.length === largest ? [each[0]?.socket] : [],
        );
        if (open.size > most && held.length > 0) expect(candidates).toContain(table.evictable());
        else expect(table.evictable()).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});

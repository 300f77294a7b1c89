import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { ClientSocket, type ListenerOptions } from "../../src/server/listener.ts";
import { SocketTable } from "../../src/server/sockets.ts";

test("LIM-9 connections that are no WebSocket count by the /64 of their address", () => {
  const cut: string[] = [];
  const options: ListenerOptions = {
    host: "::1",
    port: 0,
    frameBytes: 100,
    sockets: new SocketTable(100),
    unsettledPerAddress: () => 3,
    handshakeMs: 1000,
    admit: () => new Response(),
    respond: () => new Response(),
    rejected: () => {},
    crowded: (peer) => void cut.push(peer),
    fault: () => {},
  };
  const connect = (address: string) => {
    const socket = { remoteAddress: address, terminate: () => {} };
    // Of a socket, no more is looked at before its first bytes.
    new ClientSocket(socket as Socket<ClientSocket>, options).makeRoom();
  };
  const addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ff::3", "2001:db8::4", "2001:db8::4"];
  for (const address of [...addresses, "2001:db8:0:1::1", "::ffff:1.2.3.4"]) connect(address);
  expect(cut).toEqual(["2001:db8::4", "2001:db8::4"]);
  expect(options.sockets.heldBy("2001:db8:0:0::/64")).toBe(3);
  for (const address of ["1.2.3.4", "1.2.3.4", "1.2.3.4"]) connect(address);
  expect(cut).toHaveLength(3);
});

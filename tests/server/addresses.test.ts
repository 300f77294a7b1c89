import { expect, test } from "bun:test";
import { BlockList } from "node:net";
import { createCommand, settingsOf } from "../../src/cli/options.ts";
import { addressKey, clientAddress, isCutShort } from "../../src/server/addresses.ts";

const proxy = new BlockList();
proxy.addAddress("127.0.0.1");

test("LIM-9 an IPv6 address counts as its /64, an IPv4 address in IPv6 clothes as itself", () => {
  expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe(addressKey("2001:db8:1:2:ffff::1"));
  expect(addressKey("2001:db8:1:2::1")).not.toBe(addressKey("2001:db8:1:3::1"));
  expect(addressKey("2001:db8::1")).toBe(addressKey("2001:DB8:0:0::2"));
  expect(addressKey("1::2:3:4:5:1.2.3.4")).toBe(addressKey("1:0:2:3::"));
  expect(addressKey("::ffff:10.1.2.3")).toBe("10.1.2.3");
  expect(addressKey("::ffff:a01:203")).toBe("10.1.2.3");
  expect(addressKey("0:0:0:0:0:FFFF:0a01:0203")).toBe("10.1.2.3");
  expect(addressKey("10.1.2.3")).toBe("10.1.2.3");
  expect(addressKey("fe80::1%eth0")).toBe(addressKey("fe80::2"));
});

test("X-Forwarded-For counts only from a trusted proxy, and is read from its trusted end", () => {
  const nobody = new BlockList();
  const proxies = new BlockList();
  proxies.addAddress("127.0.0.1");
  proxies.addSubnet("10.0.0.0", 8);
  expect(clientAddress("203.0.113.9", "1.2.3.4", nobody)).toBe("203.0.113.9");
  expect(clientAddress("203.0.113.9", "1.2.3.4", proxies)).toBe("203.0.113.9");
  expect(clientAddress("127.0.0.1", null, proxies)).toBe("127.0.0.1");
  expect(clientAddress("127.0.0.1", "1.2.3.4", proxies)).toBe("1.2.3.4");
  expect(clientAddress("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.3.2.1", proxies)).toBe("1.2.3.4");
  expect(clientAddress("127.0.0.1", "1.2.3.4, rubbish", proxies)).toBe("127.0.0.1");
  expect(clientAddress("127.0.0.1", "10.9.9.9", proxies)).toBe("10.9.9.9");
});

test("what a client itself writes into the header changes nothing, however long it is", () => {
  const header = `${"6.6.6.6, ".repeat(100_000)}1.2.3.4:5, 127.0.0.1:6`;
  expect(clientAddress("127.0.0.1", header, proxy)).toBe("1.2.3.4");
});

test("only a limited number of hops is read of an endless list, even if each is a trusted proxy", () => {
  const proxies = new BlockList();
  proxies.addSubnet("10.0.0.0", 8);
  const header = `1.2.3.4${", 10.0.0.1".repeat(100_000)}`;
  expect(clientAddress("10.0.0.1", header, proxies)).toBe("10.0.0.1");
});

/** Whether the client is found behind a peer, when such proxies are trusted. */
const isTrusted = (peer: string, ...proxies: string[]) => {
  const flags = proxies.flatMap((each) => ["--trust-proxy", each]);
  const command = createCommand("0.0.0").parse(flags, { from: "user" });
  return clientAddress(peer, "1.2.3.4:5", settingsOf(command, false).trustProxy) === "1.2.3.4";
};

test("a trusted proxy is an address or a network, in any form in which systems write it", () => {
  expect(isTrusted("10.9.8.7", "10.1.2.3/8")).toBe(true);
  expect(isTrusted("::ffff:10.9.8.7", "10.0.0.0/8")).toBe(true);
  expect(isTrusted("11.0.0.1", "10.0.0.0/8")).toBe(false);
  for (const each of ["::ffff:10.9.8.7", "::ffff:a09:807", "::ffff:10.0.0.0/104", "::ffff:0:0/96"])
    expect([each, isTrusted("10.9.8.7", each), isTrusted("::1", each)]).toEqual([each, true, false]);
  expect(isTrusted("2001:db8:1::5", "2001:DB8::/32")).toBe(true);
  expect(isTrusted("fe80::1%eth0", "fe80::1%eth0")).toBe(true);
  expect(isTrusted("127.0.0.1", "::1,127.0.0.1")).toBe(true);
  expect(isTrusted("10.0.0.1", "10.0.0.0/32")).toBe(false);
  for (const each of [
    "10.0.0.0/33",
    "::1/129",
    "10.0.0.0/8/8",
    "10.0.0.0/",
    "::ffff:10.0.0.0/8",
    "unix:",
    "::1/-1",
  ])
    expect(() => isTrusted("10.0.0.1", each)).toThrow("is not an address or network");
});

test.each([
  ["1.2.3.4", "1.2.3.4"],
  ["1.2.3.4:5678", "1.2.3.4"],
  ['"1.2.3.4:5678"', "1.2.3.4"],
  ["2001:DB8:0::1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["[2001:db8::1]:443", "2001:db8::1"],
  ['"[2001:db8::1]:443"', "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%25eth0]:443", "fe80::1"],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["::ffff:102:304", "1.2.3.4"],
  ["[::ffff:102:304]:80", "1.2.3.4"],
  ["0:0:0:0:0:ffff:0102:0304", "1.2.3.4"],
  ["6.6.6.6:1, 1.2.3.4:5678 ,127.0.0.1:90", "1.2.3.4"],
  ["1.2.3.4, ::ffff:127.0.0.1", "1.2.3.4"],
  ["203.0.113.7:4711", "203.0.113.7"],
  ["2001:db8::7:4711", "2001:db8::7:4711"],
  ["2001:DB8:0:0:0:0:0:7:4711", "2001:db8::7"],
  [" \t203.0.113.7:4711 \t", "203.0.113.7"],
  ['"6.6.6.6", "1.2.3.4:5678", "127.0.0.1:90"', "1.2.3.4"],
  ["unknown, 1.2.3.4", "1.2.3.4"],
] as const)("the client in X-Forwarded-For: %s is %s", (header, address) => {
  expect(clientAddress("127.0.0.1", header, proxy)).toBe(address);
  expect(clientAddress("::ffff:127.0.0.1", header, proxy)).toBe(address);
  expect(clientAddress("203.0.113.9", header, proxy)).toBe("203.0.113.9");
  expect(isCutShort("127.0.0.1", header, proxy)).toBe(false);
});

test.each([
  "unknown",
  "_hidden",
  "",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.4:",
  "1.2.3.4:123456",
  "1.2.3.4:x",
  "[2001:db8::1",
  "2001:db8::1]:443",
  "[2001:db8::1]443",
  '"1.2.3.4',
  "1.2.3.4, rubbish",
  "1.2.3.4, unknown, 127.0.0.1",
  // What nginx writes of a client at a Unix socket. Who comes before it in the list may have written that itself.
  "6.6.6.6, unix:",
  "6.6.6.6, ",
  "6.6.6.6; 1.2.3.4",
  "for=1.2.3.4",
  "1.2.3.4/32",
  "2001:db8:0:0:0:0:0:7:123456",
  "0x7f000001",
  "localhost",
  "[1.2.3.4",
  '""',
])(
  "an X-Forwarded-For in which a trusted proxy wrote something other than an address names no client: %p",
  (header) => {
    expect(clientAddress("127.0.0.1", header, proxy)).toBe("127.0.0.1");
    expect(isCutShort("127.0.0.1", header, proxy)).toBe(true);
    expect(isCutShort("203.0.113.9", header, proxy)).toBe(false);
  },
);

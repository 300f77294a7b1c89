import { expect, test } from "bun:test";
import { BlockList } from "node:net";
import { addressKey, clientAddress, isCutShort } from "../../src/server/addresses.ts";

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

const proxy = new BlockList();
proxy.addAddress("127.0.0.1");

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
])("the client in X-Forwarded-For: %s is %s", (header, address) => {
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
])("an X-Forwarded-For that stops at what is no address tells of no client: %p", (header) => {
  expect(clientAddress("127.0.0.1", header, proxy)).toBe("127.0.0.1");
  expect(isCutShort("127.0.0.1", header, proxy)).toBe(true);
  expect(isCutShort("203.0.113.9", header, proxy)).toBe(false);
});

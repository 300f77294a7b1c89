import { expect, test } from "bun:test";
import { Access } from "../../src/server/access.ts";

const loopback = (allowOrigins: string[] | null = null) =>
  new Access({ hosts: ["127.0.0.1", "::1"], allowOrigins }, ["127.0.0.1", "::1"]);
const network = (allowOrigins: string[] | null = null) =>
  new Access({ hosts: ["0.0.0.0"], allowOrigins }, ["0.0.0.0"]);

/** Those of some values for which something holds. */
const which = (values: readonly string[], holds: (value: string) => boolean) => values.filter(holds);

const PAGES_OF_LOOPBACK = [
  "http://localhost",
  "http://localhost:3000",
  "https://localhost:8443",
  "http://127.0.0.1:5000",
  "http://127.8.9.1",
  "http://[::1]:5000",
  "http://app.localhost:5173",
];
const NO_SITES = [
  "null",
  "file://",
  "chrome-extension://abcdef",
  "capacitor://localhost",
  "app://obsidian.md",
];
const OTHER_SITES = [
  "https://evil.example",
  "http://evil.example:5000",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "http://evil-localhost",
  "http://localhost@evil.example",
  "http://192.168.1.5:5000",
  "http://128.0.0.1",
  "http://0.0.0.0:5000",
  "http://[2001:db8::1]",
  "https://evil.example, http://localhost",
  "http://localhost, https://evil.example",
  "HTTPS://EVIL.EXAMPLE",
  "https:evil.example",
  "evil.example",
  "",
];

test("EP-6 on loopback alone pages of other sites are not taken, and those of this machine, files and apps are", () => {
  const access = loopback();
  const takes = (origin: string) => access.takesOrigin(origin);
  expect(which(PAGES_OF_LOOPBACK, takes)).toEqual(PAGES_OF_LOOPBACK);
  expect(which(NO_SITES, takes)).toEqual(NO_SITES);
  expect(which(OTHER_SITES, takes)).toEqual([]);
  expect(access.takesOrigin(null)).toBe(true);
});

test("EP-6 a server that is open to a network accepts any origin and any host", () => {
  for (const address of ["0.0.0.0", "::", "192.168.1.5", "2001:db8::1"]) {
    const access = new Access({ hosts: [address], allowOrigins: null }, [address]);
    expect(access.isLoopbackOnly).toBe(false);
    expect(which(OTHER_SITES, (origin) => access.takesOrigin(origin))).toEqual(OTHER_SITES);
    expect(access.takesHost("chat.example")).toBe(true);
  }
});

test("EP-6 when origins are named, only pages of these are taken, wherever the server listens", () => {
  for (const access of [
    loopback(["https://chat.example", "null"]),
    network(["https://chat.example", "null"]),
  ]) {
    const others = [...PAGES_OF_LOOPBACK, ...OTHER_SITES, "http://chat.example", "https://chat.example:8443"];
    expect(which(others, (origin) => access.takesOrigin(origin))).toEqual([]);
    expect(access.takesOrigin("https://chat.example")).toBe(true);
    expect(access.takesOrigin("null")).toBe(true);
    expect(access.takesOrigin(null)).toBe(true);
  }
});

test("EP-7 on loopback alone a request is for a name of loopback, or for a site that was named", () => {
  const own = [
    "localhost",
    "localhost.",
    "app.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "[::1]",
    "[::ffff:7f00:1]",
  ];
  const others = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "0.0.0.0",
    "[::]",
    "10.0.0.1",
  ];
  const access = loopback();
  expect(which([...own, ...others], (host) => access.takesHost(host))).toEqual(own);
  const named = loopback(["https://chat.example:8443", "chrome-extension://abcdef", "null"]);
  const hosts = [...own, "chat.example", "abcdef", "null", ...others];
  expect(which(hosts, (host) => named.takesHost(host))).toEqual([...own, "chat.example"]);
});

test("EP-7 a name by which the operator has it listen is its own", () => {
  const access = new Access({ hosts: ["MyBox"], allowOrigins: null }, ["127.0.1.1"]);
  expect(access.isLoopbackOnly).toBe(true);
  expect(access.takesHost("mybox")).toBe(true);
  expect(access.takesOrigin("http://mybox:5000")).toBe(true);
  expect(access.takesHost("evil.example")).toBe(false);
});

import { expect, test } from "bun:test";
import { parseOrigin } from "../../src/cli/origin.ts";

test.each([
  ["https://example.org", "https://example.org"],
  ["https://example.org/", "https://example.org"],
  ["https://example.org:8443", "https://example.org:8443"],
  ["http://localhost:8080", "http://localhost:8080"],
  ["http://[::1]:5000", "http://[::1]:5000"],
  ["https://xn--cht-fla.example", "https://xn--cht-fla.example"],
  ["chrome-extension://abcdef", "chrome-extension://abcdef"],
  ["capacitor://localhost", "capacitor://localhost"],
  ["null", "null"],
  ["file://", "file://"],
])("--allow-origin %s is accepted", (given, origin) => {
  expect(parseOrigin(given)).toBe(origin);
});

test.each([
  ["example.org", "https://example.org"],
  ["localhost:3000", "http://localhost:3000"],
  ["https://Example.org", "https://example.org"],
  ["HTTPS://example.org", "https://example.org"],
  ["https://example.org/chat", "https://example.org"],
  ["https://example.org//", "https://example.org"],
  ["https://example.org?x", "https://example.org"],
  ["https://an@example.org", "https://example.org"],
  ["https://example.org:443", "https://example.org"],
  ["http://example.org:80", "http://example.org"],
  ["https://chát.example", "https://xn--cht-fla.example"],
  ["http://[0:0:0:0:0:0:0:1]", "http://[::1]"],
  ["wss://example.org", "https://example.org"],
  ["ws://example.org:5000", "http://example.org:5000"],
  ["Chrome-Extension://abcdef", "chrome-extension://abcdef"],
  ["chrome-extension://abcdef/page", "chrome-extension://abcdef"],
  ["file:///srv/chat.html", "null"],
  ["NULL", "null"],
])("--allow-origin %s could never match, and the refusal says %s", (given, right) => {
  expect(() => parseOrigin(given)).toThrow(`Write ${right} instead.`);
  expect(parseOrigin(right)).toBe(right);
});

test.each([
  "",
  " ",
  "*",
  "https://*",
  "https://*.example.org",
  "https://",
  "a b",
  "/chat",
  "ftp://example.org",
  "data:x",
])("--allow-origin %p is not an origin", (given) => {
  expect(() => parseOrigin(given)).toThrow("It must be");
});

import { expect, test } from "bun:test";
import { frameAncestorsOf, parseFrameAncestor } from "../../src/cli/frame-ancestors.ts";

test("who may embed is read as the policy writes it", () => {
  expect(parseFrameAncestor("https://www.Example.org/")).toBe("https://www.example.org");
  expect(parseFrameAncestor("https://*.example.org:8443")).toBe("https://*.example.org:8443");
  expect(parseFrameAncestor("http://[::1]:8080")).toBe("http://[::1]:8080");
  expect(parseFrameAncestor("self")).toBe("'self'");
  expect(parseFrameAncestor("'NONE'")).toBe("'none'");
});

test("whatever else is refused, above all what would end the directive", () => {
  const wrong = [
    "",
    "*",
    "example.org",
    "https://example.org/path",
    "https://a;b",
    "https://a.*.org",
    "data:",
  ];
  for (const text of wrong) expect(() => parseFrameAncestor(text)).toThrow("It must be an origin");
});

test("nobody and somebody at once is refused; without the flag anybody may", () => {
  expect(frameAncestorsOf(undefined)).toBeNull();
  expect(() => frameAncestorsOf(["'none'", "'self'"])).toThrow("none stands alone");
});

/** The flags by which the pages become those of the operator's site. */
import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAccent, parseTitle, siteOf } from "../../src/cli/site.ts";
import { TemporaryFolder } from "../support/server.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const file = (name: string, contents: string | Uint8Array) => {
  const path = join(folder.path, name);
  writeFileSync(path, contents);
  return path;
};

test("without flags there is nothing of a site", () => {
  expect(siteOf({})).toEqual({
    accent: null,
    logo: null,
    title: null,
    welcome: null,
    links: [],
    style: null,
  });
});

test("a colour and a title are what they say, or refused in one sentence", () => {
  expect(parseAccent(" #0B6E69 ")).toBe("#0b6e69");
  for (const text of ["", "red", "#12345"])
    expect(() => parseAccent(text)).toThrow("a colour such as #0b6e69");
  expect(parseTitle(" Câu lạc bộ ")).toBe("Câu lạc bộ");
  for (const text of [" ", "a\nb", "\u202eabc", "x".repeat(61)])
    expect(() => parseTitle(text)).toThrow("1 to 60 characters");
});

test("links come one by one or from a file", () => {
  const list = file(
    "links.txt",
    "# our pages\nHelp = https://example.org/help?a=b\n\nShop=http://shop.example.org\n",
  );
  expect(siteOf({ links: [list, "Imprint=https://example.org/imprint"] }).links).toEqual([
    { label: "Help", url: "https://example.org/help?a=b" },
    { label: "Shop", url: "http://shop.example.org/" },
    { label: "Imprint", url: "https://example.org/imprint" },
  ]);
  expect(() => siteOf({ links: ["Help=javascript:alert(1)"] })).toThrow("there is no such file");
  expect(() => siteOf({ links: [file("bad.txt", "Help=javascript:alert(1)")] })).toThrow("--links: ");
  expect(() => siteOf({ links: Array<string>(21).fill("A=https://a.example") })).toThrow("at most 20 links");
});

test("a logo is known by its contents, whatever its name", () => {
  expect(siteOf({ logo: file("logo.gif", '<?xml version="1.0"?><svg/>') }).logo?.ending).toBe("svg");
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  expect(siteOf({ logo: file("logo", png) }).logo?.ending).toBe("png");
  expect(() => siteOf({ logo: file("page.svg", "<html>") })).toThrow("must be a picture");
  expect(() => siteOf({ logo: file("large.png", new Uint8Array(256 * 1024 + 1)) })).toThrow(
    "larger than 256 KiB",
  );
  expect(() => siteOf({ logo: folder.path })).toThrow("is not a file");
  expect(() => siteOf({ logo: join(folder.path, "none") })).toThrow("there is no such file");
});

test("styles are one file of text", () => {
  expect(siteOf({ style: file("a.css", ".top{color:red}") }).style).toHaveLength(15);
  expect(() => siteOf({ style: file("b.css", "<style>") })).toThrow("looks like HTML");
  expect(() => siteOf({ style: file("c.css", "@import 'x.css';") })).toThrow("@import");
  expect(() => siteOf({ style: file("d.css", Uint8Array.of(0xff)) })).toThrow("UTF-8");
});

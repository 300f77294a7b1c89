import { expect, test } from "bun:test";
import fc from "fast-check";
import { isOnlyEmoji, parseContent } from "../../src/web/text/content.ts";
import { complete, Mentions, queryAt } from "../../src/web/text/mentions.ts";
import { initialOf, nicknameFault } from "../../src/web/text/nickname.ts";
import { LANGUAGES } from "../../src/web/words/languages.ts";

const NOBODY = new Mentions();

test("the parts of a content without code are the content", () => {
  const piece = fc.constantFrom(
    "http://a.example/",
    "@An",
    "@",
    " ",
    "x",
    "\n",
    "<b>",
    "é",
    "😀",
    "javascript:",
    "www.b.example",
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const content = pieces.join("");
      const parts = parseContent(content, new Mentions(["An", "An Bình"]));
      expect(parts.map(({ text }) => text).join("")).toBe(content);
    }),
  );
});

test("a link leads to a page or a mailbox, whatever is written", () => {
  const hrefs = (content: string) =>
    parseContent(content, NOBODY).flatMap((part) => (part.kind === "link" ? [part.href] : []));
  expect(hrefs("https://a.example/?q=1#x, b.org and c@d.example")).toEqual([
    "https://a.example/?q=1#x",
    "http://b.org",
    "mailto:c@d.example",
  ]);
  for (const content of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://a.example/",
    "vbscript:x",
  ]) {
    expect(hrefs(content).filter((href) => !/^https?:|^mailto:/.test(href))).toEqual([]);
  }
});

test("code is taken as it is written", () => {
  expect(parseContent("a `http://b.example` c", NOBODY)).toEqual([
    { kind: "text", text: "a " },
    { kind: "code", text: "http://b.example" },
    { kind: "text", text: " c" },
  ]);
  expect(parseContent("```ts\na\n\nb\n```", NOBODY)).toEqual([{ kind: "block", text: "a\n\nb" }]);
  expect(parseContent("``` open", NOBODY)).toEqual([{ kind: "text", text: "``` open" }]);
});

test("hostile contents are read in no time", () => {
  const names = new Mentions(Array.from({ length: 1000 }, (_, i) => `name ${"x".repeat(i % 90)}${i}`));
  const startMs = performance.now();
  for (const piece of ["@", "`", "```", "http://", "a.", "@name ", "www.", "a@", "\u0301"]) {
    parseContent(piece.repeat(Math.floor(4000 / piece.length)), names);
  }
  // Quadratic ones take minutes.
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test("the longest known nickname is the one that is mentioned, at the end of a word", () => {
  const mentions = new Mentions(["An", "An Bình", "bé"]);
  const found = (text: string) => mentions.find(text).map(({ name }) => name);
  expect(found("@an bình and @AN, @Bé!")).toEqual(["An Bình", "An", "bé"]);
  expect(found("@Anh mail@an.example @")).toEqual([]);
});

test("a mention is completed without case and marks", () => {
  expect(complete("bi", ["An", "Bình", "bích", "Đào"], 6)).toEqual(["Bình", "bích"]);
  expect(complete("d", ["Đào"], 6)).toEqual(["Đào"]);
  expect(queryAt("hi @bi", 6)).toEqual({ index: 3, text: "bi" });
  expect(queryAt("mail@bi", 7)).toBeNull();
  expect(queryAt("hi", 2)).toBeNull();
});

test("a few emoji alone are large, and digits are none", () => {
  expect(["🎉", "👩‍👩‍👧 🇻🇳", "❤️"].map(isOnlyEmoji)).toEqual([true, true, true]);
  expect(["", " ", "1", "ok 🎉", "🎉".repeat(7)].map(isOnlyEmoji)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("each language says what is wrong with a nickname", () => {
  for (const words of Object.values(LANGUAGES)) {
    const faults = ["", "x".repeat(101), "\u200B", "a\u202Eb", "a\nb"].map((name) =>
      nicknameFault(name, words),
    );
    expect(new Set(faults).size).toBe(4);
    expect(nicknameFault("An", words)).toBeUndefined();
  }
  expect([initialOf("  bình"), initialOf("\u200Bé"), initialOf("👩‍👩‍👧x")]).toEqual(["B", "É", "👩‍👩‍👧"]);
});

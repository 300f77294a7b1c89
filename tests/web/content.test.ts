import { expect, spyOn, test } from "bun:test";
import { complete, queryAt } from "../../src/web/text/completion.ts";
import {
  blocksOf,
  isMentioned,
  isOnlyEmoji,
  LINES_MAX,
  linesOf,
  parseContent,
} from "../../src/web/text/content.ts";
import { deedOf } from "../../src/web/text/format.ts";
import { initialOf } from "../../src/web/text/initial.ts";
import { memoize } from "../../src/web/text/memoize.ts";
import { Mentions } from "../../src/web/text/mentions.ts";
import { nicknameFault } from "../../src/web/text/nickname.ts";
import { en } from "../../src/web/words/en.ts";
import { vi } from "../../src/web/words/vi.ts";
import fc from "../support/chance.ts";

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
  expect(parseContent("a\n```\nb\n```\nc", NOBODY)).toEqual([
    { kind: "text", text: "a\n" },
    { kind: "block", text: "b" },
    { kind: "text", text: "c" },
  ]);
  expect(parseContent("``` open", NOBODY)).toEqual([{ kind: "text", text: "``` open" }]);
});

/** What is shown, with `b`, `i` and `q` for what is bold, italic and quoted. */
function shownOf(content: string): string[] {
  return parseContent(content, new Mentions(["An"])).map(({ text, bold, italic, quote }) => {
    return `${bold ? "b" : ""}${italic ? "i" : ""}${quote ? "q" : ""}:${text}`;
  });
}

test("asterisks around words make them bold and italic, and code and links in them stay what they are", () => {
  expect(shownOf("a **b c** *d* ***e*** f")).toEqual([":a ", "b:b c", ": ", "i:d", ": ", "bi:e", ": f"]);
  expect(shownOf("**a *b* c**")).toEqual(["b:a ", "bi:b", "b: c"]);
  expect(shownOf("**@An, see https://a.example** `**x**`")).toEqual([
    "b:@An",
    "b:, see ",
    "b:https://a.example",
    ": ",
    ":**x**",
  ]);
  expect(shownOf("我**你**他")).toEqual([":我", "b:你", ":他"]);
});

test.each([
  "2 * 3 * 4",
  "2**3**4",
  "f(*args, **kwargs)",
  "* a\n* b",
  "*a\nb*",
  "** a **",
  "****",
  "a * b*",
  "**",
  "/* x */",
])("%j is shown as it is written", (content) => {
  expect(shownOf(content).join("")).toBe(`:${content}`);
});

test("lines that begin with > quote, and other arrows do not", () => {
  expect(shownOf("> a **b**\n> c\nd >_<\n>e")).toEqual(["q:a ", "bq:b", "q:\n", "q:c\n", ":d >_<\n>e"]);
  expect(shownOf("```\n> a\n```")).toEqual([":> a"]);
  const blocks = blocksOf(parseContent("a\n> b\nc", NOBODY));
  expect(blocks.map(({ isQuote }) => isQuote)).toEqual([false, true, false]);
});

test("what somebody does is what follows /me", () => {
  expect(["/me waves\nand goes", "/me", "/me ", "/meet An", " /me waves"].map(deedOf)).toEqual([
    "waves\nand goes",
    null,
    null,
    null,
    null,
  ]);
});

test("a limited number of mentions is looked up in a content, however many it has and whatever nicknames are known", () => {
  // All lengths that nicknames can have, and each begins as the content goes on. For each character of a nickname there are
  // a look at what is remembered of it, and two at the nicknames.
  const names = new Mentions(Array.from({ length: 100 }, (_, i) => "@".repeat(i + 1)));
  const lookUps = spyOn(Map.prototype, "get");
  const found = names.find("@".repeat(4000));
  const { length } = lookUps.mock.calls;
  lookUps.mockRestore();
  expect(found.map(({ index, end }) => end - index).slice(0, 39)).toEqual(Array(39).fill(101));
  expect(length).toBeLessThan(50 * 3 * 102);

  const people = new Mentions(["An"]);
  const some = "@An `code` ".repeat(30);
  for (const content of [`${some}`, "@x".repeat(1000) + "mail@example.org ".repeat(100)]) {
    const mentions = parseContent(content, people).filter(({ kind }) => kind === "mention");
    expect(mentions.length).toBe(content === some ? 30 : 0);
  }
});

test("only names that begin with the character behind an @ are looked up", () => {
  const names = new Mentions(Array.from({ length: 1000 }, (_, i) => `name ${"x".repeat(i % 90)}${i}`));
  const lookUps = spyOn(Map.prototype, "get");
  names.find("@@a @b @1".repeat(100));
  const { length } = lookUps.mock.calls;
  lookUps.mockRestore();
  // One for the character, one for how long the nicknames are that begin with it.
  expect(length).toBeLessThanOrEqual(50 * 2 + 5);
});

test("a content is read once, and once more for other people, but for its links", () => {
  const content = "a message with https://example.org, @An and `code` in it, that nobody sent before";
  const links = spyOn(URL, "canParse");
  const [first, second] = [new Mentions(["An"]), new Mentions(["An", "Bình"])];
  const finds = spyOn(Mentions.prototype, "find");
  const parts = parseContent(content, first);
  const { length: linkReads } = links.mock.calls;
  const { length: mentionReads } = finds.mock.calls;
  expect(parseContent(content, first)).toBe(parts);
  expect(isMentioned("An", content, { value: first })).toBe(true);
  expect(finds.mock.calls.length).toBe(mentionReads);
  expect(parseContent(content, second)).toEqual(parts);
  expect([links.mock.calls.length, finds.mock.calls.length]).toEqual([linkReads, 2 * mentionReads]);
  links.mockRestore();
  finds.mockRestore();
});

test("the memory of parsed contents is finite", () => {
  let computed = 0;
  const double = memoize((text) => {
    computed++;
    return text + text;
  }, 10);
  for (let i = 0; i < 1000; i++)
    for (const text of ["a", String(i % 500)]) expect(double(text)).toBe(text + text);
  expect(computed).toBeGreaterThan(1000);
  const before = computed;
  for (let i = 0; i < 100; i++) double("999");
  expect(computed).toBe(before + 1);
});

test("a hostile content becomes a few hundred elements at most, and is all there", () => {
  const people = new Mentions(["An", ...Array.from({ length: 1000 }, (_, i) => "x".repeat(1 + (i % 100)))]);
  for (const piece of [
    "`a`",
    "```a```",
    "http://a.org ",
    "a@b.org ",
    "@An ",
    "@xx",
    "`a` a.org @An ",
    "a.org\n",
  ]) {
    const content = piece.repeat(Math.floor(4000 / piece.length));
    const parts = parseContent(content, people);
    expect(parts.filter(({ kind }) => kind !== "text").length).toBeLessThanOrEqual(250);
    expect(
      parts
        .map(({ text }) => text)
        .join("")
        .replaceAll("`", ""),
    ).toBe(content.replaceAll("`", ""));
  }
});

test("no link is looked for in a piece that is longer than any address", () => {
  const hrefs = (content: string) =>
    parseContent(content, NOBODY).flatMap((part) => (part.kind === "link" ? [part.href] : []));
  const long = `https://example.org/${"a".repeat(2000)}`;
  expect(hrefs(`${"a.b".repeat(1000)} ${long} ${"https://a.b/?".repeat(300)}`)).toEqual([long]);
});

test.each([
  ["a right-to-left override", "https://bank.example\u202Emoc.live"],
  ["an isolate", "\u2067https://bank.example"],
  ["an embedding in a domain without a scheme", "bank\u202A.org"],
  ["a mark of direction", "https://bank.example/\u200F"],
  ["an Arabic letter mark", "x@bank\u061C.org"],
  ["a space without width", "https://bank\u200B.org.evil.example"],
  ["a joiner", "https://bank\u200D.org"],
  ["a soft hyphen", "https://bank\u00AD.org"],
  ["a byte order mark", "https://bank\uFEFF.org"],
  ["a filler", "https://bank\u3164.org"],
  ["an empty Braille pattern", "https://bank\u2800.org"],
  ["a tag", "https://bank\u{E0061}.org"],
  ["another character that looks like a slash", "https://bank.org\u2044login.evil.example"],
  ["an overlaid slash", "https://bank.org\u0338login.evil.example"],
])("an address that %s makes look like another one is not a link", (_, content) => {
  expect(parseContent(content, NOBODY)).toEqual([{ kind: "text", text: content }]);
});

test("a link leads to the host that it shows", () => {
  for (const content of [
    "https://bank.example@evil.example/",
    "https://bank.example:x@evil.example/",
    "https://bank.example\uFF0Fevil.example/",
    "https://bank.example\u3002evil.example/",
    "https://tiếngviệt.vn/đường?x=1 and https://tie\u0302\u0301ng.vn",
    "http://例え.テスト http://क्षेत्र.भारत/ http://[::1]:80/ http://localhost:5000/x",
    "MAILTO:a@b.com x@y.org https://a.example/@user",
  ]) {
    for (const part of parseContent(content, NOBODY)) {
      if (part.kind === "link")
        expect(part.href.replace(/^(http:\/\/|mailto:)/i, "")).toEndWith(
          part.text.replace(/^(http:\/\/|mailto:)/i, ""),
        );
    }
  }
  const hosts = parseContent("see https://tiếngviệt.vn/x and http://例え.テスト", NOBODY);
  expect(hosts.filter(({ kind }) => kind === "link").length).toBe(2);
});

test("lines have their own directions as written, and beyond a number of lines the rest is one", () => {
  const lines = (content: string) =>
    linesOf(parseContent(content, new Mentions(["An"]))).map((parts) =>
      parts.map(({ text }) => text).join(""),
    );
  expect(lines("a\nb\n")).toEqual(["a\nb\n"]);
  expect(lines("a\n\n@An שלום `x`\nc")).toEqual(["a\n", "\n", "@An שלום x\n", "c"]);
  expect(lines("ש\n```\na\nb\n```\nc")).toEqual(["ש\n", "a\nb", "c"]);
  expect(lines("ש @An https://a.org/ `x`")).toEqual(["ש @An https://a.org/ x"]);
  const many = "ש\n".repeat(2000);
  expect(lines(many).length).toBe(LINES_MAX + 1);
  expect(lines(many).join("")).toBe(many);
});

test("the longest known nickname that ends with a word is the one that is mentioned", () => {
  const mentions = new Mentions(["An", "An Bình", "bé"]);
  const found = (text: string) => mentions.find(text).map(({ name }) => name);
  expect(found("@an bình and @AN, @Bé!")).toEqual(["An Bình", "An", "bé"]);
  expect(found("@Anh mail@an.example @")).toEqual([]);
  // A letter that is longer in small, and one that is another at a word's end.
  const odd = new Mentions(["İlke", "ΝΊΚΟΣ"]);
  expect(odd.find("İİ @İlke, @νίκος").map(({ index, name }) => [index, name])).toEqual([
    [3, "İlke"],
    [10, "ΝΊΚΟΣ"],
  ]);
});

test("a mention is completed without case and marks", () => {
  expect(complete("bi", ["An", "Bình", "bích", "Đào"], 6)).toEqual(["Bình", "bích"]);
  expect(complete("d", ["Đào"], 6)).toEqual(["Đào"]);
  expect(queryAt("hi @bi", 6)).toEqual({ index: 3, text: "bi" });
  expect(queryAt("mail@bi", 7)).toBeNull();
  expect(queryAt("hi", 2)).toBeNull();
});

test("a few emoji alone are large, and digits do not count as emoji", () => {
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
  for (const words of [en, vi]) {
    const faults = ["", "x".repeat(101), "\u200B", "a\u202Eb", "a\nb"].map((name) =>
      nicknameFault(name, words),
    );
    expect(new Set(faults).size).toBe(4);
    expect(nicknameFault("An", words)).toBeUndefined();
  }
  expect([initialOf("  bình"), initialOf("\u200Bé"), initialOf("👩‍👩‍👧x")]).toEqual(["B", "É", "👩‍👩‍👧"]);
});

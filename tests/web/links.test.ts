import { expect, test } from "bun:test";
import { findLinks } from "../../src/web/text/links.ts";
import fc from "../support/chance.ts";

/** The links in a text, as they are written there. */
function links(text: string): string[] {
  return [...findLinks(text)].map(({ index, end }) => text.slice(index, end));
}

test("no link is made of words with a dot", () => {
  for (const text of [
    "README.md README.vi.md CHANGELOG.MD package.json tsconfig.json v1.2.md index.html a.b",
    "example.py main.rs run.sh lib.so archive.zip backup.tar.gz video.mov page.ps build.pl app.ts setup.cfg",
    "console.info user.name item.pro this.shop socket.io next.js Node.js ASP.NET VB.NET System.Net COMMAND.COM",
    "e.g. i.e. 3.14 1.2.3.4 v2.0.1 10.30 a.m. U.S.A. Ph.D.",
    "Tôi đi rồi.anh về nhé.Mai gặp. Xong.ai làm đâu.vn đấy.",
    "好的.我知道.你呢.了解.com好 完成。example",
    "Хорошо.да Ладно.ну İyi.mi Ναι.και",
    "react@19.1.0 a@b @example.com user@host src/example.com C:\\example.com //example.com",
  ]) {
    expect([text, links(text)]).toEqual([text, []]);
  }
});

test("a host alone is a link if its top-level domain is common, together with its path", () => {
  expect(
    links(
      "example.com, see example.org. (vnexpress.net) tuoitre.vn! bbc.co.uk/news; a.edu/x?y=1 sub.a.com:8080/",
    ),
  ).toEqual([
    "example.com",
    "example.org",
    "vnexpress.net",
    "tuoitre.vn",
    "bbc.co.uk/news",
    "a.edu/x?y=1",
    "sub.a.com:8080/",
  ]);
  expect(links("www.example.io/a WWW.Example.dev www.abc www.")).toEqual([
    "www.example.io/a",
    "WWW.Example.dev",
  ]);
  expect(
    links("访问example.com吧 example.com에서 vào example.com.Tôi thích аpple.com tiếngviệt.com"),
  ).toEqual(["example.com", "example.com", "example.com"]);
  expect([...findLinks("example.com")][0]?.href).toBe("http://example.com");
});

const BEFORE = "看 Xem: в ดู を بـ 에서 देखें ( （ 「 « “ [ * 🎉 ❤️ = > 。 … ở".split(" ");
const BEHIND =
  "。 ， 、 ！ ？ ； ： 」 』 ） 》 】 ؟ ، ۔ । … ’ ” » › ։ ។ . , ! ? ; : ... ?! ) ). ] } \" ' < > ` * 😀 ❤️".split(
    " ",
  );

test("a link is found behind and before any script, without the punctuation round it", () => {
  for (const link of [
    "https://example.org/a",
    "http://example.org",
    "https://en.wikipedia.org/wiki/A_(b)",
    "https://tiếngviệt.vn/đường?x=1#y",
  ]) {
    for (const before of [...BEFORE, "", " ", "\n"]) {
      for (const behind of [...BEHIND, "", " ", "\n"])
        expect([before, links(before + link + behind), behind]).toEqual([before, [link], behind]);
    }
  }
  expect(
    links("https://example.org看这里 https://example.org에서 https://example.org.Tôi https://例え.jpへ"),
  ).toEqual(["https://example.org", "https://example.org", "https://example.org", "https://例え.jp"]);
  expect(links("https://a.org,https://b.org/x,https://c.org;http://d.org/|http://e.org")).toEqual([
    "https://a.org",
    "https://b.org/x",
    "https://c.org",
    "http://d.org/",
    "http://e.org",
  ]);
});

test("no link ends in the middle of a host", () => {
  for (const text of [
    "https://good.example%40evil.example/ http://good.example%2Eevil.example",
    "https://good.example。com/ https://good．example/ www.good.example｡com good.com。vn an@good.com。vn",
    "https://例え。テスト https://i❤.ws/ https://i❤️.ws good.com❤.ws",
  ]) {
    expect([text, links(text)]).toEqual([text, []]);
  }
  expect(
    links("https://a.example。然后 http://localhost:5000。好 https://b.example🎉 https://c.example。OK"),
  ).toEqual(["https://a.example", "http://localhost:5000", "https://b.example", "https://c.example"]);
});

test("brackets belong to a link when it closes them", () => {
  expect(
    links(
      "(https://a.org/x_(y)_[z]) [t](https://a.org/x) https://a.org/{id}) https://a.org/a)b https://a.org/a(b https://a.org/[)",
    ),
  ).toEqual([
    "https://a.org/x_(y)_[z]",
    "https://a.org/x",
    "https://a.org/{id}",
    "https://a.org/a",
    "https://a.org/a",
    "https://a.org/",
  ]);
});

test("a mailbox is a link, and nothing that only has its sign", () => {
  expect(
    [...findLinks("an@b.org, <mailto:c@d.example> o'neil@b.org 看e+f@g.vn。")].map(({ href }) => href),
  ).toEqual(["mailto:an@b.org", "mailto:c@d.example", "mailto:o'neil@b.org", "mailto:e+f@g.vn"]);
  expect(links("git@github.com:a/b.git a@b.c bìnhan@b.org x@y@z.org an@exаmple.org an@b..org")).toEqual([]);
});

test.each([
  ["https://user:pw@example.org/", []],
  ["https://bank.example@evil.example/", []],
  ["https://bank.example:x@evil.example/", []],
  ["https://a@b@c.example/", []],
  ["https://user:pw\\@evil.example/", []],
  ["https://good.example\\@evil.com/", ["https://good.example"]],
  ["https://good.example\\.evil.com/", ["https://good.example"]],
  ["https:\\\\good.example https:/good.example https:good.example https:///good.example", []],
  ["https://example.org:99999 https://example.org:80a https://example.org:foo", []],
  [
    "https://example.org:8080/x https://example.org: ok",
    ["https://example.org:8080/x", "https://example.org"],
  ],
  [
    "http://[::1]:80/ https://[2001:db8::1]/a http://[::1 http://[zz]/",
    ["http://[::1]:80/", "https://[2001:db8::1]/a"],
  ],
  [
    "http://127.0.0.1:5000/ http://localhost:5000/x http://wiki/a",
    ["http://127.0.0.1:5000/", "http://localhost:5000/x", "http://wiki/a"],
  ],
  ["http://2130706433/ http://0x7f.1/ http://127.1/ http://256.1.1.1/ http://0177.0.0.1/", []],
  [
    "https://a..b https://a-.org https://sub_.a.org https://-a.org http://. https:// https://a.orghttps://b.org",
    [],
  ],
  // Letters of other scripts among Latin ones, or in the place of all of them.
  ["https://аpple.com https://аррӏе.com https://example.cоm https://gοοgle.com https://ｅxample.org", []],
  ["https://wıkipedia.org https://ɡoogle.com https://exampleͅ.org", []],
  [
    "https://пример.рф https://пример.com https://κόσμος.gr",
    ["https://пример.рф", "https://пример.com", "https://κόσμος.gr"],
  ],
  ["https://xn--80ak6aa92e.com/ https://xn--a.com/", ["https://xn--80ak6aa92e.com/"]],
  [
    "http://例え.テスト http://क्षेत्र.भारत http://한국.kr",
    ["http://例え.テスト", "http://क्षेत्र.भारत", "http://한국.kr"],
  ],
  ["https://bank.org\u2044login.evil.com https://bank.org\u2215login https://bank.org\uFF0Flogin", []],
  ["javascript:alert(1) data:text/html,x file:///etc/passwd ftp://user@a.org/ vbscript:x", []],
])("%p leads to the hosts that are read in it, or nowhere", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test("whatever is written, a link leads to the address that it shows, and links do not overlap", () => {
  const pieces = `https:// http:// www. mailto: example a b-c org .com . .. @ : 80 99999 / ? # & ( ) [ ] [::1] 看 。 é е \\ _ - xn-- 😀 ' , ｏ`;
  const piece = fc.constantFrom(...pieces.split(" "), " ", "\u200B", "\u202E");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      let from = 0;
      for (const { index, end, href } of findLinks(text)) {
        expect(index).toBeGreaterThanOrEqual(from);
        expect(end).toBeGreaterThan(index);
        from = end;
        const written = text.slice(index, end);
        expect(href).toBe(
          /^(?:https?:\/\/|mailto:)/i.test(written)
            ? written
            : `${href.startsWith("mailto:") ? "mailto:" : "http://"}${written}`,
        );
        expect(written).not.toMatch(/[\s\\<>"\p{Bidi_Control}\u200B]/u);
        const url = new URL(href);
        expect([url.username, url.password]).toEqual(["", ""]);
        const [, host = ""] = /^(?:https?:\/\/)?([^/?#]*)/i.exec(written) ?? [];
        if (url.protocol !== "mailto:" && /^[\w.:-]*$/.test(host))
          expect([url.host, `${url.host}:${url.protocol === "http:" ? 80 : 443}`]).toContain(
            host.toLowerCase(),
          );
      }
    }),
    { numRuns: 3000 },
  );
});

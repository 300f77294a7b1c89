/** The emoji of the picker: which there are, how they are found, counted and walked through. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { emojiSources } from "../../scripts/emoji.ts";
import { Catalog, textOf } from "../../src/web/emoji/catalog.ts";
import { emojiCompleter } from "../../src/web/emoji/completer.ts";
import { ENGLISH } from "../../src/web/emoji/english.ts";
import { countEmoji, frequentEmoji } from "../../src/web/emoji/frequent.ts";
import { type Place, placeAfter } from "../../src/web/emoji/grid.ts";
import { TONES, withTone } from "../../src/web/emoji/tones.ts";
import { VIETNAMESE } from "../../src/web/emoji/vietnamese.ts";
import { EMOJI_WORDS } from "../../src/web/words/emoji.ts";

const english = new Catalog(ENGLISH);
const vietnamese = new Catalog(VIETNAMESE, ENGLISH);

function best(catalog: Catalog, query: string, count: number): string[] {
  return catalog
    .search(query)
    .slice(0, count)
    .map(({ text }) => text);
}

describe("the data", () => {
  test("is what the script makes of the package", async () => {
    for (const [name, source] of emojiSources())
      expect(await Bun.file(join(import.meta.dir, "../../src/web/emoji", name)).text()).toBe(source);
  });

  test("has each emoji once, with a name in each language, and a heading for each group", () => {
    for (const { groups } of [english, vietnamese]) {
      const all = groups.flat();
      expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
      expect(all.length).toBeGreaterThan(1_800);
      expect(all.filter(({ name }) => name === "")).toEqual([]);
      for (const words of Object.values(EMOJI_WORDS)) expect(words.groups).toHaveLength(groups.length);
    }
  });

  test("is fully qualified, in every skin tone", () => {
    const forms = english.groups
      .flat()
      .flatMap((emoji) => ["" as const, ...TONES].map((tone) => textOf(emoji, tone)));
    expect(forms.filter((form) => !/^\p{RGI_Emoji}$/v.test(form))).toEqual([]);
  });
});

describe("skin tones", () => {
  test.each([
    ["👍", "👍🏽"],
    ["✌️", "✌🏽"],
    ["🕵️‍♀️", "🕵🏽‍♀️"],
    ["🧑‍🤝‍🧑", "🧑🏽‍🤝‍🧑🏽"],
    ["🤝", "🤝🏽"],
    ["👩‍❤️‍💋‍👨", "👩🏽‍❤️‍💋‍👨🏽"],
  ])("%s becomes %s", (plain, toned) => {
    expect(withTone(plain, "🏽")).toBe(toned);
    expect(withTone(plain, "")).toBe(plain);
  });

  test("are left out where there are none", () => {
    for (const text of ["😀", "👨‍👩‍👧", "🇻🇳", "❤️"]) {
      const emoji = english.get(text);
      expect(emoji && textOf(emoji, "🏿")).toBe(text);
    }
  });
});

describe("the search", () => {
  test("finds the emoji of that name before those whose name has the word, and these before other words", () => {
    expect(best(english, "cat", 1)).toEqual(["🐈"]);
    expect(best(english, "thumbs up", 2)).toEqual(["👍"]);
    const found = best(english, "heart", 50);
    expect(found.indexOf("❤️")).toBeLessThan(found.indexOf("💘"));
    expect(found.indexOf("💘")).toBeLessThan(found.indexOf("💌"));
  });

  test("finds what begins like the words, in any order and in capitals", () => {
    expect(best(english, "UP thumb", 1)).toEqual(["👍"]);
    expect(english.search("thumbs sideways")).toEqual([]);
    expect(english.search("umbs")).toEqual([]);
  });

  test("finds Vietnamese with marks, without, and decomposed", () => {
    for (const query of ["khóc", "khoc", "khóc".normalize("NFD")])
      expect(best(vietnamese, query, 5)).toContain("😭");
    expect(best(vietnamese, "dua hau", 1)).toEqual(["🍉"]);
    expect(best(vietnamese, "việt nam", 1)).toEqual(["🇻🇳"]);
  });

  test("takes marks for meant: butter comes after all that has to do with cows", () => {
    const found = best(vietnamese, "bò", 300);
    expect(found.indexOf("🐄")).toBeLessThan(found.indexOf("🧈"));
    expect(best(vietnamese, "bo", 1)).toEqual(["🧈"]);
  });

  test("finds by English words, too, on a Vietnamese page", () => {
    expect(best(vietnamese, "lol", 10)).toContain("😂");
    expect(best(vietnamese, "thumbs up", 1)).toEqual(["👍"]);
    expect(vietnamese.get("👍")?.name).not.toContain("thumb");
  });

  test("finds an emoji by itself, in whatever form", () => {
    expect(best(english, " 👍🏿 ", 2)).toEqual(["👍"]);
    expect(best(english, "❤", 2)).toEqual(["❤️"]);
  });
});

describe("the frequent ones", () => {
  function storage(kept?: string) {
    let value = kept ?? null;
    return {
      getItem: () => value,
      setItem(_: string, text: string) {
        value = text;
      },
    };
  }

  test("are none before the first choice, and looking stores nothing", () => {
    const empty = storage();
    expect(frequentEmoji(empty)).toEqual([]);
    expect(empty.getItem()).toBeNull();
  });

  test("are those chosen most often, and a new favourite takes the place of an old one", () => {
    const kept = storage();
    for (const text of ["👍", "👍", "❤️", "👍", "🎉"]) countEmoji(kept, text);
    expect(frequentEmoji(kept)).toEqual(["👍", "🎉", "❤️"]);
    for (let i = 0; i < 4; i++) countEmoji(kept, "🎉");
    expect(frequentEmoji(kept)[0]).toBe("🎉");
  });

  test("are a limited number, which a new one can always join", () => {
    const kept = storage();
    const all = english.groups.flat().slice(0, 100);
    for (const { text } of all) for (let i = 0; i < 5; i++) countEmoji(kept, text);
    expect(frequentEmoji(kept)).toHaveLength(40);
    countEmoji(kept, "🎉");
    expect(frequentEmoji(kept)).toContain("🎉");
  });

  test.each(["", "{}", "[1]", '["👍"]', '[["👍"]]', '[["👍","1"]]', "[[1,1]]"])("are none in %p", (kept) => {
    expect(frequentEmoji(storage(kept))).toEqual([]);
  });
});

describe("the keys", () => {
  // Three columns: sections of two rows, of one, and of three.
  const counts = [5, 2, 7];
  const after = (key: string, section: number, index: number): Place | "above" | undefined =>
    placeAfter(key, { section, index }, counts, 3, 2);

  test("left and right go through all of them, and stop at both ends", () => {
    expect(after("ArrowRight", 0, 2)).toEqual({ section: 0, index: 3 });
    expect(after("ArrowRight", 0, 4)).toEqual({ section: 1, index: 0 });
    expect(after("ArrowRight", 2, 6)).toEqual({ section: 2, index: 6 });
    expect(after("ArrowLeft", 2, 0)).toEqual({ section: 1, index: 1 });
    expect(after("ArrowLeft", 0, 0)).toEqual({ section: 0, index: 0 });
  });

  test("up and down stay in the column where there is one, and lead above the first row", () => {
    expect(after("ArrowDown", 0, 1)).toEqual({ section: 0, index: 4 });
    expect(after("ArrowDown", 0, 2)).toEqual({ section: 0, index: 4 });
    expect(after("ArrowDown", 0, 4)).toEqual({ section: 1, index: 1 });
    expect(after("ArrowDown", 1, 1)).toEqual({ section: 2, index: 1 });
    expect(after("ArrowDown", 2, 6)).toEqual({ section: 2, index: 6 });
    expect(after("ArrowUp", 2, 2)).toEqual({ section: 1, index: 1 });
    expect(after("ArrowUp", 1, 1)).toEqual({ section: 0, index: 4 });
    expect(after("ArrowUp", 0, 1)).toBe("above");
  });

  test("others go by rows and pages, and the rest do not move", () => {
    expect(after("Home", 2, 5)).toEqual({ section: 2, index: 3 });
    expect(after("End", 2, 3)).toEqual({ section: 2, index: 5 });
    expect(after("End", 2, 6)).toEqual({ section: 2, index: 6 });
    expect(after("PageDown", 0, 3)).toEqual({ section: 2, index: 0 });
    expect(after("PageUp", 0, 3)).toEqual({ section: 0, index: 0 });
    expect(after("a", 0, 0)).toBeUndefined();
  });
});

test("a colon that begins a word and two letters offer emoji, and nothing else does", () => {
  const complete = emojiCompleter(english, () => "");
  expect(complete("so :grinning_fa", [])).toMatchObject({
    index: 3,
    options: expect.arrayContaining(["😀"]),
    isEmoji: true,
  });
  expect(complete(":thumbs_up", [])?.options[0]).toBe("👍");
  expect(complete(":thumbs_up", [])?.notes?.get("👍")?.about).toBe("thumbs up");
  expect(emojiCompleter(english, () => TONES[0] ?? "")(":thumbs_up", [])?.options[0]).toBe(
    withTone("👍", TONES[0] ?? ""),
  );
  for (const text of [":D", "10:30", "a:smile", "::smile", ": smile", ":30", ":nothingiscalledso", "Note:"])
    expect(complete(text, [])).toBeNull();
});

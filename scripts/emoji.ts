/**
 * `bun scripts/emoji.ts` writes src/web/emoji/table.ts, english.ts and vietnamese.ts from the package emojibase-data, which
 * has Unicode's own names and keywords (CLDR). The package takes 49 MB, so only developers need it. The same package
 * gives the same sources, which a test verifies.
 */
import { join } from "node:path";
import english from "emojibase-data/en/data.json";
import vietnamese from "emojibase-data/vi/data.json";
import { TONES, withTone } from "../src/web/emoji/tones.ts";

/** Of September 2022: what systems that are up to date can draw. Others would show a box, or the parts of an emoji. */
const VERSION_MAX = 15;

/** The groups of the package that have emoji which people choose. The other one has the skin tones themselves. */
const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9];

interface Source {
  readonly emoji: string;
  readonly hexcode: string;
  readonly label: string;
  readonly tags?: readonly string[] | undefined;
  readonly group?: number | undefined;
  readonly version: number;
  readonly tone?: unknown;
  readonly skins?: readonly Source[] | undefined;
}

/**
 * The generated files.
 *
 * @returns the text of each, by its name
 * @throws Error when the package has what the picker cannot handle
 */
export function emojiSources(): ReadonlyMap<string, string> {
  const groups = GROUPS.map((group) => chosen(english, group));
  const others = new Map(vietnamese.map((each) => [each.hexcode, each]));
  const inVietnamese = groups.flat().map(({ hexcode, label }) => {
    const other = others.get(hexcode);
    if (other === undefined || other.label === "") throw new Error(`${label} has no Vietnamese name`);
    return other;
  });
  return new Map([
    [
      "table.ts",
      sourceOf(
        "EMOJI",
        "All emoji: a group per line, in the order of Unicode. Those that can have a skin tone end with a plus sign.",
        groups.map((group) => group.map(entry).join(" ")),
      ),
    ],
    ["english.ts", sourceOf("ENGLISH", nameComment("English"), groups.flat().map(names))],
    ["vietnamese.ts", sourceOf("VIETNAMESE", nameComment("Vietnamese"), inVietnamese.map(names))],
  ]);
}

function nameComment(language: string): string {
  return `The ${language} name of each emoji in the table, a bar, and further words by which it is found.`;
}

function sourceOf(name: string, comment: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  if (/[`\\]|\$\{/.test(text)) throw new Error(`${name} cannot be written as a template`);
  return `/** ${comment} Written by scripts/emoji.ts. */\nexport const ${name} = \`\n${text}\n\`;\n`;
}

function chosen(all: readonly Source[], group: number): readonly Source[] {
  return all.filter((each) => each.group === group && each.version <= VERSION_MAX);
}

function entry(source: Source): string {
  const emoji = qualified(source);
  const toned = (source.skins ?? []).filter(({ tone }) => typeof tone === "number").map(qualified);
  if (toned.length === 0) return emoji;
  if (toned.join() !== TONES.map((tone) => withTone(emoji, tone)).join())
    throw new Error(`the skin tones of ${source.label} are made otherwise`);
  return `${emoji}+`;
}

/**
 * The form of an emoji that Unicode calls fully qualified, so that the same emoji is always the same text. The package adds
 * the selector of the coloured form even to emoji that have no other.
 */
function qualified({ emoji, hexcode, label }: Source): string {
  const bare = String.fromCodePoint(...hexcode.split("-").map((code) => Number.parseInt(code, 16)));
  const found = [bare, emoji].find((form) => /^\p{RGI_Emoji}$/v.test(form));
  if (found === undefined) throw new Error(`${label} is no emoji`);
  return found;
}

function names({ label, tags = [] }: Source): string {
  const named = wordsOf(label);
  const further = new Set(tags.flatMap(wordsOf).filter((word) => !named.includes(word)));
  return further.size === 0 ? label : `${label}|${[...further].join(" ")}`;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

if (import.meta.main) {
  for (const [name, source] of emojiSources()) {
    await Bun.write(join(import.meta.dir, "../src/web/emoji", name), source);
    console.log(
      `${name}: ${Bun.gzipSync(new TextEncoder().encode(source), { level: 9 }).length} bytes gzipped`,
    );
  }
}

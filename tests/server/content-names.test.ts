import { expect, test } from "bun:test";
import { type ClientFile, namedByContents } from "../../src/server/content-names.ts";

function file(name: string, text: string): ClientFile {
  return { name, type: "", bytes: new TextEncoder().encode(text) };
}

/** A page as a bundler gives it whose hashes are its own. */
function bundle(hash: string, { icon = "<svg/>", style = "body{}" } = {}): ClientFile[] {
  return [
    file(
      `page-${hash}a.html`,
      `<script src="/assets/page-${hash}b.js"></script><link href="/assets/page-${hash}c.css">`,
    ),
    file(`page-${hash}b.js`, `icon="/assets/icon-${hash}d.svg";again="/assets/icon-${hash}d.svg"`),
    file(`page-${hash}c.css`, `${style}/* /assets/icon-${hash}d.svg */`),
    file(`icon-${hash}d.svg`, icon),
  ];
}

function texts(files: readonly ClientFile[]): Record<string, string> {
  return Object.fromEntries(files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
}

test("files are named by their contents, and not by the names that the bundler gave them", () => {
  const named = namedByContents(bundle("0000000"));
  expect(texts(namedByContents(bundle("zzzzzzz")))).toEqual(texts(named));
  expect(named.map(({ name }) => name.replace(/-[0-9a-f]{32}\./, "-HASH."))).toEqual([
    "page-HASH.html",
    "page-HASH.js",
    "page-HASH.css",
    "icon-HASH.svg",
  ]);
});

test("a file that names another one has its new name, everywhere", () => {
  const [html, script, style, icon] = namedByContents(bundle("0000000"));
  const all = texts([html, script, style, icon].flatMap((each) => each ?? []));
  expect(all[html?.name ?? ""]).toContain(`"/assets/${script?.name}"`);
  expect(all[html?.name ?? ""]).toContain(`"/assets/${style?.name}"`);
  expect(all[script?.name ?? ""]).toBe(`icon="/assets/${icon?.name}";again="/assets/${icon?.name}"`);
  expect(Object.values(all).join()).not.toContain("0000000");
});

test("other contents mean another name, also for files that refer to it, and for no others", () => {
  const names = (files: readonly ClientFile[]) => namedByContents(files).map(({ name }) => name);
  const before = names(bundle("0000000"));
  const same = (after: readonly string[]) => before.map((name, i) => name === after[i]);
  expect(same(names(bundle("0000000", { style: "p{}" })))).toEqual([false, true, false, true]);
  expect(same(names(bundle("0000000", { icon: "<svg></svg>" })))).toEqual([false, false, false, false]);
});

test("files that refer to each other in a circle are reported as a defect", () => {
  const circle = [file("a-00000000.js", "b-00000000.js"), file("b-00000000.js", "a-00000000.js")];
  expect(() => namedByContents(circle)).toThrow("names a file that names it");
  expect(() => namedByContents([file("page.js", "")])).toThrow("no hash");
});

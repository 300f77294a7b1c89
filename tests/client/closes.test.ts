import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meaningOf } from "../../src/protocol/close.ts";
import { Stage } from "./stage.ts";

const protocol = readFileSync(join(import.meta.dir, "..", "..", "PROTOCOL.md"), "utf8");
const [, section = ""] = protocol.split("### What close codes mean");
const rows = [...section.matchAll(/^\| (.+?) \| (never|later|soon)\b.*\|$/gm)];

/** What the protocol's table says of each close code. */
function documented(): Map<number, string> {
  const meanings = new Map<number, string>();
  for (const [, codes = "", meaning = ""] of rows) {
    for (const part of codes.match(/^any other/) ? [] : codes.split(", ")) {
      const [first = 0, last = first] = part.split("–").map(Number);
      for (let code = first; code <= last; code++) {
        expect(meanings.has(code)).toBe(false);
        meanings.set(code, meaning);
      }
    }
  }
  const [, , others = ""] = rows.find(([, codes]) => codes?.startsWith("any other from 1000 to 3999")) ?? [];
  for (let code = 1000; code <= 3999; code++) if (!meanings.has(code)) meanings.set(code, others);
  return meanings;
}

/** What a chat makes of the end of its connection. */
function observed(code: number): string {
  const stage = new Stage();
  stage.socket.open(3).end(code, "why");
  const { state } = stage.chat;
  if (state.kind === "refused") return `never, ${state.code} ${state.reason}`;
  if (state.kind !== "waiting" || state.retryAt === null) return state.kind;
  // The test's chance is one half: of a second, or of the longest delay.
  return state.retryAt - stage.environment.time > 500 ? "later" : "soon";
}

test("CLOSE-10 every close code from 1000 to 4999 means what the protocol's table says", () => {
  const meanings = documented();
  expect([...meanings.keys()].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 4000 }, (_, i) => 1000 + i),
  );
  for (const [code, meaning] of meanings)
    expect<[number, string]>([code, meaningOf(code)]).toEqual([code, meaning]);
});

test("CLOSE-10 a chat obeys every close code, and reports the reason of one after which it does not reconnect", () => {
  for (const [code, meaning] of documented()) {
    expect([code, observed(code)]).toEqual([code, meaning === "never" ? `never, ${code} why` : meaning]);
  }
});

test.each([
  [403, "never"],
  [404, "never"],
  [429, "later"],
  [503, "later"],
  [200, "soon"],
  [502, "soon"],
  [0, "soon"],
])("the answer %i to an attempt means to connect again: %s", (status, meaning) => {
  expect<string>(meaningOf(status)).toBe(meaning);
});

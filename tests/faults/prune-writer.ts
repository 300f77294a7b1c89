// A room that drops what is not to be kept all the time, while somebody says one thing after the other. Writes the id of
// each message, and the length of what was said, when it is told. Its clock goes on by ten minutes with each batch, so that nothing stays young.

import { LocalEngine } from "../../src/engine/local/local.ts";
import type { Outcome } from "../../src/engine/outcome.ts";
import { readHistory } from "./journal-fixture.ts";

const [path = "", keepMessages = "0"] = process.argv.slice(2);
const AT_ONCE = 20;

const history = readHistory(path);
let time = Array.isArray(history) ? Number(history.at(-1).time) : 0;

const engine = await LocalEngine.open({
  dataFile: path,
  fsync: "off",
  getBudgetBytes: 1024,
  historyMemoryBytes: 1024,
  maxRooms: 1,
  graceMs: 0,
  restartGraceMs: 0,
  sendKeys: 1,
  pastSessions: 1,
  retention: { keepMs: null, keepMessages: Number(keepMessages), keepBytes: null, everyMs: 1 },
  now: () => {
    time += 10 * 60 * 1000;
    return { time, timestamp: "T" };
  },
  timeOf: () => undefined,
  deliver: (_room, outcomes) => {
    let told = "";
    for (const outcome of outcomes) told += take(outcome);
    if (told !== "") process.stdout.write(told);
  },
  observer: {
    notice: () => {},
    stored: () => {},
    fault: (_room, error) => {
      console.error(error);
      process.exit(1);
    },
  },
});
engine.enter("/");
request({ kind: "name", name: "An" });
for (let i = 0; i < AT_ONCE; i++) request({ kind: "send", content: "x".repeat(i * 7), key: null });

function take(outcome: Outcome): string {
  if (outcome.kind !== "sent") return "";
  const { id, content } = outcome.record.message;
  setImmediate(() => request({ kind: "send", content, key: null, reply: null }));
  return `${id} ${content.length}\n`;
}

function request(
  request: { kind: "name"; name: string } | { kind: "send"; content: string; key: null; reply: null },
): void {
  engine.submit("/", { kind: "request", connection: "a", request, size: 1 });
}

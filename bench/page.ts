/**
 * `bun bench/page.ts [MESSAGES]` measures the web client in a real Chromium: the time from Enter to a stored message over
 * loopback, frames and elements while MESSAGES messages (default: 100,000) are scrolled, and frames of a slow phone in a busy
 * room. With `slow-phone` instead of a number, it measures only those: their median should be at most 50 ms.
 */
import { join } from "node:path";
import { Person } from "../tests/e2e/person.ts";
import { oldMessages } from "../tests/e2e/stage.ts";
import { launchBrowser } from "../tests/support/browser.ts";
import { startServer, TemporaryFolder } from "../tests/support/server.ts";
import { measureSlowPhone } from "./slow-phone.ts";

const SENDS = 200;
const FRAMES = 600;
const SLOW_PHONE_SECONDS = 15;

const [, , what = "100000"] = process.argv;
await using browser = await launchBrowser();
if (what !== "slow-phone") await measureScrolling(Number(what));
await using busy = await startServer(["--no-limits", "--grace", "600"]);
const slow = await measureSlowPhone(browser.playwright, busy, SLOW_PHONE_SECONDS);
for (const [load, frames] of slow) print(`ms per frame of a slow phone, ${load}`, frames);
process.exit(0);

async function measureScrolling(count: number): Promise<void> {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  await Bun.write(dataFile, JSON.stringify(oldMessages(count)));
  await using server = await startServer(["--no-limits"], { dataFile });
  const an = await Person.join(browser.playwright, server.http("/"), "An");

  print("ms from Enter to a stored message", await an.page.evaluate(measureSends, SENDS));
  const startMs = performance.now();
  await an.page.evaluate(loadAll);
  console.log(`${count} messages loaded by paging upwards in ${Math.round(performance.now() - startMs)} ms`);
  for (const step of [40, 400, 4000]) {
    const { frames, nodes } = await an.page.evaluate(measureScroll, { step, count: FRAMES });
    print(`ms per frame of ${step} px, at most ${nodes} elements`, frames);
  }
  await an.leave();
}

function print(what: string, values: number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  console.log(`${what}: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, max ${at(1)}`);
}

/** In the page: writes messages one after another, each as soon as the one before is shown as stored. */
async function measureSends(sends: number): Promise<number[]> {
  const field = document.querySelector<HTMLTextAreaElement>("#message");
  const log = document.querySelector(".log");
  if (!field || !log) throw new Error("there is no chat");
  const times: number[] = [];
  for (let i = 0; i < sends; i++) {
    const content = `a message that is measured, ${i}.`;
    const isStored = () =>
      [...log.querySelectorAll(".message:not(.sending) .content")].at(-1)?.textContent === content;
    field.value = content;
    const startMs = performance.now();
    await new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!isStored()) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(log, { subtree: true, childList: true, attributes: true, characterData: true });
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    });
    times.push(performance.now() - startMs);
  }
  return times;
}

/** In the page: scrolls to the top until there are no earlier messages. */
async function loadAll(): Promise<void> {
  const log = document.querySelector(".log");
  while (log && !log.textContent?.includes("The conversation begins here.")) {
    log.scrollTop = 0;
    await new Promise(requestAnimationFrame);
  }
}

/** In the page: scrolls by `step` pixels per frame, first down, then up again. */
async function measureScroll({
  step,
  count,
}: {
  step: number;
  count: number;
}): Promise<{ frames: number[]; nodes: number }> {
  const log = document.querySelector(".log");
  if (!log) throw new Error("there is no log");
  log.scrollTop = log.scrollHeight / 2;
  const frames: number[] = [];
  let nodes = 0;
  let before = await new Promise(requestAnimationFrame);
  for (let i = 0; i < count; i++) {
    log.scrollTop += i < count / 2 ? step : -step;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
    if (i % 20 === 0) nodes = Math.max(nodes, document.querySelectorAll("*").length);
  }
  return { frames, nodes };
}

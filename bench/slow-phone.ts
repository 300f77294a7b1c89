/** A slow phone in a busy room: the frames of a page whose processor is slowed down, while many talk and change their nicknames. */
import type { Browser } from "playwright-core";
import { Chat } from "../src/client/index.ts";
import { Person } from "../tests/e2e/person.ts";
import type { ChatServer } from "../tests/support/server.ts";

/** How much slower than this machine the phone is. */
const SLOWDOWN = 6;
const PEOPLE = 2_000;
/** Those of them who talk and change their nicknames. The others have lost their connections, and may come back. */
const TALKERS = 20;
const MESSAGES_PER_SECOND = 30;
const RENAMES_PER_SECOND = 10;
/** How many people join at a time. */
const AT_A_TIME = 50;

/** What the room does meanwhile. */
const LOADS = {
  "30 messages/s": { messages: MESSAGES_PER_SECOND, renames: 0 },
  "10 renames/s": { messages: 0, renames: RENAMES_PER_SECOND },
  both: { messages: MESSAGES_PER_SECOND, renames: RENAMES_PER_SECOND },
} as const;

/**
 * Measures the frames of a slowed-down page in a room of 2,000 people.
 *
 * @param server one without limits, which keeps the nicknames of those who have lost their connections
 * @param seconds how long each load lasts
 * @returns the time between frames under each load, in ms
 */
export async function measureSlowPhone(
  browser: Browser,
  server: ChatServer,
  seconds: number,
): Promise<ReadonlyMap<string, number[]>> {
  const room = "busy";
  const talkers = await crowd(server.url(room));
  const person = await Person.join(browser, server.http(`/rooms/${room}`), "Reader");
  await person.seesOnline(PEOPLE + 1);
  const devtools = await person.page.context().newCDPSession(person.page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  const measured = new Map<string, number[]>();
  for (const [name, { messages, renames }] of Object.entries(LOADS)) {
    const jobs = [
      every(
        messages,
        (at) => void talkers[at % TALKERS]?.send(`message ${at} ${"of a few words ".repeat(1 + (at % 5))}`),
      ),
      every(renames, (at) => void talkers[at % TALKERS]?.register(`Talker ${at % TALKERS} ${at}`)),
    ];
    const frames = await person.page.evaluate(measureFrames, seconds * 1000);
    for (const job of jobs) clearInterval(job);
    measured.set(name, frames);
  }
  await person.leave();
  await Promise.all(talkers.map((talker) => talker.close()));
  return measured;
}

/** Fills a room. @returns those who can talk */
async function crowd(url: string): Promise<Chat[]> {
  const talkers: Chat[] = [];
  for (let at = 0; at < PEOPLE; at += AT_A_TIME) {
    const people = Array.from({ length: AT_A_TIME }, () => new Chat(url));
    await Promise.all(people.map((chat, index) => chat.register(`Person ${at + index}`)));
    talkers.push(...people.slice(0, TALKERS - talkers.length));
    for (const chat of people) if (!talkers.includes(chat)) chat.suspend();
  }
  return talkers;
}

/** @param perSecond how often; with 0 never */
function every(perSecond: number, job: (at: number) => void): ReturnType<typeof setInterval> | undefined {
  let at = 0;
  return perSecond === 0 ? undefined : setInterval(() => job(at++), 1000 / perSecond);
}

/** In the page: the times between frames. */
async function measureFrames(durationMs: number): Promise<number[]> {
  const frames: number[] = [];
  const startMs = performance.now();
  let before = await new Promise(requestAnimationFrame);
  while (performance.now() - startMs < durationMs) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return frames;
}

/** A browser, a server and the people of one test file. */
import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import axe, { type AxeResults, type RunOptions } from "axe-core";
import type { Page, WebSocketRoute } from "playwright-core";
import { Chat } from "../../src/client/index.ts";
import { launchBrowser, type RunningBrowser } from "../support/browser.ts";
import { freePort } from "../support/port.ts";
import { type ChatServer, startServer } from "../support/server.ts";
import { type Coming, Person } from "./person.ts";

const SCREENSHOTS = join(import.meta.dir, "screenshots");

/** Sizes of screens, from the smallest phone to a desktop. */
export const SCREENS = {
  narrow: { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  landscape: { viewport: { width: 844, height: 390 }, isMobile: true, hasTouch: true },
  tablet: { viewport: { width: 768, height: 1024 } },
  desktop: { viewport: { width: 1280, height: 800 } },
} as const;

interface Look {
  readonly size: keyof typeof SCREENS;
  readonly theme: "classic" | "dark" | "light";
  readonly locale: "vi-VN" | "en-GB";
}

/** What each screen of the page is looked at with: each size once, and each theme and language at least once. */
export const LOOKS = [
  { size: "narrow", theme: "classic", locale: "vi-VN" },
  { size: "phone", theme: "dark", locale: "en-GB" },
  { size: "landscape", theme: "light", locale: "en-GB" },
  { size: "tablet", theme: "dark", locale: "vi-VN" },
  { size: "desktop", theme: "light", locale: "en-GB" },
] as const satisfies readonly Look[];

/** For what the page shows now and then: each theme, both languages, and the sizes at which most goes wrong. */
export const FEW_LOOKS = [
  { size: "narrow", theme: "classic", locale: "vi-VN" },
  { size: "landscape", theme: "dark", locale: "en-GB" },
  { size: "desktop", theme: "light", locale: "vi-VN" },
] as const satisfies readonly Look[];

/** Where a page comes from: a server, or a cable to one. */
export interface Place {
  http(path: string): string;
}

/** The people of a file are all at one address, and in more of a hurry than people are. They need not wait for that. */
const HURRIED = [
  ...["--sends-per-second", "1000", "--address-sends-per-second", "1000", "--address-send-size", "1GiB"],
  ...["--address-people-per-second", "100"],
];

export class Stage {
  #browser: RunningBrowser | undefined;
  #server: ChatServer | undefined;
  #people: Person[] = [];
  #bots: Chat[] = [];
  #rooms = 0;

  /** To be called once in a test file. @param flags those of the server */
  constructor(flags: readonly string[] = []) {
    beforeAll(async () => {
      [this.#browser, this.#server] = await Promise.all([
        launchBrowser(),
        startServer([...HURRIED, ...flags]),
      ]);
    });
    afterAll(async () => {
      await this.#browser?.close();
      await this.#server?.[Symbol.asyncDispose]();
    });
    afterEach(async () => {
      const complaints = this.#people.flatMap((person) => person.complaints);
      const contexts = new Set(this.#people.map((person) => person.page.context()));
      await Promise.all([...contexts].map((context) => context.close()));
      this.#people = [];
      await Promise.all(this.#bots.splice(0).map((bot) => bot.close()));
      expect(complaints).toEqual([]);
    });
  }

  get server(): ChatServer {
    if (!this.#server) throw new Error("the server does not run yet");
    return this.#server;
  }

  get browser(): RunningBrowser["playwright"] {
    if (!this.#browser) throw new Error("the browser does not run yet");
    return this.#browser.playwright;
  }

  /** The path of a room that no other test uses. */
  newRoom(): string {
    return `/rooms/test-${++this.#rooms}`;
  }

  async open(path: string, coming: Coming & { readonly at?: Place } = {}): Promise<Person> {
    return this.#note(await Person.open(this.browser, (coming.at ?? this.server).http(path), coming));
  }

  /** Opens another tab in the profile of somebody. */
  async openBeside(person: Person, path: string, at: Place = this.server): Promise<Person> {
    return this.#note(await Person.openIn(person.page.context(), at.http(path)));
  }

  async enter(
    path: string,
    nickname: string,
    coming: Coming & { readonly at?: Place } = {},
  ): Promise<Person> {
    return this.#note(
      await Person.join(this.browser, (coming.at ?? this.server).http(path), nickname, coming),
    );
  }

  /** Somebody without a page, for tests that look at the pages of others only: a page costs most of a test's time. */
  async bot(path: string, nickname: string, at: Place = this.server): Promise<Chat> {
    const bot = new Chat(at.http(path).replace("http", "ws"));
    this.#bots.push(bot);
    await bot.register(nickname);
    return bot;
  }

  #note(person: Person): Person {
    this.#people.push(person);
    return person;
  }
}

/** Prepares a page whose browser keeps this from an earlier visit, each under its key in `localStorage`. */
export function keeping(kept: Readonly<Record<string, string>>): NonNullable<Coming["prepare"]> {
  return (page) =>
    page.addInitScript((items) => {
      if (!location.protocol.startsWith("http")) return;
      for (const [key, text] of Object.entries(items)) {
        if (localStorage.getItem(key) === null) localStorage.setItem(key, text);
      }
    }, kept);
}

/** Prepares a page whose browser has no storage for it. */
export function withoutStorage(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException("forbidden", "SecurityError");
        },
      });
    }
  });
}

/** Has the page use a theme from now on, before it is looked at. */
export async function choose({ page }: Person, theme: Look["theme"]): Promise<void> {
  await page.evaluate((chosen) => {
    localStorage.setItem("classic-chatbox.settings.theme", JSON.stringify(chosen));
  }, theme);
  await page.reload();
}

/** Takes a picture for people to look at, and sees to it that nothing reaches out of the page. */
export async function capture(person: Person, name: string): Promise<void> {
  await fits(person);
  await person.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** Sees to it that nothing reaches out of the page. */
export async function fits(person: Person): Promise<void> {
  const excess = await person.page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll(".log, .join, dialog")].map(
      (box) => box.scrollWidth - box.clientWidth,
    ),
  );
  expect(excess.filter((pixels) => pixels > 0)).toEqual([]);
}

/**
 * What is too small for a finger: lower or narrower than 44 pixels. Links in a text and what lies in a label are no targets of
 * their own.
 */
export async function smallTargets({ page }: Person): Promise<string[]> {
  return await page.evaluate(() => {
    const open = [...document.querySelectorAll("dialog")].at(-1) ?? document;
    const targets = [
      ...open.querySelectorAll<HTMLElement>(
        "button, select, summary, textarea, a, label:has(input), input, [role=option]",
      ),
    ].filter(
      (each) =>
        each.checkVisibility({ visibilityProperty: true }) &&
        getComputedStyle(each).pointerEvents !== "none" &&
        !each.matches(".content a, .skip, .unseen, label input"),
    );
    return targets.flatMap((each) => {
      const { width, height } = each.getBoundingClientRect();
      // It may reach out of what is seen of it.
      const reach = Number.parseFloat(getComputedStyle(each, "::before").height) || 0;
      return Math.min(width, Math.max(height, reach)) < 43.5
        ? [`${each.outerHTML.slice(0, 80)}: ${width} x ${height}`]
        : [];
    });
  });
}

/** What axe looks for. Of what it finds in order, it need not give each element. */
const AXE_OPTIONS: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
  // It would have to be in the frames as well.
  iframes: false,
};

/** What of that the theme and the size of the screen decide, rather than what is on the page. */
const RULES_OF_LOOKS: RunOptions = {
  ...AXE_OPTIONS,
  runOnly: { type: "rule", values: ["color-contrast", "scrollable-region-focusable", "target-size"] },
};

/**
 * What axe has against the page as it is now; against the dialog alone if one is open, and against the composer while it suggests
 * something: what is behind these is not in use.
 */
export function violations({ page }: Person, within?: string): Promise<string[]> {
  return axeViolations(page, AXE_OPTIONS, within);
}

/** The same, of a page whose state has passed in another theme or at another size. */
export function violationsOfLook({ page }: Person, within?: string): Promise<string[]> {
  return axeViolations(page, RULES_OF_LOOKS, within);
}

/**
 * Looks at the state of a page at other sizes and in other themes, and then has it as it was.
 * @returns what axe has against it there
 */
export async function lookAround(
  person: Person,
  name: string,
  looks: readonly Pick<Look, "size" | "theme">[],
): Promise<string[]> {
  const { page } = person;
  const wear = (theme: string) =>
    page.evaluate((chosen) => {
      document.documentElement.dataset.theme = chosen;
    }, theme);
  const size = page.viewportSize();
  const theme = (await page.locator("html").getAttribute("data-theme")) ?? "system";
  const found: string[] = [];
  for (const look of looks) {
    await page.setViewportSize(SCREENS[look.size].viewport);
    await wear(look.theme);
    await capture(person, `${name}-${look.size}-${look.theme}`);
    found.push(...(await violationsOfLook(person)).map((each) => `${look.theme}: ${each}`));
  }
  if (size) await page.setViewportSize(size);
  await wear(theme);
  return found;
}

/**
 * What axe has against any page.
 *
 * @param within a selector of what alone is looked at, if it is there; all of it must have been looked at before
 */
export async function axeViolations(
  page: Page,
  options = AXE_OPTIONS,
  within = "dialog[open], .composer:has(#suggestions)",
): Promise<string[]> {
  // It is more than a megabyte, so each document gets it once.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>(
    `axe.run([...document.querySelectorAll("${within}")].at(-1) ?? document, ${JSON.stringify(options)})`,
  );
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Joins a page's socket to the server's and hands each of the server's frames on, parsed and as a text of its own. */
export function onFrames(
  socket: WebSocketRoute,
  handle: (frame: unknown, text: string | Buffer) => unknown,
): void {
  const toServer = socket.connectToServer();
  toServer.onMessage((text) => {
    const frames: unknown = JSON.parse(String(text));
    if (!Array.isArray(frames)) handle(frames, text);
    // Several at once, such as the replies to requests that went out together.
    else for (const frame of frames) handle(frame, JSON.stringify(frame));
  });
}

/** The type of a frame from the server. */
export function typeOf(frame: unknown): unknown {
  return typeof frame === "object" && frame !== null && "type" in frame ? frame.type : undefined;
}

/** A browser writes each failed attempt to connect or to load on the console; these are no fault of the page. */
export function dropNetworkErrors(...people: Person[]): void {
  for (const { complaints } of people) {
    const others = complaints.filter(
      (line) => !/^WebSocket connection to .* failed|^Failed to load resource: net::/.test(line),
    );
    complaints.splice(0, Number.POSITIVE_INFINITY, ...others);
  }
}

/** A server that has the same port after a restart, and in which nobody leaves who comes back at some time. */
export async function startServerThatKeepsItsPort(
  dataFile?: string,
  more: readonly string[] = [],
): Promise<ChatServer> {
  const flags = ["--port", String(await freePort()), "--grace", "600", "--restart-grace", "600", ...more];
  return await startServer(flags, dataFile === undefined ? {} : { dataFile });
}

/** Records of a history file: `count` messages, of which some are long. */
export function oldMessages(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    name: at % 7 < 4 ? "Old" : "Older",
    content: `message ${at}${at % 5 === 0 ? " with words that go on for a while".repeat(1 + (at % 9)) : ""}`,
    timestamp: "01/02/2024 03:04:05",
  }));
}

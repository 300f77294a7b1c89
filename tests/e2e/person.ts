/** A person at a browser tab: what one sees and does on the chat page. */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
  WebSocketRoute,
} from "playwright-core";

/** Longer than anything takes on the slowest machine; what is awaited in vain is named then. */
const HANGS_AFTER_MS = 200_000;
const VIOLATION = "Content-Security-Policy: ";
/** A test's own server ends before the pages do. Each says then, at whatever moment, that nobody is there. */
const NOBODY_THERE = /^WebSocket connection to .* failed: .*(net::ERR_CONNECTION_|closed before receiving)/;

/** What playwright writes where a test has no service worker. */
const BLOCKED = "Service Worker registration blocked by Playwright";

/** How somebody comes to the page. */
export interface Coming {
  readonly options?: BrowserContextOptions;
  /** May stand between the page and its socket. */
  readonly intercept?: (socket: WebSocketRoute) => void;
  /** Prepares the page before it is opened. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

export class Person {
  readonly page: Page;
  /** What the browser complained of: errors in the page or on its console, and what the policy refused. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (line) => {
      const isComplaint = line.type() !== "log" || line.text().startsWith(VIOLATION);
      if (isComplaint && !NOBODY_THERE.test(line.text()) && line.text() !== BLOCKED)
        this.complaints.push(line.text());
    });
  }

  /** Opens the page in a profile of its own. */
  static async open(
    browser: Browser,
    url: string,
    { options = {}, ...coming }: Coming = {},
  ): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      timezoneId: "Asia/Ho_Chi_Minh",
      // Whatever it requests, no test could intercept.
      serviceWorkers: "block",
      ...options,
    });
    return Person.openIn(context, url, coming);
  }

  /** Opens the page in another tab of a profile. */
  static async openIn(
    context: BrowserContext,
    url: string,
    { intercept, prepare }: Pick<Coming, "intercept" | "prepare"> = {},
  ): Promise<Person> {
    context.setDefaultTimeout(HANGS_AFTER_MS);
    const person = new Person(await context.newPage());
    await person.page.addInitScript((violation) => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.log(`${violation}${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
      });
    }, VIOLATION);
    if (intercept) await person.page.routeWebSocket(/.*/, intercept);
    await prepare?.(person.page);
    await person.page.goto(url);
    return person;
  }

  /** Opens the page and joins. */
  static async join(browser: Browser, url: string, nickname: string, coming: Coming = {}): Promise<Person> {
    const person = await Person.open(browser, url, coming);
    await person.askToJoin(nickname);
    await person.isIn();
    return person;
  }

  get composer(): Locator {
    return this.page.locator("#message");
  }

  get nicknameField(): Locator {
    return this.page.getByRole("textbox", { name: "Nickname", exact: true });
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  async askToJoin(nickname: string): Promise<void> {
    await this.nicknameField.fill(nickname);
    await this.page.getByRole("button", { name: "Join", exact: true }).click();
  }

  /** Waits until the room's history is shown. */
  async isIn(): Promise<void> {
    await this.composer.waitFor();
    await this.page.getByText("Loading messages…").waitFor({ state: "detached" });
  }

  async rename(nickname: string): Promise<void> {
    await this.page.getByRole("button", { name: /Change your nickname/ }).click();
    await this.page.getByRole("textbox", { name: "New nickname" }).fill(nickname);
    await this.page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  }

  /** Sends a message: where Enter breaks the line, by the button. */
  async write(content: string): Promise<void> {
    await this.composer.fill(content);
    if ((await this.composer.getAttribute("enterkeyhint")) === "send") await this.composer.press("Enter");
    else await this.page.locator(".composer [type=submit]").click();
  }

  /** Writes a message and waits until the server confirmed it. */
  async say(content: string): Promise<void> {
    await this.write(content);
    await this.sees(content);
  }

  /** Waits until the log shows a message that is stored, or a line about people, in which this text stands. */
  async sees(text: string): Promise<void> {
    await this.log
      .locator("li", { hasText: text })
      .filter({ hasNot: this.page.locator(".sending, .failed") })
      .first()
      .waitFor();
  }

  /** Waits until these words stand anywhere on the page. */
  async reads(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).filter({ visible: true }).first().waitFor();
  }

  /**
   * Notes from now on whatever is shown, for words that vanish by themselves.
   *
   * @returns what waits until words have stood on the page, however short
   */
  async watch(): Promise<(words: string) => Promise<void>> {
    await this.page.evaluate(() => {
      const shown: string[] = [];
      Object.assign(window, { shown });
      new MutationObserver((changes) => {
        for (const { target } of changes) shown.push(target.parentElement?.textContent ?? "");
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    return async (words) => {
      await this.page.waitForFunction((sought) => {
        const shown: unknown = Reflect.get(window, "shown");
        return Array.isArray(shown) && shown.some((text) => String(text).includes(sought));
      }, words);
    };
  }

  /** The contents of the stored messages in the document, from the first to the last. */
  async contents(): Promise<string[]> {
    return await this.log.locator(".message:not(.sending, .failed) .content").allTextContents();
  }

  /** Own messages that are not stored, with what is said of them. */
  get unsent(): Locator {
    return this.log.locator(".sending, .failed");
  }

  /** The lines about people. */
  async events(): Promise<string[]> {
    return await this.log.locator(".people-line p").allTextContents();
  }

  async roster(): Promise<string[]> {
    const people = this.page.locator("aside .roster-list li");
    return await people.evaluateAll((items) =>
      items.map((item) =>
        [...item.children]
          .filter((part) => part.ariaHidden !== "true")
          .map((part) => part.textContent)
          .join(""),
      ),
    );
  }

  /** Waits until so many are in the roster. */
  async seesOnline(count: number): Promise<void> {
    await this.page.locator("aside").getByText(`Online: ${count}`, { exact: true }).waitFor();
  }

  /** Waits until the page says that it is connected. */
  async isConnected(): Promise<void> {
    await this.page.locator(".connection.open").waitFor();
  }

  /** Opens the dialog of the settings, whether they can be loaded or not. */
  async openDialog(): Promise<void> {
    await this.page.locator("header.top button").last().click();
    await this.page.getByRole("dialog").waitFor();
  }

  async openSettings(): Promise<void> {
    await this.openDialog();
    await this.page.getByRole("dialog").getByRole("combobox").first().waitFor();
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

/** A person at a browser tab: what one sees and does on the chat page. */
import type { Browser, BrowserContextOptions, Locator, Page, WebSocketRoute } from "playwright-core";

const VIOLATION = "Content-Security-Policy: ";

export class Person {
  readonly page: Page;
  /** What the browser complained of: errors in the page or on its console, and what the policy refused. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (line) => {
      if (line.type() !== "log" || line.text().startsWith(VIOLATION)) this.complaints.push(line.text());
    });
  }

  /** Opens the page in a profile of its own. `intercept` may stand between the page and its socket. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    intercept?: (socket: WebSocketRoute) => void,
  ): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const person = new Person(await context.newPage());
    await person.page.addInitScript((violation) => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.log(`${violation}${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
      });
    }, VIOLATION);
    if (intercept) await person.page.routeWebSocket(/.*/, intercept);
    await person.page.goto(url);
    return person;
  }

  /** Opens the page and joins. */
  static async join(
    browser: Browser,
    url: string,
    nickname: string,
    options: BrowserContextOptions = {},
    intercept?: (socket: WebSocketRoute) => void,
  ): Promise<Person> {
    const person = await Person.open(browser, url, options, intercept);
    await person.askToJoin(nickname);
    await person.composer.waitFor();
    return person;
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get nicknameField(): Locator {
    return this.page.getByRole("textbox", { name: "Nickname", exact: true });
  }

  async askToJoin(nickname: string): Promise<void> {
    await this.nicknameField.fill(nickname);
    await this.page.getByRole("button", { name: "Join" }).click();
  }

  async rename(nickname: string): Promise<void> {
    await this.page.getByRole("button", { name: "Rename" }).click();
    await this.page.getByRole("textbox", { name: "New nickname" }).fill(nickname);
    await this.page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  }

  async write(content: string): Promise<void> {
    await this.composer.fill(content);
    await this.composer.press("Enter");
  }

  /** Writes a message and waits until the server confirmed it. */
  async say(content: string): Promise<void> {
    await this.write(content);
    await this.sees(content);
  }

  /** Waits until the log shows a message or an event line in which this text stands. */
  async sees(text: string): Promise<void> {
    await this.page.locator("#messages li").filter({ hasText: text }).first().waitFor();
  }

  /** Waits until these words stand anywhere on the page. */
  async reads(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).first().waitFor();
  }

  /** The contents of the messages in the log, from the first to the last. */
  async contents(): Promise<string[]> {
    return await this.page.locator("#messages .content").allTextContents();
  }

  /** The event lines in the log without their times. */
  async events(): Promise<string[]> {
    const lines = await this.page.locator("#messages .event").allTextContents();
    return lines.map((line) => line.replace(/ [^ ]+ [^ ]+$/, ""));
  }

  async roster(): Promise<string[]> {
    return await this.page.locator("#roster-list li").allTextContents();
  }

  /** Waits until so many are in the roster. */
  async seesOnline(count: number): Promise<void> {
    await this.reads(`Online: ${count}`);
  }

  /** Waits until the page is connected and has nothing to say about its connection. */
  async isConnected(): Promise<void> {
    await this.page.waitForFunction(() => document.getElementById("status")?.textContent === "");
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

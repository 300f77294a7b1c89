/** Somebody in a room without a page, who notes what everybody there is told: a page costs most of a test's time. */
import type { Chat } from "../../src/client/index.ts";

export class Witness {
  /** Who came, went, or has another nickname, and that messages were deleted. */
  readonly events: string[] = [];
  readonly #contents: string[] = [];
  readonly #chat: Chat;
  #changed = Promise.withResolvers<void>();

  /** @param chat one that is in a room, in which nothing happens at the moment */
  constructor(chat: Chat) {
    this.#chat = chat;
    chat.on("register", ({ name }) => this.#note(this.events, `${name} joined`));
    chat.on("leave", ({ name }) => this.#note(this.events, `${name} left`));
    chat.on("change", ({ oldname, newname }) => this.#note(this.events, `${oldname} is now ${newname}`));
    chat.on("message", ({ message }) => this.#note(this.#contents, message.content.trim()));
    chat.on("edited", ({ content }) => this.#note(this.#contents, content.trim()));
    chat.on("deleted", () => this.#note(this.events, "Message deleted"));
  }

  /** Waits until a message, or an edit of one, with this content, but for spaces around it, or one of the events, has come. */
  async sees(text: string): Promise<void> {
    while (!this.has(text)) await this.#changed.promise;
  }

  /** Whether such a message or event has come. */
  has(text: string): boolean {
    return this.events.includes(text) || this.#contents.includes(text);
  }

  async say(content: string): Promise<void> {
    await this.#chat.send(content);
  }

  /** The contents of the messages that the room has and that are not deleted, from the first to the last. */
  async contents(): Promise<string[]> {
    const { messages } = await this.#chat.history();
    return messages.filter(({ deleted }) => !deleted).map(({ content }) => content);
  }

  /** The nicknames in the room, in the order of the alphabet. */
  get roster(): string[] {
    return this.#chat.online.toSorted();
  }

  #note(list: string[], text: string): void {
    list.push(text);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

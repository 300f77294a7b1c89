/**
 * The classic dialect as the browser clients in the field speak it, over the WebSocket of the platform: register, on
 * success get, then sends, each shown as pending until its own reply comes back with the same name and content.
 */
import { expect, test } from "bun:test";
import type { Frame, History, Message } from "../support/client.ts";
import { historyOf, parseFrame } from "../support/client.ts";
import { startServer } from "../support/server.ts";

class ClassicClient {
  readonly screen: { name: string; content: string; pending: boolean }[] = [];
  readonly notices: string[] = [];
  online: string[] = [];
  readonly #socket: WebSocket;
  readonly #nickname: string;
  #changed = Promise.withResolvers<void>();

  constructor(url: string, nickname: string) {
    this.#nickname = nickname;
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#send({ type: "name", name: nickname });
    this.#socket.onmessage = ({ data }) => {
      this.#receive(parseFrame(String(data)));
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  say(content: string): void {
    this.screen.push({ name: this.#nickname, content, pending: true });
    this.#send({ type: "send", content });
  }

  close(): void {
    this.#socket.close();
  }

  get shown(): string[] {
    return this.screen.map(({ name, content, pending }) => `${name}: ${content}${pending ? " …" : ""}`);
  }

  #send(request: unknown): void {
    this.#socket.send(JSON.stringify(request));
  }

  #receive(frame: Frame): void {
    if (frame.type === "name" && frame.action === "register" && frame.status === true)
      this.#send({ type: "get" });
    if (frame.type === "get" && frame.status === true) this.#show(historyOf(frame));
    if (frame.type === "send" && frame.status === true) this.#confirm(frame);
    if (frame.type === "receive") this.#tell(frame);
  }

  #show({ messages, online }: History): void {
    this.online = online;
    this.screen.unshift(...messages.map(({ name, content }: Message) => ({ name, content, pending: false })));
  }

  #confirm(frame: Frame): void {
    const line = this.screen.find(
      ({ name, content, pending }) => pending && name === frame.name && content === frame.content,
    );
    if (!line) throw new Error("a reply that belongs to no pending message");
    line.pending = false;
  }

  #tell(frame: Frame): void {
    if (frame.datatype === "message") {
      this.screen.push({ name: String(frame.name), content: String(frame.content), pending: false });
    } else {
      this.notices.push(`${frame.datatype} ${frame.name}`);
    }
  }
}

test("the classic browser client registers, gets, sends and sees its pending messages confirmed", async () => {
  await using server = await startServer();
  const url = server.url();
  const an = new ClassicClient(url, "An");
  await an.until(() => an.online.length > 0);
  an.say("Có ai không?");
  an.say("Có ai không?");
  await an.until(() => an.screen.every(({ pending }) => !pending));
  const binh = new ClassicClient(url, "Bình");
  await binh.until(() => binh.online.length > 0);
  expect(binh.online).toEqual(["An", "Bình"]);
  expect(binh.shown).toEqual(["An: Có ai không?", "An: Có ai không?"]);
  for (const content of ["Có tôi!", "Chào <b>An</b>", "Có tôi!"]) binh.say(content);
  expect(binh.shown.slice(2)).toEqual(["Bình: Có tôi! …", "Bình: Chào <b>An</b> …", "Bình: Có tôi! …"]);
  await binh.until(() => binh.screen.every(({ pending }) => !pending));
  await an.until(() => an.screen.length === 5);
  expect(an.shown).toEqual(binh.shown);
  expect(an.notices).toEqual(["register Bình"]);
  binh.close();
  await an.until(() => an.notices.length === 2);
  expect(an.notices).toEqual(["register Bình", "leave Bình"]);
  an.close();
});

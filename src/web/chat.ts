import { Composer } from "./composer.ts";
import { Connection } from "./connection.ts";
import { find } from "./element.ts";
import type { Frame, Message, Refusal } from "./frame.ts";
import { Log, type RosterEvent } from "./log.ts";
import { NicknameForm } from "./nickname-form.ts";
import { Outbox } from "./outbox.ts";
import { Roster } from "./roster.ts";
import { refusalWords } from "./words.ts";

/**
 * After a cut the server needs up to 15 s to see that the old connection is dead, and it keeps the nickname for
 * it until then. So long, and a little longer, the page asks again by itself.
 */
const NICKNAME_HELD_MS = 20_000;
const ASK_AGAIN_MS = 2_000;

type State =
  | { readonly at: "nameless" }
  /** `lostAtMs` is there when the person had the nickname before, on a connection that was lost then. */
  | { readonly at: "registering"; readonly nickname: string; readonly lostAtMs?: number }
  /** Registered; what comes before the reply to `get` is in that reply. */
  | { readonly at: "loading"; readonly nickname: string }
  | { readonly at: "chatting"; readonly nickname: string };

/** One person's stay in one room. */
export class Chat {
  readonly #connection: Connection;
  readonly #log = new Log();
  readonly #roster = new Roster();
  readonly #outbox = new Outbox((content) => this.#send(content));
  readonly #composer = new Composer((content) => this.#send(content));
  readonly #join = new NicknameForm("join", "join", (nickname) => this.#joinAs(nickname));
  readonly #rename = new NicknameForm("rename-form", "rename", (nickname) => this.#renameTo(nickname));
  readonly #renameDialog = find("rename-dialog", HTMLDialogElement);
  readonly #section = find("chat", HTMLElement);
  readonly #self = find("self", HTMLElement);
  readonly #ownNickname = find("own-nickname", HTMLElement);
  readonly #status = find("status", HTMLElement);
  #state: State = { at: "nameless" };
  #again: ReturnType<typeof setTimeout> | undefined;

  /** @param url of the room's WebSocket endpoint */
  constructor(url: string) {
    this.#connection = new Connection(url, {
      opened: () => this.#opened(),
      received: (frame) => this.#receive(frame),
      lost: (retryInMs) => this.#lost(retryInMs),
    });
    find("rename", HTMLButtonElement).onclick = () => this.#openRename();
    find("rename-cancel", HTMLButtonElement).onclick = () => this.#renameDialog.close();
    addEventListener("online", () => this.#connection.hurry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#connection.hurry();
    });
    this.#join.hidden = false;
    this.#join.focus();
  }

  #request(request: object): void {
    this.#connection.send(request);
  }

  #say(words: string): void {
    this.#status.textContent = words;
  }

  #opened(): void {
    const state = this.#state;
    const returns = state.at === "registering" && state.lostAtMs !== undefined;
    this.#say(returns ? "Connected again. Loading the messages…" : "");
    if (state.at === "registering") this.#request({ type: "name", name: state.nickname });
  }

  #lost(retryInMs: number): void {
    clearTimeout(this.#again);
    this.#say(`No connection to the server. Next try in ${Math.ceil(retryInMs / 1000)} s.`);
    if (this.#state.at === "loading" || this.#state.at === "chatting") {
      this.#state = { at: "registering", nickname: this.#state.nickname, lostAtMs: Date.now() };
    }
    if (this.#rename.isWaiting) this.#rename.refuse("The connection was lost. Try again when it is back.");
  }

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case "registered":
        this.#registered(frame.name);
        break;
      case "renamed":
        this.#renamed(frame.oldname, frame.newname, frame.timestamp);
        break;
      case "history":
        this.#load(frame.messages, frame.online);
        break;
      case "sent":
        this.#sent(frame.message);
        break;
      case "refused":
        this.#refused(frame.request, frame.refusal);
        break;
      case "message":
        if (this.#state.at === "chatting") this.#log.addMessage(frame.message, false);
        break;
      case "joined":
      case "left":
      case "changed":
        if (this.#state.at === "chatting") this.#tell(frame);
    }
  }

  #joinAs(nickname: string): void {
    this.#state = { at: "registering", nickname };
    if (this.#connection.isOpen) this.#request({ type: "name", name: nickname });
    else this.#connection.hurry();
  }

  #registered(nickname: string): void {
    this.#state = { at: "loading", nickname };
    this.#connection.settled();
    this.#request({ type: "get" });
  }

  #load(messages: readonly Message[], online: readonly string[]): void {
    if (this.#state.at !== "loading") return;
    const { nickname } = this.#state;
    this.#state = { at: "chatting", nickname };
    this.#outbox.reconcile((content) => {
      const stored = messages.filter((message) => message.name === nickname && message.content === content);
      return stored.length - this.#log.count(nickname, content);
    });
    this.#showSelf(nickname);
    const justJoined = this.#section.hidden;
    this.#show("chat");
    this.#log.replace(messages, nickname);
    this.#roster.replace(online, nickname);
    this.#say("");
    if (justJoined) this.#composer.focus();
  }

  #tell(event: RosterEvent): void {
    this.#log.addEvent(event);
    switch (event.kind) {
      case "joined":
        this.#roster.add(event.name);
        break;
      case "left":
        this.#roster.remove(event.name);
        break;
      case "changed":
        this.#roster.rename(event.oldname, event.newname, false);
    }
  }

  #renameTo(nickname: string): void {
    if (this.#state.at === "chatting") this.#request({ type: "name", name: nickname });
    else this.#rename.refuse("There is no connection. Try again when it is back.");
  }

  #renamed(oldname: string, newname: string, timestamp: string): void {
    if (this.#state.at !== "chatting") return;
    this.#state = { at: "chatting", nickname: newname };
    this.#showSelf(newname);
    this.#roster.rename(oldname, newname, true);
    this.#log.addEvent({ kind: "changed", oldname, newname, timestamp });
    this.#rename.reset(newname);
    this.#renameDialog.close();
  }

  #openRename(): void {
    if (this.#state.at !== "chatting") return;
    this.#rename.reset(this.#state.nickname);
    this.#renameDialog.showModal();
    this.#rename.focus();
  }

  #send(content: string): string | undefined {
    if (this.#state.at !== "chatting")
      return "There is no connection. It stays here until you send it again.";
    this.#outbox.add(content);
    this.#log.follow();
    this.#request({ type: "send", content });
    return undefined;
  }

  #sent(message: Message): void {
    this.#outbox.confirm(message.content);
    this.#log.addMessage(message, true);
  }

  #refused(request: "name" | "get" | "send", refusal: Refusal): void {
    if (refusal.reason === "UnknownRegister") {
      this.#registerAgain();
      return;
    }
    switch (request) {
      case "name":
        this.#nicknameRefused(refusal);
        break;
      case "get":
        this.#say(`The messages could not be loaded. ${refusalWords(refusal)}`);
        this.#later(refusal.retryS, { type: "get" });
        break;
      case "send":
        this.#outbox.refuse(refusal.content, refusalWords(refusal));
    }
  }

  #nicknameRefused(refusal: Refusal): void {
    const state = this.#state;
    if (state.at === "chatting") this.#rename.refuse(refusalWords(refusal));
    if (state.at !== "registering") return;
    if (state.lostAtMs !== undefined && mayPass(refusal, state.lostAtMs)) {
      this.#say("The server still holds your nickname for the lost connection. Asking again…");
      this.#later(refusal.retryS, { type: "name", name: state.nickname });
      return;
    }
    this.#state = { at: "nameless" };
    this.#say("");
    this.#show("join");
    this.#join.reset(state.nickname);
    this.#join.refuse(refusalWords(refusal));
  }

  /** For a server that does not know this connection's nickname, though it took one. */
  #registerAgain(): void {
    if (this.#state.at !== "loading" && this.#state.at !== "chatting") return;
    this.#state = { at: "registering", nickname: this.#state.nickname, lostAtMs: Date.now() };
    this.#request({ type: "name", name: this.#state.nickname });
  }

  #later(waitS: number | undefined, request: object): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#request(request), waitS === undefined ? ASK_AGAIN_MS : waitS * 1000);
  }

  #show(part: "join" | "chat"): void {
    if (part === "join") this.#renameDialog.close();
    else this.#join.reset("");
    this.#join.hidden = part === "chat";
    this.#section.hidden = part === "join";
    this.#self.hidden = part === "join";
  }

  #showSelf(nickname: string): void {
    this.#ownNickname.textContent = nickname;
  }
}

/** Whether a refused return may be granted a little later. */
function mayPass(refusal: Refusal, lostAtMs: number): boolean {
  if (refusal.reason === "TooManyRequests") return true;
  return refusal.reason === "NameAlreadyUsed" && Date.now() - lostAtMs < NICKNAME_HELD_MS;
}

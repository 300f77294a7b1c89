import { button, create, find } from "./element.ts";
import { contentElement } from "./log.ts";

const UNCONFIRMED = "The connection was lost before the server took it.";

/** Sends a message, or gives the words that say why it could not. */
export type Send = (content: string) => string | undefined;

interface Outgoing {
  readonly content: string;
  readonly element: HTMLElement;
  readonly state: HTMLElement;
}

/** Own messages that the server has not confirmed: on their way, or refused. Replies come in the order of the sends. */
export class Outbox {
  readonly #list = find("pending", HTMLOListElement);
  readonly #resend: Send;
  #waiting: Outgoing[] = [];

  /** @param resend sends a refused message again when a person wants it */
  constructor(resend: Send) {
    this.#resend = resend;
  }

  /** Shows a message as on its way. */
  add(content: string): void {
    const state = create("p", "state", "Sending…");
    const element = create("li", "message own", contentElement(content), state);
    this.#list.append(element);
    this.#waiting.push({ content, element, state });
  }

  /** Takes a message away that the server confirmed. */
  confirm(content: string): void {
    this.#take(content)?.element.remove();
  }

  /** Says why a message was refused; the oldest one that waits, when the reply does not tell which. */
  refuse(content: string | undefined, words: string): void {
    const outgoing = this.#take(content ?? this.#waiting[0]?.content);
    if (outgoing) this.#fail(outgoing, words);
  }

  /**
   * Settles what was on its way when a connection broke, its replies being lost.
   *
   * @param arrived tells how many messages with this content came to be in the history meanwhile
   */
  reconcile(arrived: (content: string) => number): void {
    const left = new Map<string, number>();
    for (const outgoing of this.#waiting) {
      const count = left.get(outgoing.content) ?? arrived(outgoing.content);
      left.set(outgoing.content, count - 1);
      if (count > 0) outgoing.element.remove();
      else this.#fail(outgoing, UNCONFIRMED);
    }
    this.#waiting = [];
  }

  #take(content: string | undefined): Outgoing | undefined {
    const at = this.#waiting.findIndex((outgoing) => outgoing.content === content);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #fail(outgoing: Outgoing, words: string): void {
    const { content, element, state } = outgoing;
    element.classList.add("failed");
    const again = button("Send again", () => {
      const refusal = this.#resend(content);
      if (refusal === undefined) element.remove();
      else this.#fail(outgoing, refusal);
    });
    const remove = button("Remove", () => element.remove());
    state.replaceChildren(create("span", "", `Not sent. ${words}`), again, remove);
  }
}

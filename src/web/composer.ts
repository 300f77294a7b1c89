import { find } from "./element.ts";
import type { Send } from "./outbox.ts";
import { contentFault } from "./words.ts";

/** The field in which a message is written. */
export class Composer {
  readonly #form = find("composer", HTMLFormElement);
  readonly #field = find("content", HTMLTextAreaElement);
  readonly #refusal = find("content-refusal", HTMLElement);

  constructor(send: Send) {
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit(send);
    };
    this.#field.onkeydown = (event) => {
      // The Enter that ends a composition belongs to the input method (Vietnamese, Chinese, Japanese).
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit(send);
    };
    this.#field.oninput = () => this.#say("");
  }

  focus(): void {
    this.#field.focus();
  }

  #submit(send: Send): void {
    const content = this.#field.value;
    if (content.trim() === "") return;
    const words = contentFault(content) ?? send(content);
    if (words === undefined) this.#field.value = "";
    this.#say(words ?? "");
    this.#field.focus();
  }

  #say(words: string): void {
    this.#refusal.textContent = words;
    this.#field.setAttribute("aria-invalid", String(words !== ""));
  }
}

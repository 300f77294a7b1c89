import { find } from "./element.ts";
import { nicknameFault } from "./words.ts";

/** A form that asks for a nickname: to join, or to be called otherwise. */
export class NicknameForm {
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #refusal: HTMLElement;
  readonly #submit: HTMLButtonElement;

  /**
   * @param id of the form element
   * @param field what the ids of its field and of the words beside it begin with
   * @param onSubmit gets the nickname without white space round it; {@link refuse} or {@link reset} must follow
   */
  constructor(id: string, field: string, onSubmit: (nickname: string) => void) {
    this.#form = find(id, HTMLFormElement);
    this.#input = find(`${field}-nickname`, HTMLInputElement);
    this.#refusal = find(`${field}-refusal`, HTMLElement);
    const submit = this.#form.querySelector("button[type=submit]");
    if (!(submit instanceof HTMLButtonElement)) throw new Error(`the form ${id} has no submit button`);
    this.#submit = submit;
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      if (!this.isWaiting) this.#check(onSubmit);
    };
  }

  /** Whether a nickname was submitted and neither taken nor refused yet. */
  get isWaiting(): boolean {
    return this.#submit.disabled;
  }

  /** Says in words why the nickname was not taken, and lets the person try another. */
  refuse(words: string): void {
    this.#say(words);
    this.focus();
  }

  /** Empties the refusal and puts `nickname` into the field. */
  reset(nickname: string): void {
    this.#say("");
    this.#input.value = nickname;
  }

  set hidden(hidden: boolean) {
    this.#form.hidden = hidden;
  }

  focus(): void {
    this.#input.select();
  }

  #check(onSubmit: (nickname: string) => void): void {
    const nickname = this.#input.value.trim();
    const fault = nicknameFault(nickname);
    this.#say(fault ?? "");
    if (fault) {
      this.focus();
      return;
    }
    this.#submit.disabled = true;
    onSubmit(nickname);
  }

  #say(words: string): void {
    this.#refusal.textContent = words;
    this.#input.setAttribute("aria-invalid", String(words !== ""));
    this.#submit.disabled = false;
  }
}

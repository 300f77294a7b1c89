import { create, find, nicknameElement } from "./element.ts";

/** Who is in the room, in the order they registered. */
export class Roster {
  readonly #details = find("roster", HTMLDetailsElement);
  readonly #list = find("roster-list", HTMLUListElement);
  readonly #size = find("roster-size", HTMLElement);
  readonly #items = new Map<string, HTMLLIElement>();

  constructor() {
    const wide = matchMedia("(min-width: 48rem)");
    const unfoldWhenWide = () => {
      this.#details.open = wide.matches;
    };
    wide.addEventListener("change", unfoldWhenWide);
    unfoldWhenWide();
  }

  /** Shows these nicknames; one of them is the person's own. */
  replace(online: readonly string[], own: string): void {
    this.#items.clear();
    for (const nickname of online) this.#items.set(nickname, item(nickname, nickname === own));
    this.#list.replaceChildren(...this.#items.values());
    this.#count();
  }

  add(nickname: string): void {
    if (this.#items.has(nickname)) return;
    const element = item(nickname, false);
    this.#items.set(nickname, element);
    this.#list.append(element);
    this.#count();
  }

  remove(nickname: string): void {
    this.#items.get(nickname)?.remove();
    this.#items.delete(nickname);
    this.#count();
  }

  /** Changes a nickname in its place. */
  rename(oldname: string, newname: string, own: boolean): void {
    const old = this.#items.get(oldname);
    if (!old) {
      this.add(newname);
      return;
    }
    const element = item(newname, own);
    old.replaceWith(element);
    this.#items.delete(oldname);
    this.#items.set(newname, element);
  }

  #count(): void {
    this.#size.textContent = String(this.#items.size);
  }
}

function item(nickname: string, own: boolean): HTMLLIElement {
  return create("li", "", nicknameElement(nickname), own ? create("span", "muted", " (you)") : "");
}

/**
 * The element of the page with this id, checked to be of the class the caller needs.
 *
 * @throws Error when page.html has no such element
 */
export function find<T extends Element>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`page.html has no ${kind.name} with the id ${id}`);
  return element;
}

/** A new element; `className` may be empty. Strings become text, never markup. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (string | Node)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** A nickname, kept apart from the direction of the text round it. */
export function nicknameElement(nickname: string): HTMLElement {
  return create("bdi", "nickname", nickname);
}

/** A button with words on it. */
export function button(words: string, onClick: () => void): HTMLButtonElement {
  const element = create("button", "plain", words);
  element.type = "button";
  element.onclick = onClick;
  return element;
}

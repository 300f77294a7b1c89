/** What text fields have in common: keys that belong to input methods, and changes that can be undone. */

/**
 * Whether a key press belongs to the input method: it ends a composition or selects from a list. Safari shows this
 * only by the key code, since the composition has ended when the event comes. On Android all keys have that code.
 */
export function isForInputMethod({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/**
 * Keeps a key press of the input method from having its default action too, which would submit the form or close the
 * dialog.
 */
export function leaveToInputMethod(event: KeyboardEvent): void {
  if (isForInputMethod(event) && (event.key === "Enter" || event.key === "Escape")) event.preventDefault();
}

/**
 * Changes the text of a field as if the difference had been typed, so that it can be undone, and the typing before it
 * too. Only an obsolete command does this, and all browsers have it.
 *
 * @param caret the position of the caret afterwards
 */
export function retype(field: HTMLTextAreaElement, text: string, caret: number): void {
  const { value } = field;
  const shorter = Math.min(value.length, text.length);
  let start = 0;
  while (start < shorter && value[start] === text[start]) start++;
  let same = 0;
  while (same < shorter - start && value.at(-1 - same) === text.at(-1 - same)) same++;
  // A surrogate pair must not be split.
  if (start > 0 && isPair(text, start)) start--;
  if (same > 0 && isPair(text, text.length - same)) same--;
  const put = text.slice(start, text.length - same);
  // A field without the focus does not get it: in some browsers, setting the selection would focus the field.
  const isFocused = document.activeElement === field;
  if (isFocused) {
    field.setSelectionRange(start, value.length - same);
    document.execCommand(put === "" ? "delete" : "insertText", false, put);
  }
  if (field.value !== text) field.value = text;
  if (isFocused) field.setSelectionRange(caret, caret);
}

/** Whether an index is inside a surrogate pair. */
function isPair(text: string, index: number): boolean {
  return (text.codePointAt(index - 1) ?? 0) > 0xffff;
}

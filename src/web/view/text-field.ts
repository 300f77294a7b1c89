/** What the fields for text have in common: keys that are not theirs, and changes that can be undone. */

/**
 * Whether a key belongs to the input method: it ends a composition, or chooses in its list. Safari says so only by the code,
 * for there the composition is over when the key comes. Android has that code for all its keys.
 */
export function isInputMethods({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/** A field by itself would take the key once more: a form would be sent, a dialog closed. */
export function leaveToInputMethod(event: KeyboardEvent): void {
  if (isInputMethods(event) && (event.key === "Enter" || event.key === "Escape")) event.preventDefault();
}

/**
 * Gives a field another text, as if what differs had been typed: so it can be undone, and with it what was typed before.
 * That is only to be had by a command that browsers call obsolete and all of them have.
 *
 * @param caret where it stands then
 */
export function retype(field: HTMLTextAreaElement, text: string, caret: number): void {
  const { value } = field;
  const shorter = Math.min(value.length, text.length);
  let start = 0;
  while (start < shorter && value[start] === text[start]) start++;
  let same = 0;
  while (same < shorter - start && value.at(-1 - same) === text.at(-1 - same)) same++;
  // Half a surrogate pair is no text.
  if (start > 0 && isPair(text, start)) start--;
  if (same > 0 && isPair(text, text.length - same)) same--;
  const put = text.slice(start, text.length - same);
  // A field without the focus is left without it: in some browsers a selection would take it there.
  const isFocused = document.activeElement === field;
  if (isFocused) {
    field.setSelectionRange(start, value.length - same);
    document.execCommand(put === "" ? "delete" : "insertText", false, put);
  }
  if (field.value !== text) field.value = text;
  if (isFocused) field.setSelectionRange(caret, caret);
}

/** Whether an index lies within a surrogate pair. */
function isPair(text: string, index: number): boolean {
  return (text.codePointAt(index - 1) ?? 0) > 0xffff;
}

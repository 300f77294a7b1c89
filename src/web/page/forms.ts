/**
 * Dispatches the `submit` event of a form when its button is clicked. In a frame whose sandbox does not allow forms,
 * browsers do not dispatch it, although these forms are never sent anywhere. Pressing Enter in a field clicks the
 * button of its form.
 */
export function submitByClick(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.type !== "submit" || button.form === null) return;
    event.preventDefault();
    button.form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
}

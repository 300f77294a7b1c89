/**
 * Has the forms of the page told of their buttons by the page itself. In a frame whose sandbox does not allow forms, the
 * browser tells them nothing, though none of them is ever sent anywhere. Enter in a field is a click on its form's button.
 */
export function submitByClick(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.type !== "submit" || button.form === null) return;
    event.preventDefault();
    button.form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
}

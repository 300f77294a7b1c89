/** The script that a host site includes: `<script src="https://chat.example.org/embed.js" data-room="help" async></script>`. */
import { optionsIn } from "./options.ts";
import { Widget } from "./widget.ts";

const script = document.currentScript;
// A site that changes its pages by script may include it again.
if (script instanceof HTMLScriptElement && !("ClassicChatbox" in window)) {
  const widget = new Widget(new URL("./", script.src), script.dataset.target ?? null);
  Object.assign(window, {
    ClassicChatbox: {
      open: widget.open.bind(widget),
      set: widget.set.bind(widget),
      close: widget.close.bind(widget),
      on: widget.on.bind(widget),
    },
  });
  const begin = () => widget.begin(optionsIn(script));
  // The place for the chat may come after the script.
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
}

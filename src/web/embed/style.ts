/**
 * The styles of the widget, in its shadow root. Pixels, since hosts have root fonts of any size. Importance in a shadow root wins
 * against the styles of the page around.
 */
export const STYLE = `
:host { all: initial !important; display: block !important; color-scheme: light dark !important; }
:host([data-theme="light"]), :host([data-theme="classic"]) { color-scheme: light !important; }
:host([data-theme="dark"]) { color-scheme: dark !important; }
:host([data-inline]) { height: 100% !important; }
* { box-sizing: border-box; }
.launcher, .close {
  display: grid; place-items: center; margin: 0; border: 0; padding: 0; border-radius: 50%; cursor: pointer;
}
svg {
  width: 24px; height: 24px; fill: none; stroke: currentcolor; stroke-width: 1.75;
  stroke-linecap: round; stroke-linejoin: round;
}
:focus-visible { outline: 2px solid var(--accent, light-dark(#0b6e69, #7fcdc4)); outline-offset: 2px; }
.launcher {
  position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; width: 56px; height: 56px;
  background: var(--accent, light-dark(#0b6e69, #7fcdc4)); color: var(--on-accent, light-dark(#fff, #0d2422));
  box-shadow: 0 2px 12px rgb(0 0 0 / 30%);
}
.count {
  position: absolute; inset: -4px -4px auto auto; min-width: 22px; padding: 0 6px; border-radius: 11px;
  background: #b3261e; color: #fff; font: 600 13px/22px system-ui, sans-serif;
}
.count:empty { display: none; }
.panel {
  position: fixed; inset: auto 16px 84px auto; z-index: 2147483000; width: 400px;
  height: min(640px, 100vh - 100px); height: min(640px, 100dvh - 100px);
  overflow: hidden; border: 1px solid light-dark(#e5e1da, #33373a); border-radius: 12px;
  background: light-dark(#fbfaf8, #16181a); box-shadow: 0 6px 32px rgb(0 0 0 / 25%);
}
.panel.hidden { visibility: hidden; }
iframe { display: block; border: 0; width: 100%; height: 100%; color-scheme: inherit; }
.close {
  position: absolute; inset: 8px 8px auto auto; width: 40px; height: 40px;
  background: light-dark(#f1eee8, #33373a); color: light-dark(#1f1d1a, #e8e5df);
}
:host([data-inline]) .panel { position: static; width: 100%; height: 100%; min-height: 320px; box-shadow: none; }
@media (prefers-reduced-motion: no-preference) {
  .launcher { transition: transform 0.15s; }
  .launcher:hover { transform: scale(1.05); }
}
@media (max-width: 640px), (max-height: 480px) {
  :host(:not([data-inline])) .panel { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; }
  .open ~ .launcher { display: none; }
}
`;

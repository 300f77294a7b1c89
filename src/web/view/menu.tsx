import type { ComponentChildren } from "preact";
import { Drawing } from "./icon.tsx";

const PATHS = {
  reply: "M10 6 4 12l6 6M4.5 12H14c3.5 0 6 2.5 6 6",
  edit: "M4 20h4L19 9l-4-4L4 16v4ZM12.5 7.5l4 4",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  link: "M10 14a4.5 4.5 0 0 0 6.5 0l3-3A4.6 4.6 0 0 0 13 4.5l-1 1M14 10a4.5 4.5 0 0 0-6.5 0l-3 3A4.6 4.6 0 0 0 11 19.5l1-1",
  delete: "M4.5 7h15M9.5 7V4h5v3M6.5 7l1 13h9l1-13M10 11v5.5m4-5.5v5.5",
  at: "M15.5 12a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a8.5 8.5 0 1 0-3.5 6.9",
  report: "M6 21V4m0 1c4-2 8 2 12 0v9c-4 2-8-2-12 0",
  ignore:
    "M4 4l16 16M9.9 5.2A9.6 9.6 0 0 1 12 5c5.5 0 9 7 9 7a15 15 0 0 1-2.6 3.4M6.3 7.4A15 15 0 0 0 3 12s3.5 7 9 7c1.5 0 2.9-.5 4.1-1.2M10 10a3 3 0 0 0 4 4",
  mute: "M4 9.5h3.5L12 5v14l-4.5-4.5H4zM16 9.5l5 5m0-5-5 5",
  kick: "M14 4H5v16h9M10 12h10m-4-4 4 4-4 4",
  ban: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.7 5.7l12.6 12.6",
} as const;

export type MenuIcon = keyof typeof PATHS;

interface ChoiceProps {
  readonly icon: MenuIcon;
  readonly text: string;
  readonly onClick: () => void;
  /** Whether it takes something away. */
  readonly isGrave?: boolean;
}

/** One thing that a menu offers. */
export function Choice({ icon, text, onClick, isGrave = false }: ChoiceProps) {
  return (
    <button type="button" class={`quiet ${icon}${isGrave ? " grave" : ""}`} onClick={onClick}>
      <Drawing path={PATHS[icon]} />
      {text}
    </button>
  );
}

/** What a menu offers, one below the other. */
export function Choices({ children }: { readonly children: ComponentChildren }) {
  return <div class="choices-of-actions">{children}</div>;
}

/** The arrow keys go from one button to the next, as they do in menus. */
export function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((button) => button.matches(":focus"));
  const next = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: -1,
  };
  const to = next[event.key as keyof typeof next];
  if (to === undefined) return;
  event.preventDefault();
  buttons.at(to % buttons.length)?.focus();
}

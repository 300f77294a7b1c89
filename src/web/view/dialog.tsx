import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { useWords } from "./stores.ts";
import { leaveToInputMethod } from "./text-field.ts";

interface DialogProps {
  readonly title: string;
  readonly name: string;
  readonly close: () => void;
  /** Where it is, as properties for the style sheet; in the middle by default. */
  readonly place?: Readonly<Record<string, string>>;
  readonly children: ComponentChildren;
}

/** A modal dialog, open for as long as it is rendered. The browser keeps the focus in it. */
export function Dialog({ title, name, close, place, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const words = useWords();
  // Runs before the effects of the children, which may set the focus.
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    // Closing returns the focus to where it was.
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${name}`}
      style={place}
      aria-labelledby={`${name}-title`}
      onClose={({ currentTarget }) => {
        // The browser says so later, when another dialog may have taken the place of this one.
        if (currentTarget.isConnected) close();
      }}
      onKeyDown={leaveToInputMethod}
    >
      <header>
        <h2 id={`${name}-title`}>{title}</h2>
        <button type="button" class="quiet round" aria-label={words.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

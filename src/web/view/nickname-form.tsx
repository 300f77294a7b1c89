import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ChatError } from "../../client/index.ts";
import { focusOn } from "../page/lifecycle.ts";
import type { Announcement } from "../store/announcer.ts";
import { nicknameRefusal } from "../text/failure.ts";
import { nicknameFault } from "../text/nickname.ts";
import { Announced } from "./announced.tsx";
import { useWords } from "./stores.ts";
import { leaveToInputMethod } from "./text-field.ts";

interface NicknameFormProps {
  readonly label: string;
  readonly button: string;
  /** The label of the button while the request is pending. */
  readonly waiting: string;
  readonly first: string;
  /** Takes the nickname. @returns why that failed, or undefined if it succeeded */
  readonly register: (nickname: string) => Promise<ChatError | undefined>;
  /** The error shown from the beginning. */
  readonly refusal?: string;
  readonly done?: () => void;
  /** More that is asked for. */
  readonly children?: ComponentChildren;
}

/** Asks for a nickname, and explains below the field why one was refused. */
export function NicknameForm(props: NicknameFormProps) {
  const { label, button, waiting, first, register, refusal = "", done, children } = props;
  const words = useWords();
  const field = useRef<HTMLInputElement>(null);
  const fault = useSignal<Announcement | null>(null);
  const refused = useMemo(() => ({ text: refusal }), [refusal]);
  const shown = fault.value ?? refused;
  const isAsking = useSignal(false);
  useEffect(() => {
    focusOn(field.current);
    // In some browsers, selecting the text would focus the field.
    if (document.activeElement === field.current) field.current?.select();
  }, []);
  const ask = async (nickname: string) => {
    const text = nicknameFault(nickname, words) ?? "";
    fault.value = { text };
    if (text === "") {
      isAsking.value = true;
      const error = await register(nickname);
      isAsking.value = false;
      if (!error) return done?.();
      fault.value = { text: nicknameRefusal(error, words) };
      if (/Password/.test(error.code)) return focusOn(document.getElementById("password"));
    }
    focusOn(field.current);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void ask(field.current?.value ?? "");
      }}
    >
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          dir="auto"
          autocomplete="nickname"
          spellcheck={false}
          defaultValue={first}
          aria-invalid={shown.text !== ""}
          aria-describedby="nickname-refusal"
          onKeyDown={leaveToInputMethod}
          onInput={() => {
            fault.value = { text: "" };
          }}
        />
      </label>
      {children}
      <p id="nickname-refusal" class="refusal" role="alert">
        <Announced text={shown} />
      </p>
      <button type="submit" class="main" disabled={isAsking.value}>
        {isAsking.value ? waiting : button}
      </button>
    </form>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Word } from "../store/announcer.ts";
import { nicknameRefusal } from "../text/failure.ts";
import { nicknameFault } from "../text/nickname.ts";
import { Heard } from "./heard.tsx";
import { useStores, useWords } from "./stores.ts";
import { leaveToInputMethod } from "./text-field.ts";

interface NicknameFormProps {
  readonly label: string;
  readonly button: string;
  /** What the button says while the server is asked. */
  readonly waiting: string;
  readonly first: string;
  /** What is wrong from the beginning, in words. */
  readonly refusal?: string | undefined;
  readonly done?: () => void;
}

/** Asks for a nickname, and says beside the field why one is not to be had. */
export function NicknameForm({ label, button, waiting, first, refusal = "", done }: NicknameFormProps) {
  const { room } = useStores();
  const words = useWords();
  const field = useRef<HTMLInputElement>(null);
  const fault = useSignal<Word>({ text: refusal });
  const isAsking = useSignal(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const ask = async (nickname: string) => {
    fault.value = { text: nicknameFault(nickname, words) ?? "" };
    if (fault.value.text === "") {
      isAsking.value = true;
      const error = await room.register(nickname);
      isAsking.value = false;
      if (!error) return done?.();
      fault.value = { text: nicknameRefusal(error, words) };
    }
    field.current?.focus();
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
          aria-invalid={fault.value.text !== ""}
          aria-describedby="nickname-refusal"
          onKeyDown={leaveToInputMethod}
          onInput={() => {
            fault.value = { text: "" };
          }}
        />
      </label>
      <p id="nickname-refusal" class="refusal" role="alert">
        <Heard word={fault.value} />
      </p>
      <button type="submit" class="main" disabled={isAsking.value}>
        {isAsking.value ? waiting : button}
      </button>
    </form>
  );
}

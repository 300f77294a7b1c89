import { useRef } from "preact/hooks";
import { copyText } from "../page/address.ts";
import { COPIED_WORDS } from "../words/copied.ts";
import { useSaid } from "./said.tsx";
import { useStores } from "./stores.ts";

/** A text to copy. */
export function Copied({ label, text }: { readonly label: string; readonly text: string }) {
  const words = COPIED_WORDS[useStores().settings.words.value.locale];
  const field = useRef<HTMLInputElement>(null);
  const { said, says } = useSaid();
  const copy = async () => {
    const isCopied = await copyText(text);
    if (!isCopied) field.current?.select();
    says(isCopied ? words.copied : words.notCopied);
  };
  return (
    <div class="copied">
      <label class="field">
        <span>{label}</span>
        <input ref={field} readOnly dir="ltr" translate={false} autocomplete="off" value={text} />
      </label>
      <button type="button" aria-label={words.copyWhat(label)} onClick={copy}>
        {words.copy}
      </button>
      {said}
    </div>
  );
}

import { signal, useSignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { loadOnce } from "../page/parts.ts";
import { type Stores, useStores, useWords } from "./stores.ts";

/** A component that is loaded when it is first rendered. @param isSmall whether nothing is said until then */
export function lazy<Props extends object>(
  load: (stores: Stores) => Promise<FunctionComponent<Props>>,
  isSmall = false,
): FunctionComponent<Props> {
  const state = signal<FunctionComponent<Props> | "loading" | "failed">("loading");
  let loadPart: (() => Promise<FunctionComponent<Props>>) | undefined;
  return function Lazy(props) {
    const stores = useStores();
    const words = useWords();
    const bring = async () => {
      loadPart ??= loadOnce(() => load(stores));
      state.value = await loadPart().catch(() => "failed" as const);
    };
    // Before the browser paints: a part that is there already is shown at once.
    useLayoutEffect(() => {
      if (typeof state.peek() === "string") void bring();
    }, []);
    const Part = state.value;
    if (typeof Part === "function") return <Part {...props} />;
    if (isSmall) return null;
    return Part === "failed" ? <LoadFailed retry={bring} /> : <p class="muted">{words.loadingPart}</p>;
  };
}

/** Shows that something could not be loaded. @param retry resolves when the next attempt is over */
export function LoadFailed({ retry }: { readonly retry: () => Promise<void> }) {
  const words = useWords();
  const isTrying = useSignal(false);
  const tryAgain = async () => {
    isTrying.value = true;
    await retry();
    isTrying.value = false;
  };
  return (
    <p role="alert">
      {isTrying.value ? words.loadingPart : words.loadFailed}{" "}
      <button type="button" class="quiet" onClick={tryAgain}>
        {words.retry}
      </button>
    </p>
  );
}

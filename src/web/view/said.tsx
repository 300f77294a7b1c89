import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Announced } from "./announced.tsx";

/** A line that says how something went, and a function that sets it. */
export function useSaid(): {
  readonly said: ComponentChildren;
  readonly says: (text: string, isRefusal?: boolean) => void;
} {
  const shown = useSignal({ text: "", isRefusal: false });
  return {
    said: (
      <p class={shown.value.isRefusal ? "refusal" : "said"} role={shown.value.isRefusal ? "alert" : "status"}>
        <Announced text={shown.value} />
      </p>
    ),
    says: (text, isRefusal = false) => {
      shown.value = { text, isRefusal };
    },
  };
}

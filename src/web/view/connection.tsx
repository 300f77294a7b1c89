import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ConnectionState } from "../../client/index.ts";
import { useStores, useWords } from "./stores.ts";

/** Tells how the page is connected: a dot when all is well, a calm bar with what happens next when not. */
export function ConnectionBar() {
  const { room } = useStores();
  const { connection: words } = useWords();
  const state = room.state.value;
  const seconds = useSecondsUntilRetry();
  const sends = room.sends.value.filter(({ failure }) => failure === null).length;
  if (state.kind !== "waiting") return null;
  return (
    <section class="bar" aria-label={words.label}>
      <p>
        {state.retryAt === null ? words.offline : words.waiting}.{" "}
        {state.retryAt === null ? "" : `${words.retryIn(seconds.value)}. `}
        {sends > 0 ? words.kept(sends) : ""}
      </p>
      <button type="button" class="quiet" onClick={() => room.retryNow()}>
        {words.retry}
      </button>
    </section>
  );
}

/** The same in one word, for the header and for those who hear the page: it changes only when the state does. */
export function ConnectionWord() {
  const { room } = useStores();
  const words = useWords();
  const state = useComputed(() => room.state.value);
  return (
    <p class={`connection ${state.value.kind}`} role="status">
      <span class="unseen">{words.connection.label}: </span>
      <span class="connection-word">{stateWord(state.value, words.connection)}</span>
    </p>
  );
}

function stateWord(state: ConnectionState, words: ReturnType<typeof useWords>["connection"]): string {
  switch (state.kind) {
    case "open":
      return words.connected;
    case "connecting":
      return words.connecting;
    case "waiting":
      return state.retryAt === null ? words.offline : words.waiting;
    case "closed":
    case "refused":
      return words.waiting;
  }
}

/** Counts down while the next attempt is waited for. */
function useSecondsUntilRetry() {
  const { room } = useStores();
  const seconds = useSignal(0);
  useSignalEffect(() => {
    const state = room.state.value;
    if (state.kind !== "waiting" || state.retryAt === null) return;
    const { retryAt } = state;
    const count = () => {
      seconds.value = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    };
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  });
  return seconds;
}

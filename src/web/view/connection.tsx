import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ConnectionState } from "../../client/index.ts";
import { TAKEN_OVER } from "../../protocol/close.ts";
import { useStores, useWords } from "./stores.ts";

/** Shows when the page is not connected or is being slowed down, and what happens next. */
export function ConnectionBar() {
  const { room } = useStores();
  switch (room.state.value.kind) {
    case "waiting":
      return <WaitingBar />;
    case "open":
      return <SlowedBar />;
    case "connecting":
    case "closed":
    case "refused":
      return null;
  }
}

function WaitingBar() {
  const { room } = useStores();
  const { connection: words } = useWords();
  const retryAt = useComputed(() => {
    const at = room.state.value.kind === "waiting" ? room.state.value.retryAt : null;
    return at === null ? null : at - Date.now() + performance.now();
  });
  const seconds = useSecondsUntil(retryAt);
  const sends = room.waiting.value.length;
  return (
    <section class="bar" aria-label={words.label}>
      <p>
        {retryAt.value === null ? words.offline : words.waiting}.{" "}
        {retryAt.value === null ? "" : `${words.retryIn(seconds.value)}. `}
        {sends > 0 ? words.kept(sends) : ""}
      </p>
      <button type="button" class="quiet" onClick={() => room.retryNow()}>
        {words.retry}
      </button>
    </section>
  );
}

/** The server has refused too many requests. The chat waits and continues by itself. */
function SlowedBar() {
  const { room, moderation } = useStores();
  const { connection: words, failure } = useWords();
  const seconds = useSecondsUntil(room.slowedUntil);
  if (seconds.value === 0) return null;
  return (
    <section class="bar" aria-label={words.label}>
      <p>{moderation.isSlow ? failure.slow(seconds.value) : `${words.slowed(seconds.value)}.`}</p>
    </section>
  );
}

/**
 * The state of the connection in a few words, for the header and for screen readers. It changes only when the state
 * does.
 */
export function ConnectionStatus() {
  const { room } = useStores();
  const words = useWords();
  const state = useComputed(() => room.state.value);
  return (
    <p class={`connection ${isElsewhere(state.value) ? "elsewhere" : state.value.kind}`} role="status">
      <span class="unseen">{words.connection.label}: </span>
      <span class="connection-status">{statusText(state.value, words.connection)}</span>
    </p>
  );
}

function statusText(state: ConnectionState, words: ReturnType<typeof useWords>["connection"]): string {
  switch (state.kind) {
    case "open":
      return words.connected;
    case "connecting":
      return words.connecting;
    case "waiting":
      return state.retryAt === null ? words.offline : words.waiting;
    case "closed":
      return words.waiting;
    case "refused":
      return isElsewhere(state) ? words.elsewhere : words.waiting;
  }
}

/** Whether another tab has taken over, so that nothing is wrong. */
function isElsewhere(state: ConnectionState): boolean {
  return state.kind === "refused" && state.code === TAKEN_OVER;
}

/**
 * Counts down the seconds to a time of `performance.now()`, which does not change when the clock is set. It is 0 from
 * then on, and while there is none.
 */
export function useSecondsUntil(moment: ReadonlySignal<number | null>) {
  const seconds = useSignal(0);
  useSignalEffect(() => {
    const at = moment.value;
    if (at === null) return;
    const count = () => {
      seconds.value = Math.max(0, Math.ceil((at - performance.now()) / 1000));
      if (seconds.value === 0) clearInterval(timer);
    };
    const timer = setInterval(count, 1000);
    count();
    return () => clearInterval(timer);
  });
  return seconds;
}

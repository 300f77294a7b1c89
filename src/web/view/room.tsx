import { Acting } from "./acting.tsx";
import { Composer } from "./composer.tsx";
import { Log } from "./log.tsx";
import { Roster } from "./roster.tsx";
import { useWords } from "./stores.ts";

export { Roster } from "./roster.tsx";
export { Transcript } from "./transcript.tsx";

/** What is seen in a room. */
export function Room({ hasComposer }: { readonly hasComposer: boolean }) {
  const words = useWords();
  return (
    <div class="room">
      <main class="conversation">
        <Log />
        {hasComposer ? <Composer /> : null}
        {hasComposer ? <Acting /> : null}
      </main>
      <aside class="roster" aria-label={words.people.title}>
        <Roster />
      </aside>
    </div>
  );
}

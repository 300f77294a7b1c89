import { Acting } from "./acting.tsx";
import { Composer } from "./composer.tsx";
import { Log } from "./log.tsx";
import { Roster } from "./roster.tsx";
import { useWords } from "./stores.ts";
import { Transcript } from "./transcript.tsx";

export { Roster } from "./roster.tsx";

interface RoomProps {
  readonly title: string;
  readonly hasComposer: boolean;
}

/** What is seen in a room. */
export function Room({ title, hasComposer }: RoomProps) {
  const words = useWords();
  return (
    <>
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
      <Transcript title={title} />
    </>
  );
}

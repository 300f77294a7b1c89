import { useEffect } from "preact/hooks";
import { loadOnce } from "../page/parts.ts";
import { lazy } from "./lazy.tsx";
import { loadComposer } from "./load-composer.ts";
import { loadKeyboard } from "./load-keyboard.ts";
import { Log } from "./log.tsx";
import { useStores, useWords } from "./stores.ts";
import type { TranscriptProps } from "./transcript.tsx";

const Acting = lazy(async () => (await import("./acting.tsx")).Acting);
const Banners = lazy(async () => (await import("./notices.tsx")).Banners);
const Blocked = lazy(async () => (await import("./notices.tsx")).Blocked);
const Roster = lazy(async () => (await import("./roster.tsx")).Roster);
/** Also knows how messages are copied, so it is loaded with the room. */
const Transcript = lazy<TranscriptProps>(async () => (await import("./transcript.tsx")).Transcript);
const Composer = lazy(async () => (await loadComposer()).Composer);
const followKeyboard = loadOnce(async () => (await loadKeyboard()).followKeyboard());

export { Avatar } from "./avatar.tsx";

interface RoomProps {
  readonly title: string;
  readonly hasComposer: boolean;
}

/** What is seen in a room. */
export function Room({ title, hasComposer }: RoomProps) {
  const { moderation, acting } = useStores();
  const words = useWords();
  // Without it, every button of every message is a stop of the Tab key.
  useEffect(() => void followKeyboard().catch(() => {}), []);
  return (
    <>
      <div class="room">
        <main class="conversation">
          <div role="status">{moderation.announcements.value.length > 0 ? <Banners /> : null}</div>
          <Log />
          {!hasComposer ? null : moderation.muted.value || moderation.isReadOnly ? <Blocked /> : <Composer />}
          {hasComposer && acting.value ? <Acting /> : null}
        </main>
        <aside class="roster" aria-label={words.people.title}>
          <Roster />
        </aside>
      </div>
      <div class="printed">
        <Transcript title={title} />
      </div>
    </>
  );
}

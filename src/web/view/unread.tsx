import { useLayoutEffect } from "preact/hooks";
import type { Row } from "../store/room.ts";
import { MISSED_WORDS } from "../words/missed.ts";
import { RoomIcon } from "./room-icon.tsx";
import { useStores } from "./stores.ts";

export interface UnreadProps {
  /** The rows near the visible part of the log. */
  readonly shown: readonly Row[];
}

/** Lead to the first unread message, and to one missed mention after the other. */
export function Unread({ shown }: UnreadProps) {
  const { room, settings } = useStores();
  const words = MISSED_WORDS[settings.words.value.locale];
  const { missed: store, unread } = room;
  const missed = store.value;
  const isWatched = room.isWatched.value;
  const ids = shown.map((row) => (row.kind === "message" ? row.message.id : null));
  // The line above the unread messages may be far up. Once the user has been near it, there is no more button that
  // leads there.
  const unreadId = unread.firstId.value;
  if (isWatched && ids.includes(unreadId)) unread.foundId = unreadId;
  const isUnreadAbove = unreadId !== unread.foundId && ids.some((id) => (id ?? 0) > (unreadId ?? Infinity));
  useLayoutEffect(() => {
    if (isWatched) missed?.see(ids);
  });
  if (!missed) return null;
  const { count, isWhole, mentions } = missed;
  const [mention] = mentions.value;
  // A line that was drawn later is above what came since then.
  const news = Math.max(count.value, unread.count.value);
  return (
    <div class="missed">
      {isUnreadAbove ? (
        <button type="button" class="way to-unread" onClick={() => room.showUnread()}>
          {words.first(news, isWhole.value)}
          <RoomIcon name="down" />
        </button>
      ) : null}
      {mention === undefined ? null : (
        <button
          type="button"
          class="way to-mention"
          onClick={() => room.goToMessage(mention, () => missed.see([mention]))}
        >
          {words.mentions(mentions.value.length)}
        </button>
      )}
    </div>
  );
}

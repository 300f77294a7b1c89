import type { Message, Reaction } from "../../client/index.ts";
import type { RoomStore } from "../store/room.ts";
import type { AllWords } from "../store/settings.ts";
import { RoomIcon } from "./room-icon.tsx";
import { useRoomWords, useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

/** The number of people that are listed before the others are only counted. */
const NAMES_MAX = 3;

/** What people have reacted with, and when a message was edited. */
export function MessageFoot({ message, shown }: { readonly message: Message; readonly shown: Message }) {
  const { settings, room, acting } = useStores();
  const words = useRoomWords();
  const { id, edited } = message;
  const { reactions = [] } = shown;
  const isSaving = room.changes.pendingOf(id, "edit") !== undefined;
  if (id === null || (edited === undefined && reactions.length === 0 && !isSaving)) return null;
  return (
    <div class="message-foot">
      {reactions.map((reaction) => (
        <Chip key={reaction.emoji} message={message} shown={shown} reaction={reaction} />
      ))}
      {reactions.length > 0 ? (
        <button
          type="button"
          class="chip quiet"
          aria-label={words.react}
          title={words.react}
          onClick={() => {
            acting.value = { kind: "react", id };
          }}
        >
          <RoomIcon name="react" />
        </button>
      ) : null}
      {isSaving ? (
        <span class="edited">
          {room.state.value.kind === "open" ? words.change.saving : words.sendingLater}
        </span>
      ) : edited === undefined ? null : (
        <span class="edited" title={words.change.editedAt(timesOf(settings).value.full(edited))}>
          {words.change.edited}
          <span class="unseen">: {timesOf(settings).value.full(edited)}</span>
        </span>
      )}
    </div>
  );
}

interface ChipProps {
  readonly message: Message;
  readonly shown: Message;
  readonly reaction: Reaction;
}

function Chip({ message, shown, reaction }: ChipProps) {
  const { room } = useStores();
  const names = reactorsOf(shown, reaction, room, useRoomWords());
  const { emoji, count } = reaction;
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={room.changes.hasReacted(shown, emoji)}
      aria-label={names}
      title={names}
      translate={false}
      onClick={() => room.changes.react(message, emoji)}
    >
      <span class="emoji">{emoji}</span> {count}
    </button>
  );
}

/** Who has reacted with an emoji, the user first. */
export function reactorsOf(
  message: Message,
  { emoji, count, by }: Reaction,
  room: RoomStore,
  words: AllWords,
): string {
  const others = by.filter((each) => !room.changes.isMe(each));
  const names = [
    ...(room.changes.hasReacted(message, emoji) ? [words.youToo] : []),
    // The isolates keep the direction of a nickname from affecting the rest.
    ...others.map(({ name }) => `\u2068${name}\u2069`),
  ].slice(0, count <= NAMES_MAX ? count : NAMES_MAX - 1);
  return `${emoji} ${count}: ${words.reacted(names, count - names.length)}`;
}

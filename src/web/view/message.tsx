import { useComputed } from "@preact/signals";
import type { Message } from "../../client/index.ts";
import { copyLink, hashOf } from "../page/address.ts";
import type { MessageItem } from "../store/item.ts";
import { AuthorAvatar, AuthorName } from "./avatar.tsx";
import { Fold } from "./fold.tsx";
import { lazy } from "./lazy.tsx";
import { MarkBadge } from "./marked.tsx";
import { QuoteLink } from "./quote.tsx";
import { MessageFoot } from "./reactions.tsx";
import { RoomIcon } from "./room-icon.tsx";
import { useRoomWords, useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

const EditFailed = lazy(async () => (await import("./actions.tsx")).EditFailed);
const Undo = lazy(async () => (await import("./actions.tsx")).Undo);

interface MessageLineProps {
  readonly item: MessageItem;
  /** Whether it begins a group: messages of one author within a few minutes. */
  readonly head: boolean;
}

/** A message of the room. */
export function MessageLine({ item: { key, message, own, isNewHolder }, head }: MessageLineProps) {
  const { room, draft } = useStores();
  const { id, name, reply } = message;
  const shown = room.changes.shown(message);
  const isUndoable = id !== null && room.changes.undoable.value.has(id);
  const isThere = !shown.deleted && !isUndoable;
  // Also when the message that this one replies to becomes known.
  const isForMe = isThere && (reply === undefined || room.quotes.get(reply).value) && room.isForMe(message);
  const isEdited = id !== null && draft.editing.value?.id === id;
  const failed = id === null ? undefined : room.changes.failed.value.get(id);
  return (
    <article
      class={`message${own ? " own" : ""}${head ? " head" : ""}${isForMe ? " for-me" : ""}${isEdited ? " editing" : ""}`}
    >
      {head ? <AuthorAvatar name={name} by={message.by} /> : null}
      <header>
        {head ? <Author message={message} own={own} /> : null}
        {head ? <AuthorMark by={message.by} /> : null}
        {isNewHolder ? <NewHolder /> : null}
        <TimeLink message={message} isShort={!head} />
        {own && isThere ? <Sent /> : null}
      </header>
      {isThere ? (
        <>
          {reply === undefined ? null : <QuoteLink from={id} to={reply} />}
          <Fold rowKey={key} content={shown.content} name={name} />
          <MessageFoot message={message} shown={shown} />
          {id === null ? null : <MoreButton id={id} message={message} />}
        </>
      ) : isUndoable ? (
        <Undo id={id} />
      ) : (
        <Tombstone message={message} />
      )}
      {failed ? <EditFailed message={message} failed={failed} /> : null}
    </article>
  );
}

/** A click on the nickname mentions its person. By keyboard one writes `@`; all else is in the menu of the message. */
function Author({ message: { name, by }, own }: { readonly message: Message; readonly own: boolean }) {
  const { draft } = useStores();
  const mention = useRoomWords().mention(`\u2068${name}\u2069`);
  return own ? (
    <AuthorName name={name} by={by} />
  ) : (
    <span class="author">
      <AuthorName name={name} by={by} />
      <button
        type="button"
        class="quiet cover"
        tabIndex={-1}
        aria-label={mention}
        title={mention}
        onClick={() => draft.mention(name)}
      />
    </span>
  );
}

/** What is known about the author. Only a change of it renders the message again, and not each change of the roster. */
function AuthorMark({ by }: Pick<Message, "by">) {
  const { room } = useStores();
  return <MarkBadge mark={useComputed(() => room.markBy(by)).value} />;
}

/** Shows that someone else may have the nickname now. */
function NewHolder() {
  const words = useRoomWords();
  return (
    <span class="new-holder" title={words.newHolderHint}>
      {words.newHolder}
      <span class="unseen">. {words.newHolderHint}</span>
    </span>
  );
}

/** Shows that a message of the user is stored. */
function Sent() {
  const words = useRoomWords();
  return (
    <span class="sent" role="img" aria-label={words.sent} title={words.sent}>
      ✓
    </span>
  );
}

/** The time of a message, which is a link to it. A click copies the link; the keyboard does so in the menu. */
function TimeLink({ message, isShort }: { readonly message: Message; readonly isShort: boolean }) {
  const { settings, announcer } = useStores();
  const words = useRoomWords();
  const { id, time, timestamp } = message;
  const times = timesOf(settings).value;
  const full = time === null ? timestamp : times.full(time);
  const clock = time === null ? timestamp : times.clock(time);
  const shown = isShort && time !== null ? times.shortClock(time) : clock;
  if (id === null) return <time title={full}>{shown}</time>;
  const hash = hashOf(message);
  const copy = async (event: MouseEvent) => {
    event.preventDefault();
    announcer.showToast((await copyLink(hash)) ? words.linkCopied : words.linkNotCopied);
  };
  return (
    <a class="time" href={hash} tabIndex={-1} title={full} aria-label={words.copyLink(clock)} onClick={copy}>
      <time translate={false} dateTime={time === null ? undefined : new Date(time).toISOString()}>
        {shown}
      </time>
    </a>
  );
}

interface MoreButtonProps {
  readonly id: number;
  readonly message: Message;
}

/** Opens the menu of a message. */
function MoreButton({ id, message: { name, time, timestamp } }: MoreButtonProps) {
  const { settings, acting } = useStores();
  const words = useRoomWords();
  const label = words.actions(
    `\u2068${name}\u2069`,
    time === null ? timestamp : timesOf(settings).value.clock(time),
  );
  return (
    <button
      type="button"
      class="quiet more"
      aria-haspopup="dialog"
      aria-label={label}
      onClick={({ currentTarget }) => {
        acting.value = { kind: "menu", id, at: currentTarget.getBoundingClientRect() };
      }}
    >
      <RoomIcon name="more" />
    </button>
  );
}

/** What is left of a message that was deleted, or will be when there is a connection. */
function Tombstone({ message }: { readonly message: Message }) {
  const { room } = useStores();
  const words = useRoomWords();
  const isWaiting = !message.deleted && room.state.value.kind !== "open";
  return (
    <p class="gone">
      {words.change.deleted}
      {isWaiting ? <span> · {words.sendingLater}</span> : null}
    </p>
  );
}

import type { Message } from "../../client/index.ts";
import type { MessageItem } from "../store/item.ts";
import { isMentioned } from "../text/content.ts";
import { Fold } from "./fold.tsx";
import { Avatar, Nickname } from "./nickname.tsx";
import { useStores, useWords } from "./stores.ts";

interface MessageLineProps {
  readonly item: MessageItem;
  /** Whether it begins a group: messages of one author in one minute. */
  readonly head: boolean;
}

/** A message of the room. */
export function MessageLine({ item: { key, message, own, isNewHolder }, head }: MessageLineProps) {
  const { room } = useStores();
  const isForMe = !own && isMentioned(room.nickname.value, message.content, room.mentions.value);
  return (
    <article class={`message${own ? " own" : ""}${head ? " head" : ""}${isForMe ? " for-me" : ""}`}>
      {head ? <Avatar name={message.name} /> : null}
      <header>
        {head ? <Nickname name={message.name} /> : null}
        {isNewHolder ? <NewHolder /> : null}
        <TimeLink message={message} />
        {own ? <Sent /> : null}
      </header>
      <Fold rowKey={key} content={message.content} />
    </article>
  );
}

/** Shows that someone else may have the nickname now. */
function NewHolder() {
  const words = useWords();
  return (
    <span class="new-holder" title={words.newHolderHint}>
      {words.newHolder}
      <span class="unseen">. {words.newHolderHint}</span>
    </span>
  );
}

/** Shows that a message of the user is stored. */
function Sent() {
  const words = useWords();
  return (
    <span class="sent" role="img" aria-label={words.sent} title={words.sent}>
      ✓
    </span>
  );
}

/** The time of a message, which is a link to it. A click copies the link. */
function TimeLink({ message: { id, time, timestamp } }: { readonly message: Message }) {
  const { settings, announcer } = useStores();
  const words = useWords();
  const times = settings.times.value;
  const full = time === null ? timestamp : times.full(time);
  const shown = time === null ? timestamp : times.clock(time);
  if (id === null) return <time title={full}>{shown}</time>;
  const hash = `#${id}${time === null ? "" : `.${time.toString(36)}`}`;
  const copy = async (event: MouseEvent) => {
    event.preventDefault();
    const link = new URL(hash, location.href).href;
    const isCopied = await copyText(link);
    if (!isCopied) history.replaceState(null, "", link);
    announcer.showToast(isCopied ? words.linkCopied : words.linkNotCopied);
  };
  return (
    <a class="time" href={hash} title={full} aria-label={words.copyLink(shown)} onClick={copy}>
      <time translate={false} dateTime={time === null ? undefined : new Date(time).toISOString()}>
        {shown}
      </time>
    </a>
  );
}

/**
 * @returns false where the browser does not let the page write to the clipboard: over plain HTTP, and in some
 *   frames
 */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

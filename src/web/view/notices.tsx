import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { focusOn } from "../page/lifecycle.ts";
import type { Item, ModeratedEvent } from "../store/item.ts";
import { NOTICE_WORDS } from "../words/notices.ts";
import { Icon } from "./icon.tsx";
import { Nickname } from "./nickname.tsx";
import { useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

function useNoticeWords() {
  return NOTICE_WORDS[useStores().settings.words.value.locale];
}

/** What a moderator has done, as a line of the log. */
export function ActionLine({ item }: { readonly item: Extract<Item, { kind: "action" }> }) {
  const { room } = useStores();
  const words = useNoticeWords();
  const { action } = item;
  const undone = action.kind === "undo" ? findAction(room.log.items.value, action.undoes) : undefined;
  const { name, moderator, reason } = action;
  const sentence = words.told(
    undone?.kind === "raid" ? { ...action, kind: "calm" } : { ...action, undone: undone?.kind },
    name === undefined ? null : <Nickname key="name" name={name} />,
    moderator === undefined ? null : <Nickname key="moderator" name={moderator} />,
  );
  return (
    <p class="people-line action-line">
      {sentence}
      {reason === "" ? null : (
        <>
          : <bdi>{reason}</bdi>
        </>
      )}
    </p>
  );
}

function findAction(items: readonly Item[], id: string | undefined): ModeratedEvent | undefined {
  const found = items.findLast((item) => item.kind === "action" && item.action.action === id);
  return found?.kind === "action" ? found.action : undefined;
}

/** In the place of messages of people whom the user ignores. */
export function IgnoredLine({ item }: { readonly item: Extract<Item, { kind: "ignored" }> }) {
  const { room } = useStores();
  const words = useNoticeWords();
  const isOpen = room.unfolded.value.has(item.key);
  return (
    <p class="people-line">
      {words.ignored(item.messages.length)}{" "}
      <button
        type="button"
        class="quiet small"
        aria-expanded={isOpen}
        onClick={() => room.setUnfolded(item.key, !isOpen)}
      >
        {isOpen ? words.hide : words.show}
      </button>
    </p>
  );
}

/** The announcements in force, above the log. */
export function Banners() {
  const { moderation } = useStores();
  const words = useNoticeWords();
  return (
    <>
      {moderation.announcements.value.map(({ action, text }) => (
        <div key={action} class="banner">
          <p dir="auto">{text}</p>
          <button
            type="button"
            class="quiet round"
            aria-label={words.dismiss}
            title={words.dismiss}
            onClick={() => moderation.dismiss(action)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </>
  );
}

/** In the place of the message field: why the user may not write. */
export function Blocked() {
  const { moderation } = useStores();
  const words = useNoticeWords();
  const muted = moderation.muted.value;
  const writers = moderation.settings.value?.writers;
  return (
    <div class="blocked" role="status">
      {muted ? (
        <>
          <p>
            <b>{words.muted}</b> <TimeLeft endsAt={muted.endsAt} />
          </p>
          <Reason text={muted.reason} />
        </>
      ) : (
        <p>{writers === "moderators" ? words.moderatorsWrite : words.membersWrite}</p>
      )}
    </div>
  );
}

/** In the place of the room: the user was put out of it. */
export function Barred() {
  const { room, moderation, settings } = useStores();
  const words = useNoticeWords();
  const section = useRef<HTMLElement>(null);
  // The nickname is lost with the chat, so it is read once.
  const nickname = useRef(room.nickname.peek() ?? room.suggestedNickname).current;
  const barred = moderation.barred.value;
  const comeBack = () => {
    moderation.comeBack();
    room.restart(nickname || undefined);
  };
  const isKick = barred?.kind === "kick";
  const endsAt = barred?.endsAt;
  const isKnown = endsAt !== undefined;
  useEffect(() => focusOn(section.current?.querySelector("h2")), []);
  useEffect(() => {
    // The server says why and until when if it is asked once more. After that, nothing connects unasked.
    if (isKnown) room.end();
    else room.restart(nickname || undefined);
  }, [isKnown]);
  return (
    <main class="join">
      <section ref={section} class="card barred" aria-labelledby="barred-title">
        <h2 id="barred-title" tabIndex={-1}>
          {isKick ? words.kickedTitle : words.bannedTitle}
        </h2>
        {barred ? <Reason text={barred.reason} /> : null}
        {isKick ? <p>{words.kicked}</p> : null}
        {isKick || endsAt === undefined ? null : (
          <p>{endsAt === null ? words.banned : words.bannedUntil(timesOf(settings).value.full(endsAt))}</p>
        )}
        <p class="buttons">
          <button type="button" class={isKick ? "main" : ""} onClick={comeBack}>
            {words.comeBack}
          </button>
        </p>
      </section>
    </main>
  );
}

function Reason({ text }: { readonly text: string }) {
  const words = useNoticeWords();
  return text === "" ? null : (
    <p>
      {words.reason} <bdi>{text}</bdi>
    </p>
  );
}

/** How long something still lasts, counted down. Screen readers hear it once. */
function TimeLeft({ endsAt }: { readonly endsAt: number | null | undefined }) {
  const { settings } = useStores();
  const words = useNoticeWords();
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  if (typeof endsAt !== "number") return <span>{words.forGood}</span>;
  const seconds = Math.max(0, Math.ceil((endsAt - now.value) / 1000));
  return (
    <>
      <span class="unseen">{words.until(timesOf(settings).value.full(endsAt))}</span>
      <span class="time-left" aria-hidden="true">
        {words.left(seconds)}
      </span>
    </>
  );
}

import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Viewport } from "../list/viewport.ts";
import { focusOn } from "../page/lifecycle.ts";
import type { Row } from "../store/room.ts";
import { Throttle } from "../store/throttle.ts";
import { foldTall, ViewportContext } from "./fold.tsx";
import { lazy } from "./lazy.tsx";
import { RoomIcon } from "./room-icon.tsx";
import { estimateHeight, RowView } from "./row.tsx";
import { useRoomWords, useStores } from "./stores.ts";
import { useTimes } from "./times.ts";
import type { UnreadProps } from "./unread.tsx";

const Unread = lazy<UnreadProps>(async () => (await import("./unread.tsx")).Unread);

/** Dozens of messages may come per second. Each would cost a layout of its own, so they are shown together then. */
const SHOWN_EVERY_MS = 100;

/** The messages of the room. Only those near the visible part are in the document. */
export function Log() {
  const { room, settings } = useStores();
  const words = useRoomWords();
  const isCompact = settings.compact.value;
  const { hours } = useTimes();
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [view] = useState(
    () =>
      new Viewport(
        (index) => {
          const row = room.rows.peek()[index];
          return row ? estimateHeight(row, settings.compact.peek()) : 0;
        },
        (side) => void (side === "start" ? room.log.loadOlder() : room.log.loadNewer()),
        foldTall,
      ),
  );
  const { rows, hasEnd } = useShown().value;
  view.sync(rows, hasEnd);
  const { start, end } = view.range.value;
  const shown = rows.slice(start, end);

  useLayoutEffect(() => {
    if (scroller.current && list.current) return view.attach(scroller.current, list.current);
  }, [view]);
  useLayoutEffect(() => view.forget(), [isCompact]);
  useLayoutEffect(() => view.settle());
  const hasFocus = scroller.current?.parentElement?.contains(document.activeElement);
  // The message that a link has led to is marked until the user has moved on: far away, to another message, or to the newest one.
  const linked = useSignal<number | null>(null);
  const linkedId = linked.value;
  useLayoutEffect(() => {
    if (linkedId !== null && linkedId === linked.peek() && !shown.some((row) => isOf(row, linkedId)))
      moveOn();
  });
  // Read during the render: the goal may be among the rendered rows already, so nothing else would change.
  const goal = room.scrollTarget.value;
  // It may be in the document only after the next render.
  const toFocus = useRef<number>(null);
  useLayoutEffect(() => {
    const key = goal === null ? undefined : rows.find((row) => isOf(row, goal))?.key;
    if (key !== undefined && view.toRow(key)) {
      room.scrollTarget.value = null;
      if (hasFocus) toFocus.current = goal;
      linked.value = goal;
      leaveLink(goal ?? undefined);
    }
    const row = list.current?.querySelector<HTMLElement>(`[data-id="${toFocus.current}"]`);
    if (!row) return;
    toFocus.current = null;
    // A keyboard or a screen reader continues from there.
    focusOn(row.querySelector<HTMLElement>(".more") ?? scroller.current);
  });
  const moveOn = () => {
    linked.value = null;
    toFocus.current = null;
    leaveLink();
  };
  const goToNewest = () => {
    moveOn();
    void room.showNewest().then(() => view.toEnd());
  };
  // After sending, the user wants to see the message.
  const sent = useRef(room.sends.peek().length);
  useSignalEffect(() => {
    const { length } = room.sends.value;
    if (length > sent.current) goToNewest();
    sent.current = length;
  });
  useSignalEffect(() => room.setAtEnd(view.isAtEnd.value && !room.log.hasNewer.value));

  return (
    <div class="log-frame">
      <section
        ref={scroller}
        class={isCompact ? `log compact hours-${hours}` : "log"}
        role="log"
        aria-label={words.messages}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls it only when it can have the focus
        tabIndex={0}
      >
        <LogStart />
        <ViewportContext.Provider value={view}>
          <ol ref={list}>
            {shown.map((row, at) => (
              <li
                key={row.key}
                data-key={row.key}
                data-id={row.kind === "message" ? row.message.id : undefined}
                class={linkedId !== null && isOf(row, linkedId) ? "linked" : undefined}
              >
                <RowView row={row} before={rows[start + at - 1]} />
              </li>
            ))}
          </ol>
        </ViewportContext.Provider>
      </section>
      {room.missed.value ? <Unread shown={shown} /> : null}
      <Ways isAtEnd={view.isAtEnd.value} goToNewest={goToNewest} />
    </div>
  );
}

/** The rows to show, and whether they end with the newest. What comes first, and what the user sends, is among them at once. */
function useShown() {
  const { room } = useStores();
  const now = () => ({ rows: room.rows.value, hasEnd: !room.log.hasNewer.value });
  const shown = useSignal(untracked(now));
  const [throttle] = useState(
    () =>
      new Throttle(SHOWN_EVERY_MS, () => {
        shown.value = untracked(now);
      }),
  );
  const sends = useRef(room.sends.peek());
  useSignalEffect(() => {
    now();
    const isSent = sends.current !== room.sends.value;
    sends.current = room.sends.value;
    if (isSent || shown.peek().rows.length === 0) throttle.run();
    else throttle.request();
  });
  return shown;
}

/** What is above the first message. Its height never changes, so that nothing moves when its text does. */
function LogStart() {
  const { log } = useStores().room;
  const words = useRoomWords();
  const { isLoaded, items, hasOlder, older } = log;
  return (
    <div class="log-start">
      {!isLoaded.value || older.value === "loading" ? (
        <p>{words.loading}</p>
      ) : older.value === "failed" ? (
        <p>
          {words.olderFailed}{" "}
          <button type="button" class="quiet" onClick={() => log.loadOlder()}>
            {words.retry}
          </button>
        </p>
      ) : hasOlder.value ? (
        <button type="button" class="quiet" onClick={() => log.loadOlder()}>
          {words.older}
        </button>
      ) : (
        <p>{items.value.some(({ kind }) => kind === "message") ? words.beginning : words.empty}</p>
      )}
    </div>
  );
}

/** Lead back to where one came from, to the newest message, with how many have arrived in the meantime, and to a date. */
function Ways({ isAtEnd, goToNewest }: { readonly isAtEnd: boolean; readonly goToNewest: () => void }) {
  const { room, acting } = useStores();
  const words = useRoomWords();
  if (isAtEnd && !room.log.hasNewer.value) return null;
  return (
    <div class="ways">
      {room.left.value.length > 0 ? (
        <button type="button" class="way back" onClick={() => room.goBack()}>
          <RoomIcon name="reply" />
          {words.quote.back}
        </button>
      ) : null}
      <button type="button" class="way to-newest" onClick={goToNewest}>
        {words.newest(room.unread.count.value)}
        <RoomIcon name="down" />
      </button>
      {room.state.value.kind === "refused" ? null : (
        <button
          type="button"
          class="way round"
          aria-label={words.goToDate}
          title={words.goToDate}
          aria-haspopup="dialog"
          onClick={() => {
            acting.value = { kind: "date", time: Date.now() };
          }}
        >
          <RoomIcon name="date" />
        </button>
      )}
    </div>
  );
}

function isOf(row: Row, id: number): boolean {
  return row.kind === "message" && row.message.id === id;
}

/** Takes the link to a message out of the address, so that a reload does not lead back to it. @param except unless it is this one */
function leaveLink(except?: number): void {
  const [, id] = /^#(\d+)(?:\.|$)/.exec(location.hash) ?? [];
  if (id !== undefined && Number(id) !== except)
    history.replaceState(history.state, "", location.pathname + location.search);
}

import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { selectedMessages } from "../page/copying.ts";
import { download } from "../page/download.ts";
import { loadWholeRoom, type Period } from "../store/transcript.ts";
import { dayOf } from "../text/times.ts";
import { goesOn, transcriptJson, transcriptText } from "../text/transcript.ts";
import { TRANSCRIPT_WORDS } from "../words/transcript.ts";
import { Content } from "./content.tsx";
import { Nickname } from "./nickname.tsx";
import { useSaid } from "./said.tsx";
import { type Stores, useRoomWords, useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

/** Browsers take minutes to lay out more than these. A file may have them. */
const PRINTED_MAX = 5_000;
/** So that no message in a file can look like several. */
const INDENT = "        ";

/** What is printed: `loaded` stands for the messages that are loaded. */
const printed = signal<readonly Message[] | "loaded" | null>(null);
/** Whether there are earlier ones than those that are printed. */
let isCut = false;

export interface TranscriptProps {
  /** What the room is called. */
  readonly title: string;
}

/** The messages for printing. They are in the document only during that time. Also sees to it that messages are copied as text. */
export function Transcript({ title }: TranscriptProps) {
  const stores = useStores();
  useEffect(() => follow(stores), []);
  return printed.value === null ? null : <Printed title={title} />;
}

function follow(stores: Stores): () => void {
  const stop = new AbortController();
  const { signal: stopped } = stop;
  const begin = () => {
    if (printed.value === null) isCut = false;
    printed.value ??= "loaded";
  };
  const end = () => {
    printed.value = null;
  };
  addEventListener("beforeprint", begin, { signal: stopped });
  addEventListener("afterprint", end, { signal: stopped });
  document.addEventListener("copy", (event) => copy(event, stores), { signal: stopped });
  return () => stop.abort();
}

/** Copies several messages as they were written, each with its author and time. */
function copy(event: ClipboardEvent, { room, settings }: Stores): void {
  const selection = getSelection();
  if (!selection || !event.clipboardData) return;
  const messages = selectedMessages(selection, (id) => {
    const message = room.log.find(id);
    return message && room.changes.shown(message);
  });
  if (messages.length === 0) return;
  const days = new Set(messages.map(({ time }) => (time === null ? null : dayOf(time))));
  const text = transcriptText(messages, timesOf(settings).peek(), "", days.size > 1);
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}

function useTranscriptWords() {
  return TRANSCRIPT_WORDS[useStores().settings.words.value.locale];
}

function Printed({ title }: TranscriptProps) {
  const { room, settings } = useStores();
  const words = useTranscriptWords();
  const marks = useRoomWords().roster.marks;
  const times = timesOf(settings).value;
  const messages = printed.value === "loaded" ? loadedMessages(room) : (printed.value ?? []);
  return (
    <section class="transcript">
      <h1>{words.title(title, times.full(Date.now()))}</h1>
      {isCut ? <p>{words.newest(String(messages.length))}</p> : null}
      {messages.map((message, at) => {
        const { id, name, by, time, timestamp, content } = message;
        const before = messages[at - 1];
        const isNewDay = time !== null && (before?.time == null || dayOf(before.time) !== dayOf(time));
        return (
          <article key={id ?? timestamp}>
            {isNewDay ? <h2>{times.date(time)}</h2> : null}
            <time>{time === null ? timestamp : times.clock(time)}</time>
            {goesOn(message, before) ? null : (
              <p>
                <Nickname name={name} />
                {room.markBy(by)?.bot ? ` (${marks.bot})` : ""}
              </p>
            )}
            <Content content={content} name={name} />
          </article>
        );
      })}
    </section>
  );
}

function loadedMessages({ log, changes }: Stores["room"]): readonly Message[] {
  return log.items.value
    .flatMap((item) => (item.kind === "message" ? [changes.shown(item.message)] : []))
    .filter(({ id, deleted }) => !deleted && !(id !== null && changes.undoable.value.has(id)));
}

/** Offers the whole room as a file or for printing, in the settings. */
export function TranscriptChoices() {
  const { room, settings } = useStores();
  const words = useTranscriptWords();
  const { said, says } = useSaid();
  const isLoading = useSignal(false);
  const first = useSignal("");
  const last = useSignal("");
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const format = (count: number) => count.toLocaleString(settings.words.peek().locale);
  const load = (use: (messages: readonly Message[], more: boolean) => string, max?: number) => async () => {
    const stopping = new AbortController();
    stop.current = stopping;
    const { signal: stopped } = stopping;
    isLoading.value = true;
    try {
      const progress = (count: number) => {
        stopped.throwIfAborted();
        says(words.loading(format(count)));
      };
      const { messages, more } = await loadWholeRoom(
        room.source,
        progress,
        max,
        periodOf(first.peek(), last.peek()),
      );
      if (messages.length === 0) says(words.none, true);
      else says(use(messages, more));
    } catch {
      if (stopped.aborted) says("");
      else says(words.failed, true);
    }
    isLoading.value = false;
  };
  const save = (ending: string, type: string, write: (messages: readonly Message[]) => string) =>
    load((messages, more) => {
      download(`${room.path.split("/").at(-1) || "chat"}.${ending}`, type, write(messages));
      return (more ? words.savedNewest : words.saved)(format(messages.length));
    });
  const saveText = save(
    "txt",
    "text/plain;charset=utf-8",
    (messages) => `${transcriptText(messages, timesOf(settings).peek(), INDENT)}\n`,
  );
  const printAll = load((messages, more) => {
    isCut = more;
    printed.value = messages;
    // After the transcript is rendered, since printing blocks the page.
    setTimeout(print);
    return "";
  }, PRINTED_MAX);
  return (
    <section>
      <h3>{words.transcript}</h3>
      <p class="muted">{words.lead}</p>
      <p class="days">
        <DayField label={words.first} day={first} />
        <DayField label={words.last} day={last} />
      </p>
      {isLoading.value ? (
        <button type="button" onClick={() => stop.current?.abort()}>
          {words.cancel}
        </button>
      ) : (
        <p class="buttons">
          <button type="button" onClick={saveText}>
            {words.text}
          </button>
          <button type="button" onClick={save("json", "application/json", transcriptJson)}>
            {words.json}
          </button>
          <button type="button" onClick={printAll}>
            {words.print}
          </button>
        </p>
      )}
      {said}
    </section>
  );
}

/** @param day a day as the browser's field has it, such as `2026-11-26`; "" for none */
function DayField({ label, day }: { readonly label: string; readonly day: Signal<string> }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="date"
        value={day.value}
        onInput={({ currentTarget: { value } }) => {
          day.value = value;
        }}
      />
    </label>
  );
}

/** The time from a first day up to a last one, both of them included, in the user's time zone. */
function periodOf(first: string, last: string): Period {
  const from = first === "" ? Number.NEGATIVE_INFINITY : new Date(`${first}T00:00`).getTime();
  if (last === "") return { from, until: Number.POSITIVE_INFINITY };
  const until = new Date(`${last}T00:00`);
  // Counted by the calendar: a day may have 23 or 25 hours.
  until.setDate(until.getDate() + 1);
  return { from, until: until.getTime() };
}

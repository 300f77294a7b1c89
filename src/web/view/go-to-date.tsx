import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { focusOn } from "../page/lifecycle.ts";
import type { Announcement } from "../store/announcer.ts";
import { fieldOfDay, startOfDay } from "../text/date-field.ts";
import { DATE_WORDS } from "../words/date.ts";
import { Announced } from "./announced.tsx";
import { Dialog } from "./dialog.tsx";
import { goFromDialog } from "./go-from-dialog.ts";
import { useRoomWords, useStores } from "./stores.ts";

export interface GoToDateProps {
  /** The day that is suggested, by a time in it. */
  readonly time: number;
  readonly close: () => void;
}

/** Asks for a day, and goes to its first message. */
export function GoToDate({ time, close }: GoToDateProps) {
  const stores = useStores();
  const { room, settings, announcer } = stores;
  const words = DATE_WORDS[settings.words.value.locale];
  const roomWords = useRoomWords();
  const field = useRef<HTMLInputElement>(null);
  const fault = useSignal<Announcement>({ text: "" });
  const isLoading = useSignal(false);
  const earliest = useSignal<string | undefined>(undefined);
  const closed = useRef(new AbortController()).current;
  const { signal } = closed;
  const messages = async (page: { readonly since?: number; readonly after?: number }) =>
    (await room.source.history({ ...page, limit: 1, signal })).messages;
  useEffect(() => {
    focusOn(field.current);
    const suggestFrom = ([first]: readonly Message[]) => {
      // A clock may have been wrong then.
      if (first?.time != null && first.time <= Date.now()) earliest.value = fieldOfDay(first.time);
    };
    messages({ after: 0 }).then(suggestFrom, () => {});
    return () => closed.abort();
  }, []);
  const refuse = (text: string) => {
    fault.value = { text };
    focusOn(field.current);
  };
  const go = async () => {
    // Without a connection it takes until there is one.
    if (isLoading.value) return;
    const since = startOfDay(field.current?.value ?? "");
    fault.value = { text: "" };
    if (since === null) return refuse(words.needed);
    isLoading.value = true;
    try {
      const [found] = await messages({ since });
      const [message] = found ? [found] : await messages({});
      if (message?.id == null || message.time === null) return refuse(words.empty);
      const isOfDay = fieldOfDay(message.time) === fieldOfDay(since);
      close();
      if (!isOfDay) announcer.showToast(found ? words.next : words.newest);
      goFromDialog(stores, message.id, message.time);
    } catch {
      if (!signal.aborted) refuse(words.failed);
    } finally {
      isLoading.value = false;
    }
  };
  return (
    <Dialog title={words.title} name="date" close={close}>
      <form
        class="go-to"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <label class="field">
          <span>{words.field}</span>
          <input
            ref={field}
            type="date"
            defaultValue={fieldOfDay(time)}
            min={earliest.value}
            max={fieldOfDay(Date.now())}
            aria-invalid={fault.value.text !== ""}
            aria-describedby="date-note date-fault"
          />
        </label>
        <button type="submit" class="main">
          {words.go}
        </button>
        <p id="date-note" class="muted" role="status">
          {isLoading.value ? roomWords.loading : words.note}
        </p>
        <p id="date-fault" class="refusal" role="alert">
          <Announced text={fault.value} />
        </p>
      </form>
    </Dialog>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChatError } from "../../client/errors.ts";
import { report } from "../../client/moderation.ts";
import { REASON_MAX } from "../../protocol/kinds/moderate.ts";
import { errorOf } from "../text/failure.ts";
import { PERSON_WORDS } from "../words/person.ts";
import { Choice, Choices, moveFocus } from "./menu.tsx";
import { Nickname } from "./nickname.tsx";
import { PersonChoices } from "./person-choices.tsx";
import { type Subject, useStores } from "./stores.ts";

interface SubjectProps {
  readonly subject: Subject;
  readonly close: () => void;
}

function usePersonWords() {
  return PERSON_WORDS[useStores().settings.words.value.locale];
}

/** What can be done with a person. */
export function PersonMenu({ subject, close }: SubjectProps) {
  const { draft } = useStores();
  const words = usePersonWords();
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => menu.current?.querySelector("button")?.focus(), []);
  const mention = () => {
    close();
    draft.mention(subject.name);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it
    <div ref={menu} class="actions-menu" onKeyDown={moveFocus}>
      <Choices>
        <Choice icon="at" text={words.mention} onClick={mention} />
        <PersonChoices subject={subject} close={close} />
      </Choices>
    </div>
  );
}

/** Tells the moderators about a message or a person. */
export function ReportForm({ subject, close }: SubjectProps) {
  const { room, person, announcer } = useStores();
  const words = usePersonWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const fault = useSignal("");
  const isAsking = useSignal(false);
  const { target } = subject;
  const message = target.of === undefined ? undefined : room.log.find(target.of);
  useEffect(() => field.current?.focus(), []);
  const send = async () => {
    if (!person.chat || isAsking.value) return;
    const reason = field.current?.value.trim() ?? "";
    isAsking.value = true;
    fault.value = "";
    const error = await errorOf(report(person.chat, { ...target, reason }));
    isAsking.value = false;
    if (error) fault.value = faultOf(error, words.faults);
    else {
      close();
      announcer.showToast(words.reported);
    }
  };
  return (
    <form
      class="measure-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <p>{message ? words.reportMessage : words.reportPerson}</p>
      {message ? <blockquote dir="auto">{message.content}</blockquote> : null}
      <label class="field">
        <span>{words.reason}</span>
        <textarea ref={field} rows={2} maxLength={REASON_MAX} dir="auto" aria-describedby="report-fault" />
      </label>
      <p id="report-fault" class="refusal" role="alert">
        {fault.value}
      </p>
      <p class="buttons">
        <button type="submit" class="main" disabled={isAsking.value}>
          {words.send}
        </button>
        <button type="button" onClick={close}>
          {words.cancel}
        </button>
      </p>
    </form>
  );
}

function faultOf({ code }: ChatError, words: ReturnType<typeof usePersonWords>["faults"]): string {
  switch (code) {
    case "TooManyReports":
      return words.many;
    case "UnknownTarget":
      return words.gone;
    default:
      return words.other;
  }
}

/** The people whom the user ignores, in the settings. */
export function IgnoredPeople() {
  const { ignored } = useStores();
  const words = usePersonWords();
  const people = [...ignored.people.value];
  return (
    <section>
      <h3>{words.ignoredTitle}</h3>
      <p class="muted">{words.ignoredLead}</p>
      <ul class="names">
        {people.map(([by, name]) => (
          <li key={by}>
            <Nickname name={name} />
            <button
              type="button"
              class="quiet"
              aria-label={words.stopIgnoring(name)}
              onClick={() => ignored.remove(by)}
            >
              {words.stop}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type RoomSettings, roomSettings, setRoom } from "../../client/moderation.ts";
import { REASON_MAX } from "../../protocol/kinds/moderate.ts";
import { MOST, type RoomFault, readRoomForm } from "../store/room-form.ts";
import { errorOf } from "../text/failure.ts";
import { Field } from "./field.tsx";
import { faultWords, give, useModeratorWords } from "./order.ts";
import { useStores } from "./stores.ts";

/** What moderators set and announce in the room. */
export function RoomForms() {
  const { person, moderation } = useStores();
  const words = useModeratorWords();
  const settings = useSignal<RoomSettings | null>(null);
  const fault = useSignal("");
  const load = async () => {
    const { chat } = person;
    const asked = chat
      ? roomSettings(chat).then((each) => {
          settings.value = each;
        })
      : undefined;
    const error = await errorOf(asked);
    fault.value = error ? faultWords(error, words) : "";
  };
  // Another moderator may have changed them.
  useEffect(() => void load(), [moderation.settings.value]);
  return (
    <>
      <Announce />
      <h3>{words.settings}</h3>
      {settings.value ? (
        <SettingsForm key={settings.value} before={settings.value} />
      ) : (
        <p class={fault.value === "" ? "muted" : "refusal"}>{fault.value || words.loading}</p>
      )}
    </>
  );
}

function SettingsForm({ before }: { readonly before: RoomSettings }) {
  const { person, announcer, moderation } = useStores();
  const words = useModeratorWords();
  const form = useRef<HTMLFormElement>(null);
  const wrong = useSignal<RoomFault | null>(null);
  const fault = useSignal("");
  const isAsking = useSignal(false);
  const save = async () => {
    if (!form.current || !person.chat || isAsking.value) return;
    const read = readRoomForm(new FormData(form.current), before);
    wrong.value = "fault" in read ? read : null;
    fault.value = "";
    if ("fault" in read) {
      form.current.querySelector<HTMLElement>(`[name="${read.field}"]`)?.focus();
      return;
    }
    isAsking.value = true;
    const error = await errorOf(setRoom(person.chat, read));
    isAsking.value = false;
    if (error) fault.value = faultWords(error, words);
    else announcer.showToast(words.saved);
  };
  const faultAt = (field: RoomFault["field"]) =>
    wrong.value?.field === field ? words.roomFault(wrong.value) : "";
  return (
    <form
      ref={form}
      class="room-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field label={words.roomTitle} name="title" fault={faultAt("title")}>
        {(given) => <input {...given} dir="auto" autocomplete="off" defaultValue={before.title} />}
      </Field>
      <Field label={words.topic} name="topic" fault={faultAt("topic")}>
        {(given) => <input {...given} dir="auto" autocomplete="off" defaultValue={before.topic} />}
      </Field>
      <Field label={words.rules} name="rules" fault={faultAt("rules")}>
        {(given) => <textarea {...given} dir="auto" rows={4} defaultValue={before.rules} />}
      </Field>
      <label class="check">
        <input type="checkbox" name="listed" defaultChecked={before.listed} />
        <span>{words.listed}</span>
      </label>
      <Choice label={words.entry} name="entry" value={before.entry} options={words.entries} />
      <Field
        label={before.password ? words.newPassword : words.password}
        name="password"
        fault={faultAt("password")}
      >
        {(given) => (
          <input {...given} type="password" autocomplete="new-password" maxLength={MOST.password} />
        )}
      </Field>
      <Choice label={words.writers} name="writers" value={before.writers} options={words.writerKinds} />
      <Choice label={words.links} name="links" value={before.links} options={words.linkKinds} />
      <NumberField
        label={words.knownMinutes}
        name="knownMinutes"
        fault={faultAt("knownMinutes")}
        value={before.knownMinutes}
      />
      <NumberField
        label={words.slowSeconds}
        name="slowSeconds"
        fault={faultAt("slowSeconds")}
        value={before.slowSeconds}
      />
      <NumberField
        label={words.heldMessages}
        name="heldMessages"
        fault={faultAt("heldMessages")}
        value={before.heldMessages}
      />
      <Field label={words.words} name="words" fault={faultAt("words")}>
        {(given) => (
          <textarea {...given} dir="auto" rows={3} defaultValue={(before.words ?? []).join("\n")} />
        )}
      </Field>
      <Choice
        label={words.wordRule}
        name="wordRule"
        value={before.wordRule ?? "refuse"}
        options={words.wordRules}
      />
      {moderation.isOwner ? (
        <NumberField
          label={words.keepDays}
          name="keepDays"
          fault={faultAt("keepDays")}
          value={before.keepDays}
        />
      ) : null}
      <p class="refusal" role="alert">
        {fault.value}
      </p>
      <button type="submit" class="main" disabled={isAsking.value}>
        {words.save}
      </button>
    </form>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly name: string;
  readonly fault: string;
  readonly value: number | null;
}

function NumberField({ value, ...field }: NumberFieldProps) {
  return (
    <Field {...field}>
      {(given) => <input {...given} inputMode="numeric" autocomplete="off" defaultValue={value ?? ""} />}
    </Field>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
}

function Choice({ label, name, value, options }: ChoiceProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name}>
        {Object.entries(options).map(([each, text]) => (
          <option key={each} value={each} selected={each === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** For how long announcements are shown, in minutes. */
const TIMES = [10, 60, 24 * 60, null] as const;

/** Announces something above the log, or as a message. */
function Announce() {
  const stores = useStores();
  const words = useModeratorWords();
  const form = useRef<HTMLFormElement>(null);
  const fault = useSignal("");
  const announce = async () => {
    if (!form.current) return;
    const given = new FormData(form.current);
    const reason = String(given.get("text") ?? "").trim();
    if (reason === "") {
      fault.value = words.announceEmpty;
      return;
    }
    const minutes = Number(given.get("minutes")) || null;
    const order = {
      kind: "announce" as const,
      reason,
      ...(minutes === null ? {} : { minutes }),
      ...(given.has("post") ? { post: true } : {}),
      ...(given.has("everywhere") ? { everywhere: true } : {}),
    };
    fault.value = (await give(stores, order, () => words.announced)) ?? "";
    if (fault.value === "") form.current.reset();
  };
  return (
    <form
      ref={form}
      class="room-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void announce();
      }}
    >
      <h3>{words.announce}</h3>
      <label class="field">
        <span>{words.announceText}</span>
        <textarea name="text" rows={2} dir="auto" maxLength={REASON_MAX} aria-describedby="announce-fault" />
      </label>
      <label class="field">
        <span>{words.announceFor}</span>
        <select name="minutes">
          {TIMES.map((minutes) => (
            <option key={minutes ?? 0} value={minutes ?? 0}>
              {words.time(minutes)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" name="post" />
        <span>{words.announcePost}</span>
      </label>
      {stores.moderation.isOwner ? (
        <label class="check">
          <input type="checkbox" name="everywhere" />
          <span>{words.announceEverywhere}</span>
        </label>
      ) : null}
      <p id="announce-fault" class="refusal" role="alert">
        {fault.value}
      </p>
      <button type="submit">{words.announceIt}</button>
    </form>
  );
}

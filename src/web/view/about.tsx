import type { Signal } from "@preact/signals";
import { PASSWORD_MAX } from "../../protocol/kinds/enter.ts";
import { ABOUT_WORDS } from "../words/about.ts";
import { GlanceAtRoom } from "./glance.tsx";
import { useStores } from "./stores.ts";
import { leaveToInputMethod } from "./text-field.ts";

/** Rules with more characters are folded. */
const SHORT_RULES = 240;

function useAboutWords() {
  return ABOUT_WORDS[useStores().settings.words.value.locale];
}

/** What one should know of a room before one joins: what it is about, its rules, and what the chat keeps. */
export function About() {
  const { moderation } = useStores();
  const words = useAboutWords();
  const settings = moderation.settings.value;
  const keeps = moderation.keeps.value;
  if (!settings || !keeps) return null;
  const { topic, rules, keepDays } = settings;
  const days = [keeps.days, keepDays].filter((each) => each !== null);
  const text = (
    <p class="rules" dir="auto">
      {rules}
    </p>
  );
  const { welcome } = document.documentElement.dataset;
  return (
    <>
      {welcome === undefined ? null : (
        <p class="rules" dir="auto">
          {welcome}
        </p>
      )}
      {topic === "" ? null : <p dir="auto">{topic}</p>}
      {rules === "" ? null : rules.length <= SHORT_RULES && !/\n.*\n.*\n/s.test(rules) ? (
        <section aria-label={words.rules}>
          <h3>{words.rules}</h3>
          {text}
        </section>
      ) : (
        <details>
          <summary>{words.rules}</summary>
          {text}
        </details>
      )}
      <p class="muted keeps">
        {words.keeps(days.length > 0 ? Math.min(...days) : null, keeps.messages)}{" "}
        {keeps.logsAddresses ? words.addresses : words.noAddresses}
      </p>
      {settings.entry === "everyone" ? <GlanceAtRoom /> : null}
      {moderation.isProving.value ? <p role="status">{words.proving}</p> : null}
    </>
  );
}

/** Only members may enter. */
export function MembersOnly() {
  return <p role="status">{useAboutWords().members}</p>;
}

export interface PasswordProps {
  readonly password: Signal<string>;
}

export function Password({ password }: PasswordProps) {
  const words = useAboutWords();
  return (
    <label class="field">
      <span>{words.password}</span>
      <input
        id="password"
        type="password"
        autocomplete="current-password"
        maxLength={PASSWORD_MAX}
        aria-describedby="nickname-refusal"
        onKeyDown={leaveToInputMethod}
        onInput={({ currentTarget }) => {
          password.value = currentTarget.value;
        }}
      />
    </label>
  );
}

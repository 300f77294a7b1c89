import type { Signal } from "@preact/signals";
import { JOINS, THEMES } from "../store/settings.ts";
import { isLanguage, LANGUAGES } from "../words/languages.ts";
import { SETTINGS_WORDS } from "../words/settings.ts";
import { LoadFailed, lazy } from "./lazy.tsx";
import { Leave } from "./leave.tsx";
import { Notifications } from "./notifications.tsx";
import { useStores } from "./stores.ts";

const IgnoredPeople = lazy(async () => (await import("./person.tsx")).IgnoredPeople);
const TranscriptChoices = lazy(async () => (await import("./transcript.tsx")).TranscriptChoices);
const Pictures = lazy(async () => (await import("./pictures.tsx")).Pictures);

export interface SettingsProps {
  /** What the room is called now. */
  readonly title: () => string;
  readonly close: () => void;
}

/** The settings dialog. */
export function Settings({ title, close }: SettingsProps) {
  const { settings, person, ignored, room } = useStores();
  const words = useSettingsWords();
  return (
    <>
      <LanguageChoice />
      <ThemeChoice />
      {settings.theme.value === "classic" ? <Pictures /> : null}
      <LayoutChoice />
      <JoinsChoice />
      <ClockChoice />
      <EnterChoice />
      <Notifications title={title} />
      {ignored.people.value.size > 0 ? <IgnoredPeople /> : null}
      <section>
        <h3>{words.key}</h3>
        <p class="muted">{words.keyLead}</p>
        <button
          type="button"
          onClick={() => {
            person.view.value = { kind: "own" };
          }}
        >
          {words.keyOpen}
        </button>
      </section>
      <DateChoice />
      {room.nickname.value === null ? null : (
        <>
          <TranscriptChoices />
          <section>
            <Leave close={close} />
          </section>
        </>
      )}
    </>
  );
}

/** Leads to the messages of a day, for whoever is in the room. */
function DateChoice() {
  const { room, settings, acting } = useStores();
  const words = settings.roomWords.value;
  if (!words || room.nickname.value === null || room.state.value.kind === "refused") return null;
  return (
    <section>
      <h3>{words.messages}</h3>
      <button
        type="button"
        onClick={() => {
          acting.value = { kind: "date", time: Date.now() };
        }}
      >
        {words.goToDate}
      </button>
    </section>
  );
}

function useSettingsWords() {
  return SETTINGS_WORDS[useStores().settings.words.value.locale];
}

function LanguageChoice() {
  const { settings } = useStores();
  const words = useSettingsWords();
  return (
    <>
      <label class="field">
        <span>{words.language}</span>
        <select
          translate={false}
          value={settings.language.value ?? ""}
          onChange={({ currentTarget: { value } }) => {
            settings.language.value = isLanguage(value) ? value : null;
          }}
        >
          <option value="">{words.languageAuto}</option>
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {settings.hasLoadFailed.value ? <LoadFailed retry={() => settings.loadWords()} /> : null}
    </>
  );
}

function ThemeChoice() {
  const { theme } = useStores().settings;
  const words = useSettingsWords();
  return <Choices name="theme" legend={words.theme} chosen={theme} choices={labelled(THEMES, words)} />;
}

function ClockChoice() {
  const { clock } = useStores().settings;
  const words = useSettingsWords();
  const choices = [
    [null, words.clockAuto],
    [12, words.clock12],
    [24, words.clock24],
  ] as const;
  return <Choices name="clock" legend={words.clock} chosen={clock} choices={choices} />;
}

function LayoutChoice() {
  const { compact } = useStores().settings;
  const words = useSettingsWords();
  const choices = [
    [false, words.comfortable],
    [true, words.compact],
  ] as const;
  return <Choices name="layout" legend={words.layout} chosen={compact} choices={choices} />;
}

function JoinsChoice() {
  const { joins } = useStores().settings;
  const words = useSettingsWords();
  return (
    <Choices
      name="joins"
      legend={words.joins}
      chosen={joins}
      choices={labelled(JOINS, words)}
      note={words.joinsNote}
    />
  );
}

/** What Enter does in the message field. On a phone it breaks the line, until the user chooses. */
function EnterChoice() {
  const { enterSends } = useStores().settings;
  const words = useSettingsWords();
  const choices = [
    [true, words.enterSends],
    [false, words.enterBreaks],
  ] as const;
  return (
    <Choices
      name="enter"
      legend={words.enter}
      chosen={enterSends}
      usual={!matchMedia("(pointer: coarse)").matches}
      choices={choices}
      note={words.enterNote}
    />
  );
}

function labelled<T extends string>(values: readonly T[], words: Readonly<Record<T, string>>) {
  return values.map((value) => [value, words[value]] as const);
}

interface ChoicesProps<T> {
  readonly name: string;
  readonly legend: string;
  /** The setting. */
  readonly chosen: Signal<T>;
  /** What is in force while nothing is chosen. */
  readonly usual?: T;
  readonly choices: readonly (readonly [value: T, label: string])[];
  readonly note?: string;
}

/** A setting of which one of a few values is chosen. */
function Choices<T>({ name, legend, chosen, usual, choices, note }: ChoicesProps<T>) {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {choices.map(([value, label]) => (
        <label key={label}>
          <input
            type="radio"
            name={name}
            checked={(chosen.value ?? usual ?? null) === value}
            onChange={() => {
              chosen.value = value;
            }}
          />
          <span>{label}</span>
        </label>
      ))}
      {note ? <p class="muted">{note}</p> : null}
    </fieldset>
  );
}

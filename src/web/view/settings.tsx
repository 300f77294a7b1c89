import { THEMES } from "../store/settings.ts";
import { isLanguage, LANGUAGES } from "../words/languages.ts";
import { SETTINGS_WORDS } from "../words/settings.ts";
import { LoadFailed, lazy } from "./lazy.tsx";
import { Notifications } from "./notifications.tsx";
import { useStores } from "./stores.ts";

const IgnoredPeople = lazy(async () => (await import("./person.tsx")).IgnoredPeople);
const TranscriptChoices = lazy(async () => (await import("./transcript.tsx")).TranscriptChoices);
const Pictures = lazy(async () => (await import("./pictures.tsx")).Pictures);

export interface SettingsProps {
  /** What the room is called now. */
  readonly title: () => string;
}

/** The settings dialog. */
export function Settings({ title }: SettingsProps) {
  const { settings, person, ignored, room } = useStores();
  const words = useSettingsWords();
  return (
    <>
      <LanguageChoice />
      <ThemeChoice />
      {settings.theme.value === "classic" ? <Pictures /> : null}
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
      {room.nickname.value === null ? null : <TranscriptChoices />}
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
  const { settings } = useStores();
  const words = useSettingsWords();
  return (
    <fieldset class="choices">
      <legend>{words.theme}</legend>
      {THEMES.map((theme) => (
        <label key={theme}>
          <input
            type="radio"
            name="theme"
            checked={settings.theme.value === theme}
            onChange={() => {
              settings.theme.value = theme;
            }}
          />
          <span>{words[theme]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What Enter does in the message field. On a phone it breaks the line, until the user chooses. */
function EnterChoice() {
  const { enterSends } = useStores().settings;
  const words = useSettingsWords();
  const sends = enterSends.value ?? !matchMedia("(pointer: coarse)").matches;
  return (
    <fieldset class="choices">
      <legend>{words.enter}</legend>
      {[true, false].map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name="enter"
            checked={sends === choice}
            onChange={() => {
              enterSends.value = choice;
            }}
          />
          <span>{choice ? words.enterSends : words.enterBreaks}</span>
        </label>
      ))}
      <p class="muted">{words.enterNote}</p>
    </fieldset>
  );
}

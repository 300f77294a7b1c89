import { useSignal } from "@preact/signals";
import { THEMES } from "../store/settings.ts";
import { isLanguage, LANGUAGES } from "../words/languages.ts";
import { SETTINGS_WORDS } from "../words/settings.ts";
import { LoadFailed, lazy } from "./lazy.tsx";
import { useStores } from "./stores.ts";

const IgnoredPeople = lazy(async () => (await import("./person.tsx")).IgnoredPeople);
const TranscriptChoices = lazy(async () => (await import("./transcript.tsx")).TranscriptChoices);
const Pictures = lazy(async () => (await import("./pictures.tsx")).Pictures);

/** The settings dialog. */
export function Settings() {
  const { settings, person, ignored, room } = useStores();
  const words = useSettingsWords();
  return (
    <>
      <LanguageChoice />
      <ThemeChoice />
      {settings.theme.value === "classic" ? <Pictures /> : null}
      <Notifications />
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
      {room.nickname.value === null ? null : <TranscriptChoices />}
    </>
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

function Notifications() {
  const { settings } = useStores();
  const words = useSettingsWords();
  const isDenied = useSignal(false);
  const askNotify = async (wanted: boolean) => {
    const answer = wanted && "Notification" in globalThis ? await Notification.requestPermission() : "denied";
    settings.notify.value = answer === "granted";
    isDenied.value = wanted && answer !== "granted";
  };
  return (
    <fieldset class="switches">
      <legend>{words.notifications}</legend>
      <label>
        <input
          type="checkbox"
          checked={settings.sound.value}
          onChange={({ currentTarget }) => {
            settings.sound.value = currentTarget.checked;
          }}
        />
        <span>{words.sound}</span>
      </label>
      <label>
        <input
          type="checkbox"
          checked={settings.notify.value}
          onChange={async ({ currentTarget }) => {
            await askNotify(currentTarget.checked);
            // The box must not stay checked if permission was refused.
            currentTarget.checked = settings.notify.value;
          }}
        />
        <span>{words.notify}</span>
      </label>
      <p class="refusal" role="alert">
        {isDenied.value ? words.notifyDenied : ""}
      </p>
    </fieldset>
  );
}

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { allowAddresses } from "../page/theme.ts";
import type { Announcement } from "../store/announcer.ts";
import { PLACES, type Place } from "../store/pictures.ts";
import { THEMES } from "../store/settings.ts";
import { isLanguage, LANGUAGES } from "../words/languages.ts";
import { SETTINGS_WORDS } from "../words/settings.ts";
import { Announced } from "./announced.tsx";
import { LoadFailed } from "./lazy.tsx";
import { useStores } from "./stores.ts";
import { isForInputMethod } from "./text-field.ts";

/** The settings dialog. */
export function Settings() {
  const { settings, person, isPrinting } = useStores();
  const words = useSettingsWords();
  return (
    <>
      <LanguageChoice />
      <ThemeChoice />
      {settings.theme.value === "classic" ? <Pictures /> : null}
      <Notifications />
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
      <section>
        <h3>{words.transcript}</h3>
        <p class="muted">{words.transcriptLead}</p>
        <button
          type="button"
          onClick={() => {
            isPrinting.value = true;
            // After the transcript is rendered, since printing blocks the page.
            setTimeout(print);
          }}
        >
          {words.print}
        </button>
      </section>
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

function Pictures() {
  const words = useSettingsWords();
  return (
    <section>
      <h3>{words.pictures}</h3>
      <p class="muted">{words.picturesLead}</p>
      {PLACES.map((place) => (
        <Picture key={place} place={place} />
      ))}
      <p class="muted">{words.addressNote}</p>
    </section>
  );
}

function Picture({ place }: { readonly place: Place }) {
  const { pictures } = useStores();
  const words = useSettingsWords();
  const address = useRef<HTMLInputElement>(null);
  const fault = useSignal<Announcement>({ text: "" });
  const name = words[place];
  const chooseFile = async (file: File | undefined) => {
    if (!file) return;
    const isPicture = await createImageBitmap(file).then(
      () => true,
      () => file.type === "image/svg+xml",
    );
    fault.value = { text: isPicture ? "" : words.pictureFault };
    if (isPicture) await pictures.choose(place, file);
  };
  const chooseAddress = async () => {
    const isGood = await pictures.chooseAddress(place, address.current?.value ?? "", () => {
      const isNew = allowAddresses(true);
      // The policy of the current page forbids it.
      if (isNew) location.reload();
      return !isNew;
    });
    fault.value = { text: isGood ? "" : words.addressFault };
  };
  const clear = async () => {
    await pictures.clear(place);
    allowAddresses(pictures.hasAddresses);
  };
  return (
    <div class="picture">
      <span class="picture-name">{name}</span>
      <label class="button">
        <input
          type="file"
          accept="image/*"
          class="unseen"
          aria-label={words.choose(name)}
          onChange={({ currentTarget }) => void chooseFile(currentTarget.files?.[0])}
        />
        <span aria-hidden="true">{words.chooseShort}</span>
      </label>
      <input
        ref={address}
        type="url"
        dir="ltr"
        aria-label={words.address(name)}
        placeholder={words.addressHint}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || isForInputMethod(event)) return;
          event.preventDefault();
          void chooseAddress();
        }}
      />
      <button type="button" class="quiet" onClick={chooseAddress}>
        {words.use}
      </button>
      {pictures.urls.value[place] === undefined ? null : (
        <button type="button" class="quiet" aria-label={words.clear(name)} onClick={clear}>
          ✕
        </button>
      )}
      <p class="refusal" role="alert">
        <Announced text={fault.value} />
      </p>
    </div>
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

import { effect, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { CHAT_ROOT } from "../page/address.ts";
import { indexedDbPictures } from "../page/picture-files.ts";
import { allowAddresses } from "../page/picture-policy.ts";
import type { Announcement } from "../store/announcer.ts";
import { keyPrefix, type TextStorage } from "../store/browser-storage.ts";
import { PICTURES_KEY, PictureStore, PLACES, type Place } from "../store/pictures.ts";
import { PICTURE_WORDS } from "../words/pictures.ts";
import { Announced } from "./announced.tsx";
import { useStores } from "./stores.ts";
import { isForInputMethod } from "./text-field.ts";

let opened: PictureStore | undefined;

/** The pictures of the classic theme, which are shown from the first call on. */
export function openPictures(storage: TextStorage): PictureStore {
  opened ??= show(storage);
  return opened;
}

function show(storage: TextStorage): PictureStore {
  const prefix = keyPrefix(CHAT_ROOT);
  const pictures = new PictureStore(indexedDbPictures(prefix), storage);
  const { style } = document.documentElement;
  effect(() => {
    for (const place of PLACES) {
      const url = pictures.urls.value[place];
      if (url === undefined) style.removeProperty(`--picture-${place}`);
      // A serialised URL contains neither quotation marks nor line breaks.
      else style.setProperty(`--picture-${place}`, `url("${url}")`);
    }
  });
  void pictures.load();
  addEventListener("storage", ({ key }: StorageEvent) => {
    if (key === prefix + PICTURES_KEY) void pictures.load();
  });
  return pictures;
}

/** Where the user chooses the pictures. */
export function Pictures() {
  const words = usePictureWords();
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

function usePictureWords() {
  return PICTURE_WORDS[useStores().settings.words.value.locale];
}

function Picture({ place }: { readonly place: Place }) {
  const pictures = openPictures(useStores().storage);
  const words = usePictureWords();
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

import { signal } from "@preact/signals";
import { render } from "preact";
import { Chat } from "../client/chat.ts";
import { attempt } from "../client/frame.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { addressOf, CHAT_ROOT } from "./page/address.ts";
import { announceMessage, showUnread, watchVisibility, withdraw } from "./page/attention.ts";
import { submitByClick } from "./page/forms.ts";
import { followLifecycle } from "./page/lifecycle.ts";
import { loadOnce } from "./page/parts.ts";
import { type Secret, takeSecret } from "./page/secret.ts";
import { applyTheme } from "./page/theme.ts";
import { Announcer } from "./store/announcer.ts";
import { keepNewest, keyPrefix, prefixed, withMemoryFallback } from "./store/browser-storage.ts";
import type { DraftStore } from "./store/draft.ts";
import { Handover } from "./store/handover.ts";
import { IgnoredStore } from "./store/ignored.ts";
import { ModerationStore } from "./store/moderation.ts";
import { OWN_KEY } from "./store/own.ts";
import { FORGET_KEY, PERSON_KEY, PersonStore } from "./store/person.ts";
import { NICKNAME_KEY, RoomStore } from "./store/room.ts";
import { SavedSessions } from "./store/saved-sessions.ts";
import { SettingsStore } from "./store/settings.ts";
import { TabStorage } from "./store/tab-storage.ts";
import { READ_KEY } from "./store/unread.ts";
import { failureWords } from "./text/failure.ts";
import "./view/translation.ts";
import { ChatPage } from "./view/chat.tsx";
import { StoresContext } from "./view/stores.ts";
import { LOAD_WORDS } from "./words/load.ts";

/** Loads what solves the puzzles that the server sets while too many newcomers come. */
const loadSolver = loadOnce(() => import("./page/solver.ts"));

/** The number of rooms for which the browser keeps the read mark and the nickname. */
const ROOMS_MAX = 200;

// First of all: nothing else reads it, and the address does not show it.
const secret = takeSecret();
const isFramed = window.parent !== window;

const { path, socket } = addressOf(location, CHAT_ROOT);
const prefix = keyPrefix(CHAT_ROOT);
const storageIn = (find: () => Storage) => withMemoryFallback(() => prefixed(prefix, find()));
// Not awaited: the lazily loaded parts import from this script, which must have finished by then.
void begin();

/** Loads the texts of the page, then builds and renders it. */
async function begin(): Promise<void> {
  const kept = storageIn(() => localStorage);
  const token = secret?.kind === "token" ? secret.value : null;
  // Only the page of a frame, or with the host's login, needs it.
  const loading = isFramed || token !== null ? import("./page/host.ts") : null;
  const host = await loading?.then(({ openHost }) => openHost(token, kept)).catch(() => null);
  const storage = host?.over(kept) ?? kept;
  const settings = await SettingsStore.open(storage, navigator.languages, LOAD_WORDS);
  const announcer = new Announcer((count) => settings.words.peek().announceMore(count));
  const tab = new TabStorage(() => sessionStorage, new SavedSessions(() => localStorage, prefix + path));
  const tokens = host?.tokens(() => person.askLogin()) ?? null;
  const person: PersonStore = new PersonStore(storage, tokens, () => {
    const isKept = attempt(() => localStorage.getItem(prefix + PERSON_KEY)) !== null;
    if (isKept && !person.isByLogin) location.reload();
    // The next page would know neither the key nor the token.
    else {
      room.suspend(false);
      room.restart();
    }
  });
  const ignored = new IgnoredStore(storage);
  const moderation = new ModerationStore({
    storage,
    now: Date.now,
    role: () => person.identity.value?.role ?? "visitor",
  });
  let draft: DraftStore | null = null;
  const room = new RoomStore({
    path,
    storage,
    ignored,
    joins: settings.joins,
    tab,
    now: Date.now,
    open: (name) => {
      const chat = new Chat(socket, {
        ...person.options,
        storage: tab,
        // The page comes from the server it connects to, so a first attempt that fails for a moment says nothing
        // about the version.
        version: 3,
        // The tab's storage knows whether a nickname belongs to this browser.
        nicknameWaitMs: 0,
        solve: async (challenge, signal) => (await loadSolver()).solve(challenge, signal),
        ...(name === undefined ? {} : { name }),
      });
      person.follow(chat);
      moderation.follow(chat);
      return chat;
    },
    onMessage: (message, isMention) => {
      announceMessage(message, isMention, announcer, { path, title, settings, storage });
      host?.message(message);
    },
    onChange: (of) => withdraw(of, announcer),
    onChangeFailed: ({ type }, failure) => {
      const words = settings.words.peek();
      announcer.showToast(words.changeFailed[type](failureWords(failure, words)));
    },
    onRefused: ({ content, reply }, error) => {
      const isTaken = moderation.refused(error);
      if (isTaken) draft?.giveBack(content, reply, error);
      return isTaken && draft !== null;
    },
    onReset: () => draft?.reset(),
  });
  for (const kind of [READ_KEY, `${NICKNAME_KEY}:`]) keepNewest(storage, kind, ROOMS_MAX);
  const handover = new Handover(() => new BroadcastChannel(`${prefix}classic-chatbox`), room, tab);

  const title = () => {
    const words = settings.words.value;
    const ofRoom = host?.title || moderation.settings.value?.title;
    return ofRoom || (path === "/" ? words.mainRoom : words.room(roomOfPath(path) ?? path));
  };
  applyTheme(settings, storage);
  submitByClick();
  watchVisibility(room);
  followLifecycle(room, tab, handover);
  showUnread(room, settings, title);
  if (secret?.kind !== "token") ask(secret);
  goToLinked();
  addEventListener("hashchange", () => {
    const brought = takeSecret();
    if (brought?.kind === "token") tokens?.give(brought.value);
    else ask(brought);
    goToLinked();
  });
  addEventListener("storage", ({ key, newValue }: StorageEvent) => {
    if (key === prefix + OWN_KEY && newValue !== null) room.own.syncTabs();
    if (key === prefix + PERSON_KEY && newValue !== null) person.adopt(newValue);
    if (key === prefix + FORGET_KEY && newValue !== null) person.view.value = { kind: "forget" };
    if (key?.startsWith(prefix)) draft?.syncTabs(key.slice(prefix.length), newValue);
    syncTabs();
  });
  host?.follow(room);
  // A page restored from the back/forward cache was not told what other tabs changed.
  addEventListener("pageshow", syncTabs);

  const root = document.getElementById("root");
  if (root) {
    render(
      <StoresContext.Provider
        value={{
          settings,
          person,
          room,
          get draft() {
            if (!draft) throw new Error("there is no room yet");
            return draft;
          },
          openDraft(Store) {
            draft ??= new Store(
              storage,
              storageIn(() => sessionStorage),
              path,
              room.others,
            );
          },
          ignored,
          moderation,
          announcer,
          handover,
          storage,
          acting: signal(null),
        }}
      >
        <ChatPage title={title} />
      </StoresContext.Provider>,
      root,
    );
  }

  import("./page/background.ts").then(
    ({ work }) =>
      work(
        room,
        announcer,
        settings,
        storageIn(() => sessionStorage),
      ),
    () => {},
  );

  /** Takes over what other tabs have stored. */
  function syncTabs(): void {
    settings.syncTabs();
    ignored.syncTabs();
    moderation.syncTabs();
    room.unread.syncTabs();
  }

  /** Asks what to do with what a link has brought along. */
  function ask(brought: Secret | null): void {
    // In a frame, the page around it could have people click on anything.
    if (brought && !isFramed) person.view.value = brought;
  }

  /** A link to a message ends with the message's id and time. */
  function goToLinked(): void {
    const [, id, time] = /^#(\d+)(?:\.([\da-z]+))?$/.exec(location.hash) ?? [];
    if (id === undefined) return;
    const timeMs = time === undefined ? undefined : Number.parseInt(time, 36);
    room.goToMessage(Number(id), () => announcer.showToast(settings.words.peek().gone), timeMs);
  }
}

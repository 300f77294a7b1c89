import { useSignal, useSignalEffect } from "@preact/signals";
import { Announced } from "./announced.tsx";
import { ConnectionBar, ConnectionStatus } from "./connection.tsx";
import { Dialog } from "./dialog.tsx";
import { HostLogin } from "./host-login.tsx";
import { Icon } from "./icon.tsx";
import { Join } from "./join.tsx";
import type { PersonKeyProps } from "./key.tsx";
import { lazy } from "./lazy.tsx";
import { loadModerator } from "./load-moderator.ts";
import { loadRoom } from "./load-room.ts";
import { Nickname } from "./nickname.tsx";
import type { RenameProps } from "./rename.tsx";
import type { SettingsProps } from "./settings.tsx";
import { useStores, useWords } from "./stores.ts";

const Ended = lazy(async () => (await import("./ended.tsx")).Ended);
const Room = lazy(async (stores) => (await loadRoom(stores)).Room);
const Avatar = lazy<{ readonly name: string }>(async (stores) => (await loadRoom(stores)).Avatar, true);
const Rooms = lazy(async () => (await import("./rooms.tsx")).Rooms);
const Roster = lazy(async () => (await import("./roster.tsx")).Roster);
const Barred = lazy(async () => (await import("./notices.tsx")).Barred);
const ModerationButton = lazy(async () => (await loadModerator()).ModerationButton);
const ModerationDialog = lazy(async () => (await loadModerator()).ModerationDialog);
const Rename = lazy<RenameProps>(async () => (await import("./rename.tsx")).Rename);
const Settings = lazy<SettingsProps>(async () => (await import("./settings.tsx")).Settings);
const PersonKey = lazy<PersonKeyProps>(async () => (await import("./key.tsx")).PersonKey);

type Open = "nothing" | "rooms" | "settings" | "people" | "rename";

/** The whole page. @param titleNow what the room is called at the moment */
export function ChatPage({ title: titleNow }: { readonly title: () => string }) {
  const { room, person, moderation, acting } = useStores();
  const words = useWords();
  const open = useSignal<Open>("nothing");
  // What is done about somebody takes the place of the list of people, and the way to a date that of the settings.
  useSignalEffect(() => {
    if (acting.value) open.value = "nothing";
  });
  // The close event of a dialog comes late: another dialog may be open by then.
  const close = (what: Open) => () => {
    if (open.value === what) open.value = "nothing";
  };
  const title = titleNow();
  const state = room.state.value;
  const isNamed = room.nickname.value !== null;
  const isBarred = moderation.barred.value !== null;
  return (
    <>
      <div class="app">
        {isNamed ? (
          <button type="button" class="skip" onClick={() => document.getElementById("message")?.focus()}>
            {words.skip}
          </button>
        ) : null}
        <TopBar title={title} open={(what) => (open.value = what)} />
        {isBarred ? <Barred /> : <ConnectionBar />}
        {isNamed && person.refusal.value && person.isByLogin ? <HostLogin /> : null}
        {!isBarred && state.kind === "refused" ? <Ended code={state.code} reason={state.reason} /> : null}
        {isBarred ? null : isNamed ? (
          <Room title={title} hasComposer={state.kind !== "refused"} />
        ) : state.kind === "refused" ? null : (
          <Join />
        )}
      </div>
      {open.value === "rooms" ? (
        <Dialog title={words.rooms} name="rooms" close={close("rooms")}>
          <Rooms />
        </Dialog>
      ) : null}
      {moderation.view.value ? <ModerationDialog /> : null}
      {open.value === "settings" ? (
        <Dialog title={words.settings} name="settings" close={close("settings")}>
          <Settings title={titleNow} close={close("settings")} />
        </Dialog>
      ) : null}
      {open.value === "people" ? (
        <Dialog title={words.people.title} name="people" close={close("people")}>
          <Roster />
        </Dialog>
      ) : null}
      {person.view.value ? (
        <Dialog title={words.key} name="key" close={() => (person.view.value = null)}>
          <PersonKey view={person.view.value} />
        </Dialog>
      ) : null}
      {open.value === "rename" && isNamed ? (
        <Dialog title={words.rename} name="rename" close={close("rename")}>
          <Rename close={close("rename")} />
        </Dialog>
      ) : null}
      <Announcements />
    </>
  );
}

function TopBar({ title, open }: { readonly title: string; readonly open: (what: Open) => void }) {
  const { room, moderation } = useStores();
  const words = useWords();
  const nickname = room.nickname.value;
  return (
    <header class="top">
      <div class="about">
        <h1 dir="auto">
          <button
            type="button"
            class="quiet"
            title={words.rooms}
            aria-haspopup="dialog"
            onClick={() => open("rooms")}
          >
            {title}
          </button>
        </h1>
        {moderation.settings.value?.topic ? (
          <p class="topic muted" dir="auto">
            {moderation.settings.value.topic}
          </p>
        ) : null}
      </div>
      <ConnectionStatus />
      <div class="top-end">
        {nickname === null || room.state.value.kind === "refused" ? null : (
          <>
            <button
              type="button"
              class="quiet own-nickname"
              title={words.rename}
              onClick={() => open("rename")}
            >
              <span class="unseen">{words.youAre} </span>
              <Avatar name={nickname} />
              <Nickname name={nickname} />
              <span class="unseen">. {words.rename}</span>
            </button>
            {moderation.isModerator ? <ModerationButton /> : null}
            <button
              type="button"
              class="quiet people-button"
              aria-label={
                room.state.value.kind === "open"
                  ? words.people.show(room.online.value.length)
                  : words.people.title
              }
              title={words.people.title}
              onClick={() => open("people")}
            >
              <Icon name="people" />
              <span aria-hidden="true">{room.online.value.length.toLocaleString(words.locale)}</span>
            </button>
          </>
        )}
        <button
          type="button"
          class="quiet round"
          aria-label={words.settings}
          title={words.settings}
          onClick={() => open("settings")}
        >
          <Icon name="settings" />
        </button>
      </div>
    </header>
  );
}

/** Announcements for screen readers, and a short message on what the user has just done. */
function Announcements() {
  const { announcer } = useStores();
  const toast = announcer.toast.value;
  return (
    <>
      <p class="unseen" aria-live="polite">
        <Announced text={announcer.announcement.value} />
      </p>
      <p class={toast.text === "" ? "toast" : "toast shown"} role="status">
        <Announced text={toast} />
        {toast.action ? (
          <button type="button" class="quiet" onClick={toast.action.run}>
            {toast.action.label}
          </button>
        ) : null}
      </p>
    </>
  );
}

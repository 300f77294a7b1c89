import type { Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { TargetKeys } from "../../protocol/kinds/moderate.ts";
import type { Announcer } from "../store/announcer.ts";
import type { ListableStorage } from "../store/browser-storage.ts";
import type { DraftStore } from "../store/draft.ts";
import type { Handover } from "../store/handover.ts";
import type { IgnoredStore } from "../store/ignored.ts";
import type { ModerationStore } from "../store/moderation.ts";
import type { PersonStore } from "../store/person.ts";
import type { RoomStore } from "../store/room.ts";
import type { AllWords, SettingsStore } from "../store/settings.ts";
import type { Words } from "../words/en.ts";

/** Somebody whom the user acts on. */
export interface Subject {
  readonly name: string;
  /** The public id, if it is known. */
  readonly by: string | undefined;
  /** By what the server finds the person: a message, a nickname in the roster, or the public id. */
  readonly target: Readonly<TargetKeys>;
}

/** What a moderator does to somebody. */
export type Measure = "mute" | "kick" | "ban" | "remove";

/**
 * What the user has opened to act on a message or a person: a menu, beside what opened it, the emoji to react with, a report, or
 * what a moderator is about to do. Or the way to a date, with a time of the day that is suggested.
 */
export type Acting =
  | { readonly kind: "menu"; readonly id: number; readonly at: DOMRect }
  | { readonly kind: "react"; readonly id: number }
  | { readonly kind: "person"; readonly subject: Subject; readonly at: DOMRect }
  | { readonly kind: "date"; readonly time: number }
  | { readonly kind: "report"; readonly subject: Subject }
  | { readonly kind: Measure; readonly subject: Subject };

/** The stores from which everything is rendered. */
export interface Stores {
  readonly settings: SettingsStore;
  readonly room: RoomStore;
  readonly person: PersonStore;
  /** Throws before {@link openDraft} was called. */
  readonly draft: DraftStore;
  /** Begins the draft of the room. Its class is loaded together with the room. */
  readonly openDraft: (Store: typeof DraftStore) => void;
  readonly ignored: IgnoredStore;
  readonly moderation: ModerationStore;
  readonly announcer: Announcer;
  readonly handover: Handover;
  /** What all tabs of this browser share. */
  readonly storage: ListableStorage;
  readonly acting: Signal<Acting | null>;
}

export const StoresContext = createContext<Stores | null>(null);

/** The stores of the page. @throws Error outside the app */
export function useStores(): Stores {
  const stores = useContext(StoresContext);
  if (!stores) throw new Error("rendered outside of the app");
  return stores;
}

/** The texts of the chosen language in a room. @throws Error before they are loaded, together with the room */
export function useRoomWords(): AllWords {
  const words = useStores().settings.roomWords.value;
  if (!words) throw new Error("rendered outside of a room");
  return words;
}

/** The texts of the chosen language. */
export function useWords(): Words {
  return useStores().settings.words.value;
}

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatError } from "../../client/errors.ts";
import type { Announced } from "../../client/frame.ts";
import type { Chat, EventOf } from "../../client/index.ts";
import { CLOSE } from "../../protocol/close.ts";
import type { SettingsKeys } from "../../protocol/kinds/moderation-event.ts";
import type { Keeps } from "../../protocol/welcome.ts";
import { readJson, type TextStorage } from "./browser-storage.ts";

const DISMISSED_KEY = "classic-chatbox.dismissed";
/** The number of announcements that stay dismissed, the newest. */
const DISMISSED_MAX = 100;
/** The longest time that a timer takes. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** What keeps the user from something: a mute, a kick or a ban. */
export interface Sanction {
  readonly kind: "mute" | "kick" | "ban";
  /** The id of the action, as far as it is known. */
  readonly action: string | null;
  readonly reason: string;
  /** The nickname of the moderator. */
  readonly moderator: string | null;
  /** When it ends, by the clock of this browser; null for never, undefined if that is not known. */
  readonly endsAt: number | null | undefined;
}

interface ModerationOptions {
  readonly storage: TextStorage;
  readonly now: () => number;
  /** What the user may do in the room. */
  readonly role: () => string;
  /** Runs a job later. @returns a function that cancels it */
  readonly later?: (job: () => void, ms: number) => () => void;
}

/** What moderators have set and done in the room, as far as it concerns the user. */
export class ModerationStore {
  readonly #options: ModerationOptions;
  readonly #settings = signal<SettingsKeys | null>(null);
  /** What is set in the room; null before the server has said so. */
  readonly settings: ReadonlySignal<SettingsKeys | null> = this.#settings;
  readonly #keeps = signal<Keeps | null>(null);
  readonly keeps: ReadonlySignal<Keeps | null> = this.#keeps;
  readonly #announcements = signal<readonly Announced[]>([]);
  readonly #dismissed = signal<readonly string[]>([]);
  /** The announcements in force that the user has not dismissed. */
  readonly announcements = computed(() =>
    this.#announcements.value.filter(({ action }) => !this.#dismissed.value.includes(action)),
  );
  readonly #isRaid = signal(false);
  readonly isRaid: ReadonlySignal<boolean> = this.#isRaid;
  readonly #waiting = signal({ reports: 0, held: 0 });
  /** How much waits for moderators. */
  readonly waiting: ReadonlySignal<{ readonly reports: number; readonly held: number }> = this.#waiting;
  readonly #muted = signal<Sanction | null>(null);
  /** The mute of the user. */
  readonly muted: ReadonlySignal<Sanction | null> = this.#muted;
  readonly #barred = signal<Sanction | null>(null);
  /** The ban or kick of the user. */
  readonly barred: ReadonlySignal<Sanction | null> = this.#barred;
  readonly #slowUntil = signal<number | null>(null);
  /** When the user may write again in slow mode, by `performance.now()`; perhaps in the past. */
  readonly slowUntil: ReadonlySignal<number | null> = this.#slowUntil;
  readonly #isProving = signal(false);
  /** Whether the browser solves a puzzle for the server, because too many newcomers come at once. */
  readonly isProving: ReadonlySignal<boolean> = this.#isProving;
  /** What a moderator has opened: what waits and what was done, or the list of commands. */
  readonly view = signal<"panel" | "help" | null>(null);
  /** Counts what the user has done as a moderator: what was loaded before is out of date. */
  readonly done = signal(0);
  readonly #timers = new Map<string, () => void>();

  constructor(options: ModerationOptions) {
    this.#options = options;
    this.syncTabs();
  }

  /** Whether the user is a moderator of the room. */
  get isModerator(): boolean {
    return /^(moderator|owner)$/.test(this.#options.role());
  }

  get isSlow(): boolean {
    return (this.#settings.value?.slowSeconds ?? 0) > 0;
  }

  get isOwner(): boolean {
    return this.#options.role() === "owner";
  }

  /** Whether the room's settings keep somebody with the user's role from writing. */
  get isReadOnly(): boolean {
    const writers = this.#settings.value?.writers;
    if (this.isModerator) return false;
    return writers === "moderators" || (writers === "members" && this.#options.role() === "visitor");
  }

  /** Whether only members may enter, and the user is none. */
  get needsMembership(): boolean {
    return this.#settings.value?.entry === "members" && this.#options.role() === "visitor";
  }

  /** Whether a password is asked for before the nickname. */
  get needsPassword(): boolean {
    return this.#settings.value?.entry === "password" && this.#options.role() === "visitor";
  }

  /** Continues with another chat. @returns functions that stop listening to it */
  follow(chat: Chat): (() => void)[] {
    this.#setMuted(null);
    return [
      chat.on("welcome", ({ settings, announcements, raid, keeps }) => {
        this.#settings.value = settings;
        this.#announcements.value = announcements;
        this.#isRaid.value = raid;
        this.#keeps.value = keeps;
        // If anything waits, the server says so next.
        this.#waiting.value = { reports: 0, held: 0 };
        for (const each of announcements) this.#endAnnouncement(each, each.until ?? null);
      }),
      chat.on("moderated", (event) => this.#moderated(event, chat)),
      chat.on("waiting", (waiting) => {
        this.#waiting.value = waiting;
      }),
      chat.on("proving", ({ state }) => {
        this.#isProving.value = state === "started";
      }),
      chat.on("sent", () => this.#slow(this.#settings.value?.slowSeconds ?? 0)),
      chat.on("slowed", ({ retryS }) => this.isSlow && this.#slow(retryS)),
      chat.on("nickname-lost", ({ error }) => this.refused(error)),
      chat.on("kept-out", ({ error }) => this.refused(error)),
      chat.on("entered", () => this.comeBack()),
      chat.on("state", ({ state }) => {
        const code = state.kind === "refused" ? state.code : null;
        const kind = code === CLOSE.banned.code ? "ban" : code === CLOSE.kicked.code ? "kick" : null;
        // Also by an address that somebody else has, so that no event was about the user.
        if (kind && !this.#barred.value)
          this.#barred.value = { kind, action: null, reason: "", moderator: null, endsAt: undefined };
      }),
    ];
  }

  /** Notes why the server has refused something. @returns whether the room's moderation is the reason */
  refused(error: ChatError): boolean {
    const { code } = error;
    const retryS = "retryS" in error && typeof error.retryS === "number" ? error.retryS : null;
    const until = "until" in error && typeof error.until === "number" ? error.until : null;
    // The server's sentence ends with the words of the moderator.
    const [, reason = ""] = /: (.*)$/s.exec(error.message) ?? [];
    const sanction = { action: null, reason, moderator: null, endsAt: until };
    if (code === "Muted" && !this.#muted.value) this.#setMuted({ ...sanction, kind: "mute" });
    if (code === "Banned" && this.#barred.value?.endsAt === undefined)
      this.#barred.value = { ...sanction, kind: this.#barred.value?.kind ?? "ban" };
    if (code === "SlowMode") this.#slow(retryS ?? 1);
    return /^(Muted|SlowMode|LinksNotAllowed|WordNotAllowed|KnownOnly|WritersOnly)$/.test(code);
  }

  /** The user is in the room again, or wants to be. */
  comeBack(): void {
    this.#barred.value = null;
  }

  /** Hides an announcement, in all tabs of this browser. */
  dismiss(action: string): void {
    this.syncTabs();
    this.#dismissed.value = [...this.#dismissed.value, action].slice(-DISMISSED_MAX);
    this.#options.storage.setItem(DISMISSED_KEY, JSON.stringify(this.#dismissed.value));
  }

  /** Takes over what other tabs have changed. */
  syncTabs(): void {
    const kept = readJson(this.#options.storage, DISMISSED_KEY);
    this.#dismissed.value = Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
  }

  #moderated(event: EventOf<"moderated">, chat: Chat): void {
    const { kind, action, undoes, person, reason, until, moderator, settings, time } = event;
    const isMe = person !== undefined && chat.isOwn({ by: person });
    const leftMs = until === undefined ? null : Math.max(0, until - time);
    const endsAt = leftMs === null ? null : this.#options.now() + leftMs;
    switch (kind) {
      case "mute":
      case "kick":
      case "ban": {
        const sanction = { kind, action, reason, moderator: moderator ?? null, endsAt };
        if (isMe && kind === "mute") this.#setMuted(sanction);
        else if (isMe) this.#barred.value = sanction;
        break;
      }
      case "undo":
        // One that only a refusal has told of may be this one. If not, the server refuses again.
        if (this.#muted.value && [undoes, null].includes(this.#muted.value.action)) this.#setMuted(null);
        this.#announcements.value = this.#announcements.value.filter((each) => each.action !== undoes);
        break;
      case "settings":
        if (settings) this.#settings.value = settings;
        break;
      case "raid":
      case "calm":
        this.#isRaid.value = kind === "raid";
        break;
      case "announce": {
        const announcement = { action, text: reason, until };
        this.#announcements.value = [...this.#announcements.value, announcement];
        this.#endAnnouncement(announcement, endsAt);
      }
    }
  }

  #setMuted(mute: Sanction | null): void {
    this.#muted.value = mute;
    this.#at("mute", mute?.endsAt ?? null, () => this.#setMuted(null));
  }

  #endAnnouncement({ action }: Announced, endsAt: number | null): void {
    this.#at(action, endsAt, () => {
      this.#announcements.value = this.#announcements.value.filter((each) => each.action !== action);
    });
  }

  /** Runs a job at a time, unless another one for the same purpose is set by then. */
  #at(purpose: string, time: number | null, job: () => void): void {
    this.#timers.get(purpose)?.();
    this.#timers.delete(purpose);
    if (time === null) return;
    const { now, later = runLater } = this.#options;
    const leftMs = time - now();
    const isLong = leftMs > TIMER_MAX_MS;
    const next = isLong ? () => this.#at(purpose, time, job) : job;
    this.#timers.set(purpose, later(next, Math.max(0, Math.min(leftMs, TIMER_MAX_MS))));
  }

  #slow(seconds: number): void {
    if (seconds > 0 && !this.isModerator) this.#slowUntil.value = performance.now() + seconds * 1000;
  }
}

function runLater(job: () => void, ms: number): () => void {
  const timer = setTimeout(job, ms);
  return () => clearTimeout(timer);
}

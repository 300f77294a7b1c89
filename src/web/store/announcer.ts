import { type ReadonlySignal, signal } from "@preact/signals";

const GATHER_MS = 1_000;
const ANNOUNCED_MAX = 3;
const LENGTH_MAX = 200;
const TOAST_MS = 4_000;

/** The time for a toast with something that the user can do. */
const ACTION_MS = 10_000;

/** A text to show or read out: a new object each time, even if the text is the same. */
export interface Announcement {
  readonly text: string;
  /** What the user can do about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Announces news to users of screen readers, in few words: a busy room must not talk without end. */
export class Announcer {
  readonly #announcement = signal<Announcement>({ text: "" });
  readonly announcement: ReadonlySignal<Announcement> = this.#announcement;
  readonly #toast = signal<Announcement>({ text: "" });
  /** A short message on what the user has just done, seen and heard for a moment. */
  readonly toast: ReadonlySignal<Announcement> = this.#toast;
  readonly #more: (count: number) => string;
  #gathered: { readonly sentence: string; readonly of: number | null }[] = [];
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param more phrases that there are more messages */
  constructor(more: (count: number) => string) {
    this.#more = more;
  }

  /** Shows a sentence as the {@link toast}. */
  showToast(sentence: string, action?: Announcement["action"]): void {
    clearTimeout(this.#toastTimer);
    this.#toast.value = { text: sentence, ...(action ? { action } : {}) };
    const hide = () => {
      this.#toast.value = { text: "" };
    };
    this.#toastTimer = setTimeout(hide, action ? ACTION_MS : TOAST_MS);
  }

  /**
   * Announces a sentence, together with others of the same second.
   *
   * @param of the id of the message that it is about
   */
  announce(sentence: string, of: number | null = null): void {
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
    if (++this.#count > ANNOUNCED_MAX) return;
    const cut = sentence.length > LENGTH_MAX ? `${sentence.slice(0, LENGTH_MAX)}…` : sentence;
    this.#gathered.push({ sentence: cut, of });
  }

  /** Forgets what it has announced, and is about to announce, of a message whose content is not what it was. */
  withdraw(id: number): void {
    this.#gathered = this.#gathered.filter(({ of }) => of !== id);
    this.#announcement.value = { text: "" };
  }

  #flush(): void {
    this.#timer = undefined;
    const rest = this.#count - this.#gathered.length;
    this.#announcement.value = {
      text: [...this.#gathered.map(({ sentence }) => sentence), ...(rest > 0 ? [this.#more(rest)] : [])].join(
        ". ",
      ),
    };
    this.#gathered = [];
    this.#count = 0;
  }
}

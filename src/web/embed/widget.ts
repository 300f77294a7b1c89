import { accentVariables } from "../../protocol/accent.ts";
import { fragmentOf } from "./look.ts";
import { CLOSE, HELLO, MESSAGE, READY, TOKEN, TOKEN_WANTED, UNREAD } from "./messages.ts";
import type { EmbedOptions } from "./options.ts";
import { STYLE } from "./style.ts";
import { embedWords } from "./words.ts";

/** What the host is told, and may listen to. */
export type EmbedEvent = "ready" | "unread" | "open" | "close" | "message";

/** In the state of a step of the host's history: the chat fills the screen, and Back closes it. */
const STEP = "classic-chatbox";
/** Where the panel fills the screen; the style sheet has the same. */
const SMALL_SCREEN = "(max-width: 640px), (max-height: 480px)";

const ICONS = {
  chat: "M4 5h16v11H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
};

/** The chat on a host's page: a button in the corner with a panel above it, or a panel in a place of the host's. */
export class Widget {
  /** The address of the chat's root. */
  readonly #root: URL;
  readonly #target: string | null;
  readonly #isInline: boolean;
  readonly #element = document.createElement("classic-chatbox");
  readonly #launcher = button("launcher", "chat");
  readonly #count = document.createElement("span");
  readonly #panel = document.createElement("div");
  readonly #close = button("close", "close");
  readonly #listeners = new Map<EmbedEvent, Set<(value: unknown) => void>>();
  #frame: HTMLIFrameElement | null = null;
  #options: EmbedOptions = {};
  #isOpen = false;
  #unread = 0;

  /** @param target selects the element in which the panel is to be; null for the corner */
  constructor(root: URL, target: string | null) {
    this.#root = root;
    this.#target = target;
    this.#isInline = target !== null;
    this.#element.toggleAttribute("data-inline", this.#isInline);
    const shadow = this.#element.attachShadow({ mode: "open" });
    // The host's policy may forbid style elements and attributes, but not this.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    this.#count.className = "count";
    this.#count.ariaHidden = "true";
    this.#launcher.append(this.#count);
    this.#launcher.onclick = () => (this.#isOpen ? this.close() : this.open());
    this.#close.onclick = () => this.close();
    shadow.append(this.#panel);
    if (!this.#isInline) {
      this.#panel.role = "dialog";
      this.#panel.append(this.#close);
      shadow.append(this.#launcher);
    }
    shadow.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent && event.key === "Escape" && this.#isOpen) this.close();
    });
    addEventListener("message", (message) => void this.#receive(message));
    addEventListener("popstate", () => {
      if (this.#isOpen && !isStep()) this.#hide();
    });
    this.#show(false);
  }

  /** Begins with what the script's element says. The chat stays as it was on the last page of this tab. */
  begin(options: EmbedOptions): void {
    // What the host has chosen by a call since then is newer.
    this.#choose({ ...options, ...this.#options });
    const place = this.#target === null ? document.body : document.querySelector(this.#target);
    place?.append(this.#element);
    const kept = this.#isInline ? null : this.#kept;
    if (this.#isInline || kept !== null) this.#load();
    if (kept === "open") this.#reveal();
  }

  /** Opens the chat, with other options if some are given, and takes the focus there. */
  open(options: EmbedOptions = {}): void {
    this.#choose(options);
    this.#load();
    if (this.#isInline) this.#element.scrollIntoView({ block: "nearest" });
    else if (!this.#isOpen) this.#reveal();
    this.#frame?.focus();
  }

  /** Changes options, such as the token when somebody has signed in or out. A chat that is loaded begins anew. */
  set(options: EmbedOptions): void {
    this.#choose(options);
    if (this.#frame === null) return;
    this.#frame.remove();
    this.#frame = null;
    this.#load();
  }

  /** Closes the chat. In a place of the host's it is always open. */
  close(): void {
    if (!this.#isOpen || this.#isInline) return;
    this.#hide();
    if (isStep()) history.back();
  }

  /** Calls a function on each event. @returns what ends that */
  on(event: EmbedEvent, listener: (value: unknown) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  #choose(options: EmbedOptions): void {
    this.#options = { ...this.#options, ...options };
    const { theme = "", accent = "" } = this.#options;
    this.#element.dataset.theme = theme;
    for (const [name, value] of Object.entries(accentVariables(accent)))
      this.#element.style.setProperty(name, value);
    this.#label();
  }

  /** Loads the page into the frame. With another address it begins anew. */
  #load(): void {
    const { room = "", theme = "", accent = "", title = "", lang = "", nickname = "", token } = this.#options;
    const address = new URL(room === "" ? "./" : `rooms/${encodeURIComponent(room)}`, this.#root);
    address.hash = fragmentOf({
      theme,
      accent,
      title,
      lang,
      nickname,
      login: token != null,
      button: !this.#isInline,
    });
    if (this.#frame?.src === address.href) return;
    this.#frame?.remove();
    const frame = document.createElement("iframe");
    frame.title = this.#title;
    frame.allow = "clipboard-write";
    if (this.#isInline) frame.loading = "lazy";
    frame.src = address.href;
    this.#frame = frame;
    this.#panel.prepend(frame);
  }

  #reveal(): void {
    this.#isOpen = true;
    this.#kept = "open";
    this.#show(true);
    if (matchMedia(SMALL_SCREEN).matches && !isStep())
      history.pushState({ ...(history.state as object | null), [STEP]: true }, "");
    this.#tell("open");
  }

  #hide(): void {
    const hasFocus = document.activeElement === this.#element;
    this.#isOpen = false;
    this.#kept = "closed";
    this.#show(false);
    if (hasFocus) this.#launcher.focus();
    this.#tell("close");
  }

  #show(isOpen: boolean): void {
    // The page in the frame stays as large as it is, so that it keeps its place.
    this.#panel.className = isOpen ? "panel open" : this.#isInline ? "panel" : "panel hidden";
    this.#launcher.ariaExpanded = String(isOpen);
  }

  #label(): void {
    const words = embedWords(this.#options.lang ?? "");
    const unread = this.#unread === 0 ? "" : `, ${words.unread(this.#unread)}`;
    this.#launcher.ariaLabel = `${this.#options.title ?? words.open}${unread}`;
    this.#close.ariaLabel = words.close;
    this.#panel.ariaLabel = this.#title;
    this.#count.textContent = this.#unread === 0 ? "" : this.#unread > 99 ? "99+" : String(this.#unread);
  }

  get #title(): string {
    return this.#options.title ?? embedWords(this.#options.lang ?? "").chat;
  }

  async #receive({ source, origin, data }: MessageEvent<unknown>): Promise<void> {
    const frame = this.#frame?.contentWindow;
    if (!frame || source !== frame || origin !== this.#root.origin) return;
    const { type, count, message } = Object(data);
    if (type === READY) {
      frame.postMessage({ type: HELLO, messages: this.#options.messages === true }, this.#root.origin);
      this.#tell("ready");
    } else if (type === UNREAD && typeof count === "number") {
      this.#unread = count;
      this.#label();
      this.#tell("unread", count);
    } else if (type === MESSAGE && this.#options.messages) this.#tell("message", message);
    else if (type === CLOSE) this.close();
    else if (type === TOKEN_WANTED) {
      const { token } = this.#options;
      // Without a token the page says by itself that one must sign in.
      const given = await (typeof token === "function" ? token() : token);
      if (given != null) frame.postMessage({ type: TOKEN, token: given }, this.#root.origin);
    }
  }

  #tell(event: EmbedEvent, value?: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }

  /** Whether the chat was open on the last page of this tab; null if it never was. */
  get #kept(): string | null {
    try {
      return sessionStorage.getItem(this.#root.href);
    } catch {
      return null;
    }
  }

  set #kept(state: string) {
    try {
      sessionStorage.setItem(this.#root.href, state);
    } catch {
      // Then the next page begins with a closed chat.
    }
  }
}

/** Whether the present step of the history is one in which the chat fills the screen. */
function isStep(): boolean {
  return Object(history.state)[STEP] === true;
}

function button(name: string, icon: keyof typeof ICONS): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.ariaHidden = "true";
  path.setAttribute("d", ICONS[icon]);
  picture.append(path);
  made.append(picture);
  return made;
}

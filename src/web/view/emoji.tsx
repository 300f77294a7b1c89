import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Catalog, type Emoji, textOf } from "../emoji/catalog.ts";
import { emojiCompleter } from "../emoji/completer.ts";
import { ENGLISH } from "../emoji/english.ts";
import { countEmoji, frequentEmoji } from "../emoji/frequent.ts";
import { type Place, placeAfter, rowsOf } from "../emoji/grid.ts";
import { TONES, type Tone, withTone } from "../emoji/tones.ts";
import { loadOnce } from "../page/parts.ts";
import type { Completer } from "../store/draft.ts";
import { EMOJI_WORDS } from "../words/emoji.ts";
import type { Language } from "../words/languages.ts";
import { lazy } from "./lazy.tsx";
import { type Stores, useStores } from "./stores.ts";
import { isForInputMethod } from "./text-field.ts";

/** The least size of what fingers touch, in CSS pixels, and the size in relation to the text. */
const CELL_LEAST = 44;
const CELL_EM = 2.75;
const HEADING_EM = 2.25;
/** How many rows are rendered at once when the user scrolls, and beyond each side of what is visible. */
const STEP = 4;

/** In the order of the groups. */
const GROUP_ICONS = ["😀", "👋", "🐻", "🍔", "🚗", "⚽", "💡", "🔣", "🏁"];

interface ListProps {
  readonly onPick: (emoji: string) => void;
}

interface Section {
  /** What stands for it among the groups. */
  readonly icon: string;
  readonly title: string;
  readonly emoji: readonly Emoji[];
}

/** Sizes in CSS pixels. */
interface Size {
  readonly columns: number;
  readonly cell: number;
  readonly heading: number;
  readonly height: number;
}

/** What is in the emoji picker. */
export function EmojiList(props: ListProps) {
  const { settings } = useStores();
  return settings.words.value.locale === "vi" ? <InVietnamese {...props} /> : <InEnglish {...props} />;
}

/** Emoji are found by their English words in every language: people know many of them by those. */
const CATALOGS: Readonly<Record<Language, () => Promise<Catalog>>> = {
  en: loadOnce(async () => new Catalog(ENGLISH)),
  vi: loadOnce(async () => {
    const { VIETNAMESE } = await import("../emoji/vietnamese.ts");
    return new Catalog(VIETNAMESE, ENGLISH);
  }),
};

const InEnglish = lazy(async () => pickerOf(await CATALOGS.en()));
const InVietnamese = lazy(async () => pickerOf(await CATALOGS.vi()));

/** Loads what completes the names of emoji in the language of the page. */
export async function loadEmojiCompleter({ settings }: Pick<Stores, "settings">): Promise<Completer> {
  const catalog = await CATALOGS[settings.words.peek().locale]();
  return emojiCompleter(catalog, () => TONES[settings.tone.peek() - 1] ?? "");
}

function pickerOf(catalog: Catalog) {
  return ({ onPick }: ListProps) => <Picker catalog={catalog} onPick={onPick} />;
}

function useEmojiWords() {
  return EMOJI_WORDS[useStores().settings.words.value.locale];
}

function Picker({ catalog, onPick }: ListProps & { readonly catalog: Catalog }) {
  const { settings, storage } = useStores();
  const words = useEmojiWords();
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const query = useSignal("");
  const size = useSignal<Size | null>(null);
  /** How far the list is scrolled, in whole steps of rows. */
  const top = useSignal(0);
  /** The one emoji that the Tab key leads to. */
  const active = useSignal<Place>({ section: 0, index: 0 });
  const isMoving = useRef(false);
  // As they were when the picker was opened: they must not change places under the pointer.
  const frequent = useMemo(() => frequentEmoji(storage).flatMap((text) => catalog.get(text) ?? []), []);
  const found = useMemo(
    () => (query.value.trim() === "" ? null : catalog.search(query.value)),
    [query.value],
  );
  const tone: Tone = TONES[settings.tone.value - 1] ?? "";

  const { columns, cell, heading, height } = size.value ?? FIRST_SIZE;
  const all: readonly Section[] = found
    ? [{ icon: "", title: words.results, emoji: found }]
    : [
        { icon: "🕘", title: words.frequent, emoji: frequent.slice(0, columns) },
        ...catalog.groups.map((emoji, at) => ({
          icon: GROUP_ICONS[at] ?? "",
          title: words.groups[at] ?? "",
          emoji,
        })),
      ];
  const sections = all.filter(({ emoji }) => emoji.length > 0);
  const heights = sections.map(({ emoji }) => heading + rowsOf(emoji.length, columns) * cell);
  const tops = heights.map((_, at) => heights.slice(0, at).reduce((sum, each) => sum + each, 0));

  useLayoutEffect(() => {
    const { current } = list;
    if (!current) return;
    const observer = new ResizeObserver(() => {
      size.value = sizeOf(current);
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  // The dialog opens in a layout effect, and gives the focus to its first control.
  useEffect(() => {
    // On a phone, its keyboard would cover half of the emoji.
    if (matchMedia("(pointer: fine)").matches) search.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    list.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus({ preventScroll: true });
  });

  const scrollTo = (px: number) => {
    if (list.current) list.current.scrollTop = px;
  };
  const goTo = (place: Place) => {
    const rowTop = (tops[place.section] ?? 0) + heading + Math.floor(place.index / columns) * cell;
    const seenFrom = list.current?.scrollTop ?? 0;
    // The heading stays above the rows.
    if (rowTop - heading < seenFrom) scrollTo(rowTop - heading);
    else if (rowTop + cell > seenFrom + height) scrollTo(rowTop + cell - height);
    isMoving.current = true;
    // A new object each time, so that the emoji gets the focus even if it had the Tab key's already.
    active.value = { ...place };
  };
  const pick = (emoji: Emoji | undefined) => {
    if (emoji === undefined) return;
    countEmoji(storage, emoji.text);
    onPick(textOf(emoji, tone));
  };
  const pressInList = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (altKey || metaKey || isForInputMethod(event)) return;
    const last = sections.length - 1;
    const place =
      ctrlKey && key === "Home"
        ? { section: 0, index: 0 }
        : ctrlKey && key === "End"
          ? { section: last, index: (sections[last]?.emoji.length ?? 1) - 1 }
          : placeAfter(
              key,
              active.value,
              sections.map(({ emoji }) => emoji.length),
              columns,
              Math.max(1, Math.floor((height - heading) / cell)),
            );
    if (place) {
      event.preventDefault();
      if (place === "above") search.current?.focus();
      else goTo(place);
    } else if (!ctrlKey && (key === "Backspace" || (key !== " " && [...key].length === 1)))
      // The key still does there what it does in any field.
      search.current?.focus();
  };

  return (
    <>
      <div class="emoji-tools">
        <input
          ref={search}
          type="text"
          inputMode="search"
          enterkeyhint="search"
          dir="auto"
          autocomplete="off"
          aria-label={words.search}
          placeholder={words.search}
          onInput={({ currentTarget }) => {
            query.value = currentTarget.value;
            active.value = { section: 0, index: 0 };
            scrollTo(0);
          }}
          onKeyDown={(event) => {
            if (isForInputMethod(event)) return;
            if (event.key === "ArrowDown" && sections.length > 0) goTo({ section: 0, index: 0 });
            else if (event.key === "Enter") pick(found?.[0]);
            else return;
            event.preventDefault();
          }}
        />
        <ToneChoice />
      </div>
      {found ? null : (
        <Groups
          sections={sections}
          current={tops.findLastIndex((each) => each <= top.value + cell)}
          jump={(section) => {
            active.value = { section, index: 0 };
            scrollTo(tops[section] ?? 0);
          }}
        />
      )}
      <p class={found?.length === 0 ? "muted" : "unseen"} role="status">
        {found ? (found.length === 0 ? words.none : words.found(found.length)) : ""}
      </p>
      <div
        ref={list}
        class="emoji-list"
        onScroll={({ currentTarget: { scrollTop } }) => {
          top.value = Math.floor(scrollTop / (STEP * cell)) * STEP * cell;
        }}
      >
        {size.value === null
          ? null
          : sections.map(({ title, emoji }, section) => (
              <Grid
                key={title}
                title={title}
                name={`emoji-${section}`}
                emoji={emoji}
                size={size.value ?? FIRST_SIZE}
                tone={tone}
                from={top.value - STEP * cell - (tops[section] ?? 0)}
                to={top.value + height + 2 * STEP * cell - (tops[section] ?? 0)}
                active={active.value.section === section ? active.value.index : null}
                activate={(index) => {
                  active.value = { section, index };
                }}
                pick={pick}
                press={pressInList}
              />
            ))}
      </div>
    </>
  );
}

const FIRST_SIZE: Size = { columns: 1, cell: CELL_LEAST, heading: CELL_LEAST, height: 0 };

function sizeOf(list: HTMLElement): Size {
  const { fontSize, paddingInlineStart, paddingInlineEnd } = getComputedStyle(list);
  const em = Number.parseFloat(fontSize);
  const cell = Math.max(CELL_LEAST, Math.round(CELL_EM * em));
  const width =
    list.clientWidth - Number.parseFloat(paddingInlineStart) - Number.parseFloat(paddingInlineEnd);
  const columns = Math.max(1, Math.floor(width / cell));
  return { columns, cell, heading: Math.round(HEADING_EM * em), height: list.clientHeight };
}

interface GridProps extends Omit<Section, "icon"> {
  /** The beginning of the ids of its elements. */
  readonly name: string;
  readonly size: Size;
  readonly tone: Tone;
  /** Which part is rendered, in CSS pixels from its beginning. */
  readonly from: number;
  readonly to: number;
  /** The index of the emoji that the Tab key leads to, if it is here. */
  readonly active: number | null;
  readonly activate: (index: number) => void;
  readonly pick: (emoji: Emoji) => void;
  readonly press: (event: KeyboardEvent) => void;
}

/** The emoji of a section. Only rows near the visible part are in the document, and the one that has the focus. */
function Grid({ title, name, emoji, size, tone, from, to, active, activate, pick, press }: GridProps) {
  const { columns, cell, heading } = size;
  const count = rowsOf(emoji.length, columns);
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => {
    const rowTop = heading + row * cell;
    const isActive = active !== null && Math.floor(active / columns) === row;
    return isActive || (rowTop + cell > from && rowTop < to);
  });
  return (
    <section style={{ height: `${heading + count * cell}px` }}>
      <h3 id={name} style={{ height: `${heading}px` }}>
        {title}
      </h3>
      {rows.length === 0 ? null : (
        // biome-ignore lint/a11y/useSemanticElements: a table has its cells laid out by rules of its own
        <div role="grid" aria-labelledby={name} aria-rowcount={count} onKeyDown={press}>
          {rows.map((row) => (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: the focus is on a cell
            <div
              key={row}
              role="row"
              aria-rowindex={row + 1}
              style={{
                height: `${cell}px`,
                insetBlockStart: `${heading + row * cell}px`,
                gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              }}
            >
              {emoji.slice(row * columns, (row + 1) * columns).map((each, column) => (
                // biome-ignore lint/a11y/useSemanticElements: as above
                <button
                  key={each.text}
                  type="button"
                  role="gridcell"
                  translate={false}
                  tabIndex={row * columns + column === active ? 0 : -1}
                  aria-label={each.name}
                  title={each.name}
                  onFocus={() => activate(row * columns + column)}
                  onClick={() => pick(each)}
                >
                  {textOf(each, tone)}
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

/** Buttons that lead to the sections. */
function Groups({
  sections,
  current,
  jump,
}: {
  readonly sections: readonly Section[];
  readonly current: number;
  readonly jump: (section: number) => void;
}) {
  const words = useEmojiWords();
  const press = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button.matches(":focus"));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons.at(to % buttons.length)?.focus();
  };
  return (
    <div class="emoji-groups" role="toolbar" aria-label={words.jump} onKeyDown={press}>
      {sections.map(({ title, icon }, at) => (
        <button
          key={title}
          type="button"
          translate={false}
          tabIndex={at === Math.max(0, current) ? 0 : -1}
          aria-label={title}
          aria-current={at === current}
          title={title}
          onClick={() => jump(at)}
        >
          {icon}
        </button>
      ))}
    </div>
  );
}

/** The skin tone of all emoji that can have one. */
function ToneChoice() {
  const { settings } = useStores();
  const words = useEmojiWords();
  return (
    <select
      aria-label={words.tone}
      title={words.tone}
      value={settings.tone.value}
      onChange={({ currentTarget }) => {
        settings.tone.value = Number(currentTarget.value);
      }}
    >
      {(["", ...TONES] as const).map((tone, at) => (
        <option key={tone} value={at}>
          {`${withTone("✋", tone)} ${words.tones[at]}`}
        </option>
      ))}
    </select>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { setRoom } from "../../client/moderation.ts";
import { roomLike } from "../../protocol/room-like.ts";
import { COUNTED_MESSAGES_MAX, type ListedRoom } from "../../protocol/room-list.ts";
import { CHAT_ROOT } from "../page/address.ts";
import { fetchRooms, isRoomThere } from "../store/room-list.ts";
import { forgetVisit, type Visit, visitsIn } from "../store/visits.ts";
import { errorOf } from "../text/failure.ts";
import { ROOMS_WORDS } from "../words/rooms.ts";
import { Icon } from "./icon.tsx";
import { useStores, useWords } from "./stores.ts";
import { leaveToInputMethod } from "./text-field.ts";

/** What is typed becomes the title of a room that is made. */
const TITLE_MAX = 100;
/** How often it is asked what is new in the rooms that were visited. */
const NEWS_EVERY_MS = 30_000;
/** The highest number that is shown: what was counted as more may be any number. */
const SHOWN_MOST = COUNTED_MESSAGES_MAX - 1;

function useRoomsWords() {
  return ROOMS_WORDS[useStores().settings.words.value.locale];
}

/** The address of the page of a room. @param path inside the chat */
function pageOf(path: string): string {
  return CHAT_ROOT + path.slice(1);
}

/** Leads to other rooms: by their name, to those visited last, and to those that are listed. */
export function Rooms() {
  const { room, storage } = useStores();
  const words = useRoomsWords();
  const pageWords = useWords();
  const list = useSignal<readonly ListedRoom[] | "loading" | "failed">("loading");
  const visits = useSignal<readonly Visit[]>([]);
  const unread = useSignal<ReadonlyMap<string, number>>(new Map());
  const heading = useRef<HTMLHeadingElement>(null);
  // Other tabs go on reading, and so what has been read is looked up each time.
  const visitsElsewhere = () => visitsIn(storage).filter(({ path }) => path !== room.path);
  const fetchNews = async () => {
    const news = await fetchRooms(CHAT_ROOT, visitsElsewhere());
    unread.value = news.unread;
    return news.listed;
  };
  const load = async () => {
    list.value = "loading";
    list.value = await fetchNews().catch(() => "failed" as const);
  };
  useEffect(() => {
    visits.value = visitsElsewhere();
    void load();
    // The list stays as it was opened: nothing moves away from under a finger.
    const timer = setInterval(() => fetchNews().catch(() => {}), NEWS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const forget = (...paths: readonly string[]) => {
    for (const path of paths) forgetVisit(storage, path);
    visits.value = visits.value.filter(({ path }) => !paths.includes(path));
    // The button that had the focus is gone.
    heading.current?.focus();
  };
  const listed = typeof list.value === "string" ? [] : list.value;
  const listedAt = (path: string) => listed.find((each) => each.path === path);
  const visited = new Set(visits.value.map(({ path }) => path));
  const others = listed.filter(({ path }) => !visited.has(path)).map(({ path }) => path);
  // It exists in every chat, and need not be listed to be found.
  if (!visited.has("/") && !others.includes("/")) others.unshift("/");
  return (
    <>
      <GoTo />
      {visits.value.length > 0 ? (
        <section>
          <h3>{words.visited}</h3>
          <ul class="room-list">
            {visits.value.map(({ path }) => (
              <li key={path}>
                <RoomLink path={path} listed={listedAt(path)} unread={unread.value.get(path)} />
                <ForgetButton path={path} title={listedAt(path)?.title} forget={() => forget(path)} />
              </li>
            ))}
          </ul>
          {visits.value.length > 1 ? (
            <button type="button" class="quiet" onClick={() => forget(...visited)}>
              {words.forgetAll}
            </button>
          ) : null}
        </section>
      ) : null}
      <section>
        <h3 ref={heading} tabIndex={-1}>
          {visits.value.length > 0 ? words.others : words.listed}
        </h3>
        <ul class="room-list">
          {others.map((path) => (
            <li key={path}>
              <RoomLink path={path} listed={listedAt(path)} />
            </li>
          ))}
        </ul>
        <p class="muted" role="status">
          {list.value === "loading" ? pageWords.loadingPart : null}
          {list.value === "failed" ? words.failed : null}
          {typeof list.value !== "string" && others.every((path) => path === "/") ? words.none : null}
        </p>
        {list.value === "failed" ? (
          <button type="button" onClick={load}>
            {pageWords.retry}
          </button>
        ) : null}
      </section>
    </>
  );
}

function GoTo() {
  const { person, moderation } = useStores();
  const words = useRoomsWords();
  const refusal = useSignal("");
  /** A room that does not exist, and what it was called. */
  const missing = useSignal<{ readonly name: string; readonly title: string } | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const refuse = (sentence: string) => {
    refusal.value = sentence;
    field.current?.focus();
  };
  const go = async () => {
    const text = field.current?.value ?? "";
    refusal.value = "";
    missing.value = null;
    const name = roomLike(text);
    if (name === undefined) return refuse(words.rule);
    const page = pageOf(`/rooms/${name}`);
    if (await isRoomThere(page)) location.assign(page);
    else {
      missing.value = { name, title: text.trim() };
      refuse(words.missing(name));
    }
  };
  const make = async ({ name, title }: { readonly name: string; readonly title: string }) => {
    const error = await errorOf(person.chat ? setRoom(person.chat, { title }, { room: name }) : undefined);
    if (!error) location.assign(pageOf(`/rooms/${name}`));
    else refuse(error.code === "NotAllowed" ? words.mayNotMake : words.makeFailed);
  };
  return (
    <form
      class="go-to"
      onSubmit={(event) => {
        event.preventDefault();
        void go();
      }}
    >
      <label class="field">
        <span>{words.field}</span>
        <input
          ref={field}
          type="text"
          maxLength={TITLE_MAX}
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
          aria-invalid={refusal.value !== ""}
          aria-describedby="room-refusal"
          onKeyDown={leaveToInputMethod}
        />
      </label>
      <button type="submit">{words.go}</button>
      <p id="room-refusal" class="refusal" role="alert">
        {refusal.value}
      </p>
      {missing.value !== null && moderation.isModerator ? (
        <button type="button" class="make-room" onClick={() => missing.value && void make(missing.value)}>
          {words.make(missing.value.name)}
        </button>
      ) : null}
    </form>
  );
}

/** What a room is called: by its title, or else by its name in the path. */
function useRoomName(path: string, title = ""): string {
  const words = useWords();
  return title || (path === "/" ? words.mainRoom : words.room(path.slice("/rooms/".length)));
}

interface RoomLinkProps {
  readonly path: string;
  readonly listed: ListedRoom | undefined;
  /** How many messages were not read there, as far as known. */
  readonly unread?: number | undefined;
}

function RoomLink({ path, listed, unread = 0 }: RoomLinkProps) {
  const { room } = useStores();
  const words = useRoomsWords();
  const name = useRoomName(path, listed?.title);
  const isHere = path === room.path;
  const facts = [
    isHere ? words.here : "",
    listed ? words.people(listed.online) : "",
    listed ? words.entry[listed.entry] : "",
  ];
  return (
    <a href={pageOf(path)} aria-current={isHere ? "page" : undefined}>
      <span class="room-name">
        <bdi>{name}</bdi>
        {unread > 0 ? <Unread count={unread} /> : null}
      </span>
      <span class="muted room-facts">{facts.filter((fact) => fact !== "").join(" · ")}</span>
      {listed?.topic ? (
        <span class="muted room-topic" dir="auto">
          {listed.topic}
        </span>
      ) : null}
    </a>
  );
}

function Unread({ count }: { readonly count: number }) {
  const words = useRoomsWords();
  const [shown, label] =
    count > SHOWN_MOST ? [`${SHOWN_MOST}+`, words.moreUnread(SHOWN_MOST)] : [count, words.unread(count)];
  return (
    <span class="badge room-unread" role="img" aria-label={label} title={label}>
      {shown}
    </span>
  );
}

interface ForgetButtonProps {
  readonly path: string;
  readonly title: string | undefined;
  readonly forget: () => void;
}

function ForgetButton({ path, title, forget }: ForgetButtonProps) {
  const words = useRoomsWords();
  const label = words.forget(useRoomName(path, title));
  return (
    <button type="button" class="quiet round" aria-label={label} title={label} onClick={forget}>
      <Icon name="close" />
    </button>
  );
}

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { countEmoji, frequentEmoji } from "../emoji/frequent.ts";
import { copyLink, copyText, hashOf } from "../page/address.ts";
import { focusOn } from "../page/lifecycle.ts";
import type { FailedEdit } from "../store/changes.ts";
import { failureWords } from "../text/failure.ts";
import { ACTION_WORDS } from "../words/actions.ts";
import { Choice, Choices, type MenuIcon, moveFocus } from "./menu.tsx";
import { PersonChoices } from "./person-choices.tsx";
import { RoomIcon } from "./room-icon.tsx";
import { type Stores, useRoomWords, useStores } from "./stores.ts";
import { timesOf } from "./times.ts";

/** What people react with before they have chosen emoji of their own. */
const USUAL = ["👍", "❤️", "😂", "😮", "😢"];

interface MenuProps {
  readonly message: Message;
  /** Who has reacted, a line for each emoji. */
  readonly reactors: readonly string[];
  readonly close: () => void;
}

/** What can be done with a message. */
export function ActionsMenu({ message, reactors, close }: MenuProps) {
  const { room, draft, settings, storage, announcer, acting } = useStores();
  const pageWords = useRoomWords();
  const words = ACTION_WORDS[settings.words.value.locale];
  const menu = useRef<HTMLDivElement>(null);
  const { changes } = room;
  const { id } = message;
  const shown = changes.shown(message);
  useEffect(() => menu.current?.querySelector("button")?.focus(), []);
  if (id === null || shown.deleted) return null;
  const quick = [...new Set([...frequentEmoji(storage), ...USUAL])].slice(0, USUAL.length);
  const act = (job: () => void) => () => {
    close();
    job();
  };
  const copy = (job: () => Promise<boolean>, done: string, failed: string) => async () => {
    const isDone = await job();
    close();
    announcer.showToast(isDone ? done : failed);
  };
  const actions: readonly (readonly [icon: MenuIcon, text: string, job: () => void])[] = [
    ["reply", words.reply, act(() => draft.replyTo(id))],
    ...(changes.mayEdit(message)
      ? [["edit", words.edit, act(() => draft.edit(id, shown.content))] as const]
      : []),
    [
      "copy",
      words.copyText,
      copy(() => copyAnywhere(shown.content, menu.current), words.textCopied, words.textNotCopied),
    ],
    [
      "link",
      words.copyLink,
      copy(() => copyLink(hashOf(message)), pageWords.linkCopied, pageWords.linkNotCopied),
    ],
    ...(changes.mayDelete(message) ? [["delete", words.delete, act(() => changes.delete(id))] as const] : []),
  ];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it
    <div ref={menu} class="actions-menu" onKeyDown={moveFocus}>
      <div class="quick">
        {quick.map((emoji) => (
          <button
            key={emoji}
            type="button"
            class="quiet emoji"
            translate={false}
            aria-pressed={changes.hasReacted(shown, emoji)}
            onClick={act(() => {
              if (!changes.hasReacted(shown, emoji)) countEmoji(storage, emoji);
              changes.react(message, emoji);
            })}
          >
            {emoji}
          </button>
        ))}
        <button
          type="button"
          class="quiet"
          aria-label={words.more}
          title={words.more}
          onClick={() => {
            acting.value = { kind: "react", id };
          }}
        >
          <RoomIcon name="react" />
        </button>
      </div>
      <Choices>
        {actions.map(([icon, text, job]) => (
          <Choice key={icon} icon={icon} text={text} onClick={job} isGrave={icon === "delete"} />
        ))}
        {room.isOwn(message) ? null : (
          <PersonChoices subject={{ name: message.name, by: message.by, target: { of: id } }} close={close} />
        )}
      </Choices>
      {/* What a pointer is told by hovering over it. */}
      <p class="when muted">
        {message.time === null ? message.timestamp : timesOf(settings).value.full(message.time)}
        {room.isOwn(message) ? ` · ${pageWords.sent} ✓` : ""}
      </p>
      {reactors.length > 0 ? (
        <ul class="reactors muted" aria-label={words.reactions}>
          {reactors.map((line) => (
            <li key={line} translate={false}>
              {line}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** Copies a text also where the page may not write to the clipboard: by an obsolete command, which all browsers have. */
async function copyAnywhere(text: string, inside: HTMLElement | null): Promise<boolean> {
  if (await copyText(text)) return true;
  const field = document.createElement("textarea");
  field.className = "unseen";
  field.value = text;
  // Nothing outside the open dialog can be selected.
  inside?.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}

/** Copies a part of a message, and says so. @param button what was pressed */
export async function copyPart(
  text: string,
  button: HTMLElement,
  { settings, announcer }: Pick<Stores, "settings" | "announcer">,
): Promise<void> {
  const words = ACTION_WORDS[settings.words.peek().locale];
  const isCopied = await copyAnywhere(text, button.parentElement);
  focusOn(button);
  announcer.showToast(isCopied ? words.textCopied : words.textNotCopied);
}

/** In the place of a message that is about to be deleted. */
export function Undo({ id }: { readonly id: number }) {
  const { room, announcer } = useStores();
  const words = useRoomWords();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    if (room.changes.justDeleted === id) {
      announcer.announce(words.change.deleted);
      focusOn(current);
    }
    room.changes.justDeleted = null;
    const row = current?.closest("article");
    return () => {
      if (!current || document.activeElement !== current) return;
      // The focus must not vanish with the button: it goes on to the message, or to the log if that is deleted.
      queueMicrotask(() =>
        focusOn(row?.querySelector<HTMLElement>(".more") ?? row?.closest<HTMLElement>(".log")),
      );
    };
  }, []);
  return (
    <p class="gone">
      {words.change.deleted}
      <button ref={button} type="button" class="quiet" onClick={() => room.changes.undo(id)}>
        {words.change.undo}
      </button>
    </p>
  );
}

/** An edit that was refused, with what becomes of its text. */
export function EditFailed({ message, failed }: { readonly message: Message; readonly failed: FailedEdit }) {
  const { room, draft } = useStores();
  const words = useRoomWords();
  const { id, content } = message;
  if (id === null) return null;
  const mayEdit = room.changes.mayEdit(message);
  const take = () => {
    room.changes.dismiss(id);
    if (mayEdit) draft.edit(id, content, failed.content);
    else draft.add(failed.content);
  };
  return (
    <p class="state refusal">
      <span>{words.changeFailed.edit(failureWords(failed.failure, words))}</span>
      <button type="button" class="quiet" onClick={take}>
        {mayEdit ? words.change.editAgain : words.change.asNew}
      </button>
      <button type="button" class="quiet" onClick={() => room.changes.dismiss(id)}>
        {words.change.discard}
      </button>
    </p>
  );
}

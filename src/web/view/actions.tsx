import { useEffect, useRef } from "preact/hooks";
import type { Message } from "../../client/index.ts";
import { frequentEmoji } from "../emoji/frequent.ts";
import { copyLink, copyText } from "../page/clipboard.ts";
import { ACTION_WORDS } from "../words/actions.ts";
import { Icon, type IconName } from "./icon.tsx";
import { hashOf } from "./message.tsx";
import { useReactors } from "./reactions.tsx";
import { useStores, useWords } from "./stores.ts";

/** What people react with before they have chosen emoji of their own. */
const USUAL = ["👍", "❤️", "😂", "😮", "😢"];

interface MenuProps {
  readonly message: Message;
  readonly close: () => void;
}

/** What can be done with a message. */
export function ActionsMenu({ message, close }: MenuProps) {
  const { room, draft, settings, storage, announcer, acting } = useStores();
  const pageWords = useWords();
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
  const actions: readonly (readonly [icon: IconName, text: string, job: () => void])[] = [
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
            onClick={act(() => changes.react(message, emoji))}
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
          <Icon name="react" />
        </button>
      </div>
      <div class="choices-of-actions">
        {actions.map(([icon, text, job]) => (
          <button key={icon} type="button" class={`quiet ${icon}`} onClick={job}>
            <Icon name={icon} />
            {text}
          </button>
        ))}
      </div>
      {shown.reactions ? (
        <ul class="reactors muted" aria-label={words.reactions}>
          {shown.reactions.map((reaction) => (
            <Reactors key={reaction.emoji} message={shown} reaction={reaction} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Reactors(props: {
  readonly message: Message;
  readonly reaction: NonNullable<Message["reactions"]>[number];
}) {
  return <li translate={false}>{useReactors(props.message, props.reaction)}</li>;
}

/** The arrow keys go from one button to the next, as they do in menus. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((button) => button.matches(":focus"));
  const next = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: -1,
  };
  const to = next[event.key as keyof typeof next];
  if (to === undefined) return;
  event.preventDefault();
  buttons.at(to % buttons.length)?.focus();
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

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { CONTENT_MAX } from "../../protocol/limits.ts";
import { focusOn } from "../page/lifecycle.ts";
import { type CommandNote, DRAFT_MAX, type Editing } from "../store/draft.ts";
import { failureWords } from "../text/failure.ts";
import { Avatar } from "./avatar.tsx";
import { useSecondsUntil } from "./connection.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";
import { Icon } from "./icon.tsx";
import { loadCommands } from "./load-commands.ts";
import { loadModerator } from "./load-moderator.ts";
import { askedNickname, NICK, takeNickname, withNick } from "./nick.ts";
import { Nickname, nicknameElements } from "./nickname.tsx";
import { QuoteText } from "./quote.tsx";
import { RoomIcon } from "./room-icon.tsx";
import { type Stores, useRoomWords, useStores } from "./stores.ts";
import { isForInputMethod, retype } from "./text-field.ts";

export { DraftStore } from "../store/draft.ts";

/** The field in which the user writes a message. */
export function Composer() {
  const stores = useStores();
  const { room, draft, moderation, person, settings } = stores;
  const words = useRoomWords();
  const sendsByEnter = settings.enterSends.value ?? !matchMedia(TOUCH).matches;
  const field = useRef<HTMLTextAreaElement>(null);
  const fault = useSignal("");
  /** Counts the failed attempts to send, so that the error is announced each time. */
  const tries = useSignal(0);
  const isFocused = useSignal(false);
  const isPicking = useSignal(false);
  /** Whether the edit was emptied and saved, so that it is asked whether to delete the message. */
  const isEmptied = useSignal(false);
  const slowFor = useSecondsUntil(moderation.slowUntil).value;
  const editing = draft.editing.value;
  const doing = editing
    ? words.composer.save
    : slowFor > 0
      ? `${words.composer.send} ${slowFor}`
      : words.composer.send;
  const hasTarget = editing !== null || draft.reply.value !== null;
  /** The emoji to insert once the picker is closed: as long as it is open, the field cannot have the focus. */
  const picked = useRef("");
  const names = isFocused.value ? draft.suggestions.value : [];
  /** Whether a key is down that the keyboard identifies only as changing the text. */
  const isUnnamedKey = useRef(false);
  // In some browsers, setting the selection would focus the field.
  const putCaret = () => {
    const { current } = field;
    if (current && document.activeElement === current)
      current.setSelectionRange(draft.caret.value, draft.caret.value);
  };
  // The text also changes when a mention is chosen and when the message is sent.
  const show = () => {
    const { current } = field;
    if (current && current.value !== draft.text.value) retype(current, draft.text.value, draft.caret.value);
  };
  useLayoutEffect(() => {
    // An undo must not put the draft into an edit, or an edit into the draft.
    if (field.current) field.current.value = draft.text.value;
    putCaret();
    fault.value = "";
    isEmptied.value = false;
  }, [editing]);
  // Also when an edit or a reply begins or is cancelled: at once, before the next key is pressed. If the menu closes only after
  // this, and gives the focus back to what opened it, once more.
  const takeFocus = () => {
    if (document.activeElement === field.current) return;
    focusOn(field.current);
    putCaret();
  };
  useLayoutEffect(takeFocus, [editing, draft.reply.value, draft.focused.value]);
  useEffect(takeFocus, [editing, draft.reply.value, draft.focused.value]);
  useLayoutEffect(show, [draft.text.value]);
  useLayoutEffect(() => grow(field.current), [draft.text.value]);
  useLayoutEffect(() => {
    const { current } = field;
    if (isPicking.value || picked.current === "" || !current) return;
    focusOn(current);
    const { value, selectionStart, selectionEnd } = current;
    const before = value.slice(0, selectionStart) + picked.current;
    picked.current = "";
    draft.write(before + value.slice(selectionEnd), before.length);
    show();
  }, [isPicking.value]);

  const read = () => {
    if (!field.current) return;
    const { value, selectionStart } = field.current;
    if (value !== draft.text.value || selectionStart !== draft.caret.value)
      draft.write(value, selectionStart);
  };
  const say = (what: string) => {
    tries.value++;
    fault.value = what;
  };
  useSignalEffect(() => {
    const refusal = draft.refusal.value;
    if (refusal) say(failureWords(refusal, words));
  });
  const isOrder = (text: string) => moderation.isModerator && COMMAND.test(text);
  // What completes commands is loaded before it is needed.
  const isCommand = useComputed(() => COMMAND.test(draft.text.value)).value;
  // So is what completes emoji, which is large.
  const isEmoji = useComputed(() => EMOJI.test(draft.text.value.slice(0, draft.caret.value))).value;
  useEffect(() => {
    if (isEmoji)
      loadEmojiCompleter(stores).then(
        (completer) => draft.setEmojiCompleter(completer),
        () => {},
      );
  }, [isEmoji]);
  const { isModerator } = moderation;
  const loadBots = async () => {
    const bots = await loadCommands();
    return { bots, asked: person.chat ? bots.refresh(person.chat) : undefined };
  };
  useEffect(() => {
    if (!isCommand) return;
    Promise.all([loadBots(), isModerator ? loadModerator() : null]).then(
      ([{ bots }, moderator]) => {
        const own = moderator?.completeCommand ?? null;
        draft.setCompleter(bots.completer(withNick(own, words.rename, () => bots.has(NICK))));
      },
      () => {},
    );
  }, [isCommand, isModerator]);
  /** Whether somebody has written to a program, whose commands may not have come yet. */
  const isForBots = async (content: string) => {
    const loaded = await loadBots().catch(() => null);
    await loaded?.asked;
    return loaded?.bots.has(content) === true;
  };
  const send = async (content: string) => {
    const isEscaped = content.startsWith("//");
    const nickname = askedNickname(content);
    const isNick = nickname !== undefined && !(await isForBots(content));
    const moderator =
      !isNick && isOrder(content) && !isEscaped ? await loadModerator().catch(() => null) : undefined;
    if (moderator === null) return say(words.loadFailed);
    if (isNick) {
      const wrong = await takeNickname(nickname, stores);
      if (wrong !== null) return say(wrong);
    } else if (moderator && (moderator.isOwnCommand(content) || !(await isForBots(content)))) {
      const wrong = await moderator.runCommand(content, stores);
      if (wrong !== null) return say(wrong);
    } else if (slowFor > 0) return say(words.failure.slow(slowFor));
    else {
      // Enter was pressed again meanwhile.
      if (moderator && draft.text.value !== content) return;
      const isWritten = isOrder(content) || askedNickname(content.slice(1)) !== undefined;
      room.send(isWritten && isEscaped ? content.slice(1) : content, draft.reply.value ?? undefined);
    }
    // Unless the user has gone on writing meanwhile.
    if (draft.text.value !== content) return;
    draft.write("", 0);
    draft.reply.value = null;
    field.current?.removeAttribute("data-long");
  };
  const save = ({ id, content: before }: Editing, content: string) => {
    draft.stopEditing();
    if (content !== before) room.changes.edit(id, content);
  };
  const deleteIt = ({ id }: Editing) => {
    draft.stopEditing();
    room.changes.delete(id);
  };
  const cancel = () => {
    if (draft.editing.value) draft.stopEditing();
    else draft.reply.value = null;
  };
  const submit = () => {
    read();
    const content = draft.text.value;
    isEmptied.value = editing !== null && content.trim() === "";
    if (isEmptied.value) say(words.composer.empty);
    if (content.trim() === "") return;
    const wrong = draft.fault;
    say(
      wrong === null
        ? ""
        : wrong.kind === "long"
          ? words.composer.long(wrong.length, CONTENT_MAX)
          : words.composer.broken,
    );
    if (wrong === null && editing) save(editing, content);
    else if (wrong === null) void send(content);
    focusOn(field.current);
    show();
  };
  const isCompleting = () => names.length > 0 && draft.isCompleting(room.mentions.value);
  const enter = () => (isCompleting() ? draft.accept() : submit());
  /** Whether Enter does something other than to break the line. */
  const isEnterOurs = () => sendsByEnter || isCompleting();
  const editLast = () => {
    const last = room.lastEditable;
    if (last?.id != null) draft.edit(last.id, last.content);
  };
  const press = (event: KeyboardEvent) => {
    isUnnamedKey.current = event.keyCode === 229 && !event.shiftKey;
    if (isForInputMethod(event)) return;
    const act = names.length > 0 ? completionKey(event, draft) : undefined;
    if (act) act();
    else if (event.key === "Enter" && (isModified(event) || (!event.shiftKey && isEnterOurs()))) enter();
    else if (event.key === "Escape" && hasTarget) cancel();
    else if (event.key === "ArrowUp" && draft.text.value === "" && !editing) editLast();
    else return;
    event.preventDefault();
  };
  const change = (event: InputEvent & { readonly currentTarget: HTMLTextAreaElement }) => {
    const { inputType, data, isComposing, currentTarget } = event;
    const { value, selectionStart, selectionEnd } = currentTarget;
    // Browsers freeze over a megabyte of text.
    if (data && value.length - (selectionEnd - selectionStart) + data.length > DRAFT_MAX) {
      event.preventDefault();
      say(words.composer.long([...value, ...data].length, CONTENT_MAX));
      return;
    }
    noteLength(currentTarget, data);
    // On a keyboard that does not identify its keys, Enter is recognised by its effect.
    const isBreak =
      /^insert(?:LineBreak|Paragraph)$/.test(inputType) || (inputType === "insertText" && data === "\n");
    if (!isBreak || !isUnnamedKey.current || isComposing || !isEnterOurs()) return;
    enter();
    event.preventDefault();
  };

  return (
    <>
      <form
        class="composer"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Typing />
        <Suggestions
          names={names}
          leave={() => {
            isFocused.value = false;
          }}
          goBack={() => field.current?.focus()}
        />
        {hasTarget ? <Target cancel={cancel} /> : null}
        <div class="composer-field">
          <textarea
            ref={field}
            id="message"
            rows={1}
            enterkeyhint={sendsByEnter ? "send" : "enter"}
            aria-label={words.composer.label}
            placeholder={words.composer.placeholder}
            aria-describedby={`${hasTarget ? "composer-target " : ""}composer-hint composer-fault`}
            aria-invalid={fault.value !== ""}
            aria-autocomplete="list"
            aria-controls={names.length > 0 ? "suggestions" : undefined}
            aria-activedescendant={names.length > 0 ? `suggestion-${draft.chosen.value}` : undefined}
            defaultValue={draft.text.peek()}
            onInput={({ inputType }) => {
              // Not for a text that the page itself has put there.
              if (field.current?.value !== draft.text.value) {
                fault.value = "";
                draft.refusal.value = null;
              }
              isEmptied.value = false;
              // The text that an undo restores is selected, and would be replaced by the next character typed.
              if (inputType === "historyUndo")
                field.current?.setSelectionRange(field.current.selectionEnd, field.current.selectionEnd);
              read();
              if (draft.text.value !== "" && !editing && !isCommand) room.sendTyping();
            }}
            onSelect={read}
            onKeyDown={press}
            onKeyUp={() => {
              isUnnamedKey.current = false;
              read();
            }}
            onClick={read}
            onBeforeInput={change}
            onFocus={() => {
              isFocused.value = true;
            }}
            onBlur={({ relatedTarget }) => {
              isFocused.value = relatedTarget instanceof Element && relatedTarget.id === "suggestions";
            }}
          />
          <button
            type="button"
            class="quiet round"
            aria-label={words.composer.emoji}
            title={words.composer.emoji}
            onClick={() => {
              isPicking.value = true;
            }}
          >
            <RoomIcon name="emoji" />
          </button>
          <button type="submit" class="main round" aria-label={doing} title={doing}>
            {slowFor > 0 && !editing ? (
              <span aria-hidden="true">{slowFor}</span>
            ) : (
              <RoomIcon name={editing ? "check" : "send"} />
            )}
          </button>
        </div>
        <Counter />
        <p id="composer-hint" class="unseen">
          {words.composer.hint(sendsByEnter)}
        </p>
        <p id="composer-fault" class="refusal" role="alert">
          {fault.value === "" ? null : <span key={tries.value}>{fault.value}</span>}
          {isEmptied.value && editing ? (
            <button type="button" class="quiet" onClick={() => deleteIt(editing)}>
              {words.composer.deleteIt}
            </button>
          ) : null}
        </p>
      </form>
      {isPicking.value ? (
        <EmojiPicker
          title={words.composer.emoji}
          onPick={(emoji) => {
            picked.current = emoji;
            isPicking.value = false;
          }}
          onClose={() => {
            isPicking.value = false;
          }}
        />
      ) : null}
    </>
  );
}

/** A device that is mostly touched. Its keyboard has no Shift+Enter, and the button is near the thumb. */
const TOUCH = "(pointer: coarse)";

/** Whether a key has a modifier with which Enter sends in any case. */
function isModified({ ctrlKey, metaKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey;
}

/** What somebody writes to a program or to the page, and not to the room. For what the page does, two slashes make it a message that begins with one. */
const COMMAND = /^\/(?!me\s)/;

/** What may become an emoji: a colon that begins a word, and a letter. */
const EMOJI = /(?<![\p{L}\p{N}:])[:：]\p{L}[^\s:]*$/u;

const loadEmojiCompleter = async (stores: Stores) => (await import("./emoji.tsx")).loadEmojiCompleter(stores);

/** In code units: twice as long as the longest message. */
const LONG = 4 * CONTENT_MAX;

/**
 * Marks a field before it holds more than any message. Browsers would need seconds to find the direction of each of
 * its lines, so they all get the same one. The mark stays, because an undo may restore deleted text.
 */
function noteLength(field: HTMLTextAreaElement, added: string | null): void {
  if (field.value.length + (added?.length ?? 0) > LONG) field.setAttribute("data-long", "");
}

/** What a key does while nicknames are suggested. */
function completionKey(
  event: KeyboardEvent,
  draft: ReturnType<typeof useStores>["draft"],
): (() => void) | undefined {
  switch (event.key) {
    case "ArrowDown":
      return () => draft.choose(1);
    case "ArrowUp":
      return () => draft.choose(-1);
    case "Escape":
      return () => draft.dismiss();
    case "Tab":
      return event.shiftKey ? undefined : () => draft.accept();
    default:
      return undefined;
  }
}

/** Makes the field grow with its text in browsers that do not do so by themselves. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports("field-sizing", "content")) return;
  const { form } = field;
  // Otherwise the log would grow for a moment, and lose its place.
  if (form) form.style.minHeight = `${form.offsetHeight}px`;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
  if (form) form.style.minHeight = "";
}

interface SuggestionsProps {
  readonly names: readonly string[];
  /** Called when the focus leaves them. */
  readonly leave: () => void;
  /** Gives the focus back to the field. */
  readonly goBack: () => void;
}

/**
 * What completes the mention or the command. The field keeps the focus while one chooses; as the list may scroll, it can have the
 * focus, too.
 */
function Suggestions({ names, leave, goBack }: SuggestionsProps) {
  const { draft } = useStores();
  const { composer: words } = useRoomWords();
  const isEmoji = draft.offersEmoji;
  const hasNotes = names.some((name) => draft.noteOf(name));
  const isCommand = hasNotes && !isEmoji;
  const chosen = draft.chosen.value;
  // There may be more commands than fit.
  useLayoutEffect(
    () => document.getElementById(`suggestion-${chosen}`)?.scrollIntoView({ block: "nearest" }),
    [chosen],
  );
  return (
    <>
      <p class="unseen" role="status">
        {names.length === 0
          ? ""
          : isEmoji
            ? words.emojiOffered(names.length)
            : isCommand
              ? words.offered(names.length)
              : words.suggestions(names.length)}
      </p>
      {names.length > 0 ? (
        <div
          id="suggestions"
          class="suggestions"
          role="listbox"
          aria-label={isEmoji ? words.emojiNames : isCommand ? words.commands : words.mentions}
          aria-activedescendant={`suggestion-${chosen}`}
          tabIndex={0}
          onBlur={leave}
          onKeyDown={(event) => {
            const act = event.key === "Enter" ? () => draft.accept() : completionKey(event, draft);
            if (!act) return;
            event.preventDefault();
            act();
            goBack();
          }}
          // The field must keep the focus and its caret.
          onMouseDown={(event) => event.preventDefault()}
        >
          {names.map((name, at) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field; see aria-activedescendant
            <div
              key={name}
              id={`suggestion-${at}`}
              role="option"
              class={isCommand ? "command" : undefined}
              aria-selected={at === chosen}
              onMouseDown={() => draft.accept(name)}
            >
              {hasNotes ? null : <Avatar name={name} />}
              <Nickname name={name} />
              <Note note={draft.noteOf(name)} />
            </div>
          ))}
        </div>
      ) : null}
    </>
  );
}

/** What a command does, and which program takes it. */
function Note({ note }: { readonly note: CommandNote | undefined }) {
  if (!note) return null;
  const { about, bot } = note;
  return (
    <>
      {" "}
      <bdi class="about">{about}</bdi>{" "}
      {bot === undefined ? null : (
        <span class="new-holder">
          <Nickname name={bot} />
        </span>
      )}
    </>
  );
}

/** The message that the user edits or replies to, in one line that leads there. */
function Target({ cancel }: { readonly cancel: () => void }) {
  const { room, draft, announcer } = useStores();
  const words = useRoomWords();
  const editing = draft.editing.value;
  const id = editing?.id ?? draft.reply.value;
  if (id === null) return null;
  const quote = room.quotes.get(id).value;
  const stop = editing ? words.composer.stopEditing : words.composer.stopReplying;
  return (
    <div class="composer-target">
      <button
        type="button"
        id="composer-target"
        class="quote"
        onClick={() => room.goToMessage(id, () => announcer.showToast(words.gone))}
      >
        <b>
          {editing
            ? words.composer.editing
            : typeof quote === "object" && words.composer.replying(<Nickname name={quote.name} />)}
        </b>{" "}
        <QuoteText quote={quote} />
      </button>
      <button type="button" class="quiet round" aria-label={stop} title={stop} onClick={cancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function Counter() {
  const { draft } = useStores();
  const { composer: words } = useRoomWords();
  const left = draft.left.value;
  if (left === null) return null;
  return (
    <p class={left < 0 ? "counter refusal" : "counter"}>{left < 0 ? words.over(-left) : words.left(left)}</p>
  );
}

const TYPING_MAX = 2;

/** The people who are typing. Hidden from screen readers, since it changes too often. */
function Typing() {
  const { room } = useStores();
  const words = useRoomWords();
  const names = room.typing.names.value;
  const listed = names.slice(0, TYPING_MAX);
  return (
    <p class="typing" aria-hidden="true">
      {names.length > 0 ? words.typing(nicknameElements(listed), names.length - listed.length) : null}
    </p>
  );
}

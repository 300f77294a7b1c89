import { Fragment, type TargetedEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Block, blocksOf, isOnlyEmoji, LINES_MAX, type Part, readContent } from "../text/content.ts";
import { deedOf } from "../text/format.ts";
import { Nickname } from "./nickname.tsx";
import { RoomIcon } from "./room-icon.tsx";
import { keepScrollable } from "./scrollable.ts";
import { useRoomWords, useStores } from "./stores.ts";

interface ContentProps {
  readonly content: string;
  /** The nickname of the author. */
  readonly name: string;
}

/** The content of a message. All of it becomes text nodes; only what is formatted, links and mentions are wrapped in elements. */
export function Content({ content, name }: ContentProps) {
  const { room } = useStores();
  const deed = deedOf(content);
  const blocks = blocksOf(readContent(deed ?? content, room.mentions));
  return (
    <div class={`content${isOnlyEmoji(content) ? " large" : ""}${deed === null ? "" : " deed"}`} dir="auto">
      {deed === null ? null : <Nickname name={name} />}
      {deed === null ? "" : " "}
      {blocks.map(({ isQuote, lines }, at) =>
        isQuote ? (
          <blockquote key={at} dir="auto">
            <Lines lines={lines} />
          </blockquote>
        ) : (
          <Lines key={at} lines={lines} />
        ),
      )}
    </div>
  );
}

function Lines({ lines }: Pick<Block, "lines">) {
  if (lines.length === 1) return <Line parts={lines[0]} />;
  return lines.map((parts, at) => (
    <div key={at} dir="auto" class={at < LINES_MAX ? undefined : "further-lines"}>
      <Line parts={parts} />
    </div>
  ));
}

function Line({ parts = [] }: { readonly parts: readonly Part[] | undefined }) {
  const own = useStores().room.nickname.value;
  return parts.map((part, at) => {
    const shown = <ContentPart part={part} own={own} />;
    const italic = part.italic ? <i>{shown}</i> : shown;
    return part.bold ? <b key={at}>{italic}</b> : <Fragment key={at}>{italic}</Fragment>;
  });
}

function ContentPart({ part, own }: { readonly part: Part; readonly own: string | null }) {
  switch (part.kind) {
    case "text":
      return <>{part.text}</>;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr" translate={false}>
          {linkPieces(part.text)}
        </a>
      );
    case "mention":
      return (
        <bdi class={part.name === own ? "mention own" : "mention"} translate={false}>
          {part.text}
        </bdi>
      );
    case "code":
      return (
        <code dir="ltr" translate={false}>
          {part.text}
        </code>
      );
    case "block":
      return <CodeBlock text={part.text} />;
  }
}

function CodeBlock({ text }: { readonly text: string }) {
  const stores = useStores();
  const words = useRoomWords();
  const frame = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => keepScrollable(frame.current), [text]);
  const copy = async ({ currentTarget }: TargetedEvent<HTMLElement>) =>
    (await import("./actions.tsx")).copyPart(text, currentTarget, stores);
  return (
    <div class="block">
      <pre ref={frame} dir="ltr">
        <code translate={false}>{text}</code>
      </pre>
      <button
        type="button"
        class="quiet copy-code"
        // The messages are one stop of the Tab key. By keyboard, the menu of the message copies it.
        tabIndex={-1}
        aria-label={words.copyCode}
        title={words.copyCode}
        onClick={copy}
      >
        <RoomIcon name="copy" />
      </button>
    </div>
  );
}

/**
 * The host is isolated, so that no letters of the path, which may run in the other direction, can be displayed before
 * it.
 */
function linkPieces(text: string) {
  const [, scheme = "", host = text, path = ""] = /^(https?:\/\/)?([^/?#]*)(.*)$/is.exec(text) ?? [];
  return (
    <>
      {scheme}
      <bdi dir="ltr">{host}</bdi>
      {path}
    </>
  );
}

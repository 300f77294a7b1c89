import { isOnlyEmoji, LINES_MAX, linesOf, type Part, parseContent } from "../text/content.ts";
import { hasAt, Mentions } from "../text/mentions.ts";
import { useStores } from "./stores.ts";

const NOBODY = new Mentions();

/** The content of a message. All of it becomes text nodes; only links, code and mentions are wrapped in elements. */
export function Content({ content }: { readonly content: string }) {
  const { room } = useStores();
  const own = room.nickname.value;
  const lines = linesOf(parseContent(content, hasAt(content) ? room.mentions.value : NOBODY));
  return (
    <div class={isOnlyEmoji(content) ? "content large" : "content"} dir="auto">
      {lines.length === 1 ? (
        <Line parts={lines[0]} own={own} />
      ) : (
        lines.map((parts, at) => (
          <div key={at} dir="auto" class={at < LINES_MAX ? undefined : "further-lines"}>
            <Line parts={parts} own={own} />
          </div>
        ))
      )}
    </div>
  );
}

function Line({
  parts = [],
  own,
}: {
  readonly parts: readonly Part[] | undefined;
  readonly own: string | null;
}) {
  return (
    <>
      {parts.map((part, at) => (
        <ContentPart key={at} part={part} own={own} />
      ))}
    </>
  );
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
      return (
        <pre dir="ltr">
          <code translate={false}>{part.text}</code>
        </pre>
      );
  }
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

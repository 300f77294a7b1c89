import type { Readable } from "../engine/record.ts";
import { MAIN_ROOM } from "../protocol/room-name.ts";
import { escaped, type PageLinks, type ReadingLanguage, staticPage } from "./static-page.ts";

const WORDS = {
  en: {
    mainRoom: "Main room",
    room: (name: string) => `Room ${name}`,
    lead: "These are the latest messages, read-only. To take part, open the chat. It needs JavaScript.",
    none: "No messages yet.",
    again: "Reload",
    open: "Open the chat",
    showAll: "Show all",
    showLess: "Show less",
    bot: "bot",
  },
  vi: {
    mainRoom: "Phòng chính",
    room: (name: string) => `Phòng ${name}`,
    lead: "Đây là những tin nhắn mới nhất, chỉ để đọc. Để trò chuyện, hãy mở trang trò chuyện. Trang đó cần JavaScript.",
    none: "Chưa có tin nhắn nào.",
    again: "Tải lại",
    open: "Mở trang trò chuyện",
    showAll: "Xem tất cả",
    showLess: "Thu gọn",
    bot: "bot",
  },
};

type Words = (typeof WORDS)[ReadingLanguage];

/** Roughly how many lines of a tall message are shown: only a browser knows exactly. */
const LINES_MOST = 24;
/** The length of a line on a wide screen. */
const LINE_CHARACTERS = 80;
const LINE_BREAK = /\r\n?|[\n\f\v\u0085\u2028\u2029]/g;

/**
 * The newest messages of a room as HTML that works without JavaScript.
 *
 * @param isBot whether a person is a program
 */
export function readingPage(
  room: string,
  messages: readonly Readable[],
  isBot: (person: string) => boolean,
  language: ReadingLanguage,
  links: PageLinks,
): string {
  const words = WORDS[language];
  const title = room === MAIN_ROOM ? words.mainRoom : words.room(room);
  const list =
    messages.length === 0
      ? `<p class="muted">${words.none}</p>`
      : messages.map((message) => article(message, isBot, words)).join("\n");
  const { welcome } = links.site;
  const greeting = welcome === null ? "" : `<p class="rules" dir="auto">${escaped(welcome)}</p>\n`;
  const body = `${greeting}<p>${words.lead}</p>
<p><a href="?read">${words.again}</a> · <a href="?">${words.open}</a></p>
${list}`;
  return staticPage(language, links, title, body);
}

/** A message. The style sheet folds a tall one as long as its `details` are closed. */
function article(
  { name, by, content, timestamp, time }: Readable,
  isBot: (person: string) => boolean,
  words: Words,
): string {
  const date = new Date(time);
  const at = Number.isNaN(date.getTime()) ? "" : ` datetime="${date.toISOString()}"`;
  const mark = by !== undefined && isBot(by) ? ` <span class="muted">(${words.bot})</span>` : "";
  return `<article>
<p><bdi class="nickname">${escaped(name)}</bdi>${mark} <time${at}>${escaped(timestamp)}</time></p>
${isTall(content) ? foldButton(words) : ""}<div class="content" dir="auto">${escaped(content)}</div>
</article>`;
}

function foldButton({ showAll, showLess }: Words): string {
  return `<details class="fold-details"><summary><span>${showAll}</span><span>${showLess}</span></summary></details>
`;
}

/** Whether a content probably takes more lines than are shown at first. One that is misjudged can be scrolled. */
function isTall(content: string): boolean {
  let lines = content.length / LINE_CHARACTERS;
  for (const _ of content.matchAll(LINE_BREAK)) if (++lines > LINES_MOST) break;
  return lines > LINES_MOST;
}

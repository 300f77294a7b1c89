import { type PageLinks, type ReadingLanguage, staticPage } from "./static-page.ts";

const WORDS = {
  en: {
    title: "Page not found",
    lead: "This address does not lead to a room.",
    rule: "The name of a room has 1 to 64 characters: letters without accents, digits, <code>-</code>, <code>_</code> and <code>.</code>. It begins with a letter or a digit.",
    like: (link: string) => `Did you mean ${link}?`,
    room: (name: string) => `the room ${name}`,
    mainRoom: "Go to the main room",
  },
  vi: {
    title: "Không tìm thấy trang",
    lead: "Địa chỉ này không dẫn tới phòng nào.",
    rule: "Tên phòng có từ 1 đến 64 ký tự: chữ cái không dấu, chữ số, <code>-</code>, <code>_</code> và <code>.</code>. Tên bắt đầu bằng chữ cái hoặc chữ số.",
    like: (link: string) => `Có phải bạn tìm ${link}?`,
    room: (name: string) => `phòng ${name}`,
    mainRoom: "Vào phòng chính",
  },
};

/**
 * The page for paths that do not exist. It repeats nothing of the requested address.
 *
 * @param room whose name resembles the requested one, undefined if there is none
 */
export function missingPage(language: ReadingLanguage, links: PageLinks, room: string | undefined): string {
  const words = WORDS[language];
  const { root } = links;
  const like =
    room === undefined
      ? ""
      : `<p>${words.like(`<a href="${root}rooms/${room}">${words.room(room)}</a>`)}</p>\n`;
  const body = `<p>${words.lead}</p>
<p>${words.rule}</p>
${like}<p><a href="${root}">${words.mainRoom}</a></p>`;
  return staticPage(language, links, words.title, body);
}

import { type PageLinks, type ReadingLanguage, staticPage } from "./static-page.ts";

const WORDS = {
  en: {
    title: "Page not found",
    lead: "This address does not lead to a room.",
    rule: "Room names have 1 to 64 characters: letters without accents, digits, <code>-</code>, <code>_</code> and <code>.</code>. They begin with a letter or a digit.",
    like: (link: string) => `Did you mean ${link}?`,
    room: (name: string) => `the room ${name}`,
    rooms: "See the list of rooms",
    mainRoom: "Go to the main room",
    noRoom: { title: "No such room", lead: "There is no room with this name here." },
  },
  vi: {
    title: "Không tìm thấy trang",
    lead: "Địa chỉ này không dẫn tới phòng nào.",
    rule: "Tên phòng có từ 1 đến 64 ký tự: chữ cái không dấu, chữ số, <code>-</code>, <code>_</code> và <code>.</code>. Tên bắt đầu bằng chữ cái hoặc chữ số.",
    like: (link: string) => `Có phải bạn muốn tìm ${link}?`,
    room: (name: string) => `phòng ${name}`,
    rooms: "Xem danh sách phòng",
    mainRoom: "Vào phòng chính",
    noRoom: { title: "Không có phòng này", lead: "Ở đây không có phòng nào tên như vậy." },
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
${like}${waysOut(language, links)}`;
  return staticPage(language, links, words.title, body);
}

/** The page for a room that does not exist, in a chat in which not everybody makes rooms. */
export function noRoomPage(language: ReadingLanguage, links: PageLinks): string {
  const { title, lead } = WORDS[language].noRoom;
  return staticPage(language, links, title, `<p>${lead}</p>\n${waysOut(language, links)}`);
}

function waysOut(language: ReadingLanguage, { root }: PageLinks): string {
  const { rooms, mainRoom } = WORDS[language];
  return `<p><a href="${root}rooms">${rooms}</a></p>
<p><a href="${root}">${mainRoom}</a></p>`;
}

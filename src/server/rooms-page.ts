import type { ListedRoom } from "../protocol/room-list.ts";
import { MAIN_ROOM } from "../protocol/room-name.ts";
import { escaped, type PageLinks, type ReadingLanguage, staticPage } from "./static-page.ts";

const WORDS = {
  en: {
    title: "Rooms",
    mainRoom: "Main room",
    room: (name: string) => `Room ${name}`,
    none: "No rooms are listed here.",
    people: (n: number) => (n === 0 ? "nobody here now" : n === 1 ? "1 person here" : `${n} people here`),
    entry: { password: "password required", members: "members only" },
    toMainRoom: "Go to the main room",
  },
  vi: {
    title: "Danh sách phòng",
    mainRoom: "Phòng chính",
    room: (name: string) => `Phòng ${name}`,
    none: "Chưa có phòng nào trong danh sách.",
    people: (n: number) => (n === 0 ? "hiện không có ai" : `${n} người đang ở đây`),
    entry: { password: "cần mật khẩu", members: "chỉ dành cho thành viên" },
    toMainRoom: "Vào phòng chính",
  },
};

type Words = (typeof WORDS)[ReadingLanguage];

/** The list of rooms as HTML that works without JavaScript. */
export function roomsPage(rooms: readonly ListedRoom[], language: ReadingLanguage, links: PageLinks): string {
  const words = WORDS[language];
  const list =
    rooms.length === 0
      ? `<p class="muted">${words.none}</p>`
      : `<ul class="room-list">\n${rooms.map((room) => item(room, words, links)).join("\n")}\n</ul>`;
  const hasMain = rooms.some(({ room }) => room === MAIN_ROOM);
  const toMainRoom = hasMain ? "" : `\n<p><a href="${links.root}">${words.toMainRoom}</a></p>`;
  return staticPage(language, links, words.title, `${list}${toMainRoom}`);
}

function item({ room, path, title, topic, online, entry }: ListedRoom, words: Words, { root }: PageLinks) {
  const name = title || (room === MAIN_ROOM ? words.mainRoom : words.room(room));
  const facts = [words.people(online), ...(entry === "everyone" ? [] : [words.entry[entry]])];
  const about = topic === "" ? "" : `\n<p dir="auto">${escaped(topic)}</p>`;
  return `<li>
<a href="${root}${path.slice(1)}"><bdi>${escaped(name)}</bdi></a> <span class="muted">${facts.join(" · ")}</span>${about}
</li>`;
}

/** The texts about what moderators have done, loaded when there is something to say. */
import type { ModeratedEvent } from "../store/item.ts";
import { type Duration, durationIn } from "../text/duration.ts";
import type { Language } from "./languages.ts";

/** What a line says, with the kind of the action that an `undo` undoes, if it is known. */
type Told = Pick<ModeratedEvent, "kind" | "until" | "time" | "everywhere"> & {
  readonly undone?: string | undefined;
};

type Piece<T> = readonly (T | string)[];

/** How long an action lasts, as it was meant: its end is a moment late. */
function lasts({ until, time }: Told, duration: Duration, forGood: string): string {
  return until === undefined ? forGood : duration(Math.round((until - time) / 60_000) * 60);
}

const enDuration = durationIn("en");
const viDuration = durationIn("vi");

const en = {
  told: <T>(told: Told, name: T | null, moderator: T | null): Piece<T> => {
    const who = name ?? "someone";
    const by = moderator ?? "The server";
    const place = told.everywhere ? " in all rooms" : "";
    const time = lasts(told, (seconds) => ` for ${enDuration(seconds)}`, "");
    switch (told.kind) {
      case "mute":
        return [who, ` was muted${place}${time} by `, moderator ?? "the server"];
      case "kick":
        return [who, " was removed from the room by ", moderator ?? "the server"];
      case "ban":
        return [who, ` was banned${place}${time} by `, moderator ?? "the server"];
      case "undo":
        if (told.undone === "announce" || (name === null && told.undone === undefined))
          return [by, " took an announcement down"];
        if (told.undone === "mute") return [by, " unmuted ", who];
        return [by, " lifted the ban on ", who];
      case "settings":
        return [by, " changed the room’s settings"];
      case "raid":
        return moderator === null ? ["Raid mode turned itself on"] : [by, " turned raid mode on"];
      case "calm":
        return ["Raid mode is off"];
      case "announce":
        return [by, " announced"];
      default:
        return ["A moderator did something that this version of the page does not know"];
    }
  },
  ignored: (n: number) =>
    n === 1 ? "1 message from someone you ignore" : `${n} messages from people you ignore`,
  show: "Show",
  hide: "Hide",
  dismiss: "Dismiss the announcement",
  muted: "You are muted.",
  left: (seconds: number) => `You can write again in ${enDuration(seconds)}.`,
  until: (time: string) => `You can write again on ${time}.`,
  forGood: "Only a moderator can undo this.",
  reason: "Reason:",
  membersWrite: "Only members can write in this room.",
  moderatorsWrite: "Only moderators can write in this room.",
  bannedTitle: "You are banned from this room",
  banned: "The ban has no end date.",
  bannedUntil: (time: string) => `The ban ends on ${time}.`,
  kickedTitle: "A moderator removed you from the room",
  kicked: "You can come back in a minute.",
  comeBack: "Rejoin the room",
};

const vi: typeof en = {
  told: (told, name, moderator) => {
    const who = name ?? "một người";
    const by = moderator ?? "Máy chủ";
    const place = told.everywhere ? " ở mọi phòng" : "";
    const time = lasts(told, (seconds) => ` trong ${viDuration(seconds)}`, "");
    switch (told.kind) {
      case "mute":
        return [by, " đã cấm ", who, ` chat${place}${time}`];
      case "kick":
        return [by, " đã mời ", who, " ra khỏi phòng"];
      case "ban":
        return [by, " đã cấm ", who, ` vào phòng${place}${time}`];
      case "undo":
        if (told.undone === "announce" || (name === null && told.undone === undefined))
          return [by, " đã gỡ một thông báo"];
        if (told.undone === "mute") return [by, " đã cho ", who, " chat trở lại"];
        return [by, " đã gỡ lệnh cấm cho ", who];
      case "settings":
        return [by, " đã thay đổi cài đặt phòng"];
      case "raid":
        return moderator === null
          ? ["Chế độ chống quấy phá đã tự bật"]
          : [by, " đã bật chế độ chống quấy phá"];
      case "calm":
        return ["Chế độ chống quấy phá đã tắt"];
      case "announce":
        return [by, " thông báo"];
      default:
        return ["Điều hành viên đã làm một việc mà phiên bản này của trang chưa biết"];
    }
  },
  ignored: (n) => (n === 1 ? "1 tin nhắn của người bạn đã ẩn" : `${n} tin nhắn của những người bạn đã ẩn`),
  show: "Xem",
  hide: "Ẩn",
  dismiss: "Bỏ thông báo này",
  muted: "Bạn đang bị cấm chat.",
  left: (seconds) => `Bạn viết lại được sau ${viDuration(seconds)}.`,
  until: (time) => `Bạn viết lại được vào ${time}.`,
  forGood: "Chỉ điều hành viên mới gỡ được.",
  reason: "Lý do:",
  membersWrite: "Chỉ thành viên mới viết được trong phòng này.",
  moderatorsWrite: "Chỉ điều hành viên mới viết được trong phòng này.",
  bannedTitle: "Bạn bị cấm vào phòng này",
  banned: "Lệnh cấm này vô thời hạn.",
  bannedUntil: (time) => `Lệnh cấm kết thúc vào ${time}.`,
  kickedTitle: "Điều hành viên đã mời bạn ra khỏi phòng",
  kicked: "Bạn vào lại được sau một phút.",
  comeBack: "Vào lại phòng",
};

export const NOTICE_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };

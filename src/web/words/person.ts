/** The texts of what can be done about a person, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  mention: "Mention",
  report: "Report…",
  ignore: (name: string) => `Ignore ${name}`,
  stopIgnoring: (name: string) => `Stop ignoring ${name}`,
  ignored: (name: string) => `You no longer see messages from ${name}.`,
  notIgnored: (name: string) => `You see messages from ${name} again.`,
  reportMessage:
    "The moderators will see this message and your reason. The author will not learn who reported it.",
  reportPerson:
    "The moderators will see the nickname and your reason. The person will not learn who reported them.",
  reason: "What is wrong? (optional)",
  send: "Report",
  cancel: "Cancel",
  reported: "Thank you. The moderators have been told.",
  faults: {
    many: "You have already sent as many reports as you can. The moderators will look at them.",
    gone: "This message or person is no longer here.",
    other: "The report could not be sent. Try again.",
  },
  ignoredTitle: "People you ignore",
  ignoredLead: "Their messages stay folded, in every room, whatever nickname they use.",
  stop: "Stop ignoring",
};

const vi: typeof en = {
  mention: "Nhắc đến",
  report: "Báo cáo…",
  ignore: (name) => `Ẩn tin của ${name}`,
  stopIgnoring: (name) => `Bỏ ẩn tin của ${name}`,
  ignored: (name) => `Bạn sẽ không thấy tin nhắn của ${name} nữa.`,
  notIgnored: (name) => `Bạn lại thấy tin nhắn của ${name}.`,
  reportMessage:
    "Các điều hành viên sẽ thấy tin nhắn này và lý do của bạn. Người viết không biết ai đã báo cáo.",
  reportPerson:
    "Các điều hành viên sẽ thấy biệt danh này và lý do của bạn. Người đó không biết ai đã báo cáo.",
  reason: "Có chuyện gì vậy? (không bắt buộc)",
  send: "Báo cáo",
  cancel: "Hủy",
  reported: "Cảm ơn bạn. Các điều hành viên đã nhận được báo cáo.",
  faults: {
    many: "Bạn đã gửi đủ số báo cáo cho phép. Các điều hành viên sẽ xem.",
    gone: "Tin nhắn hoặc người này không còn ở đây nữa.",
    other: "Chưa gửi được báo cáo. Hãy thử lại.",
  },
  ignoredTitle: "Những người bạn đã ẩn",
  ignoredLead: "Tin nhắn của họ được thu gọn ở mọi phòng, dù họ dùng biệt danh nào.",
  stop: "Bỏ ẩn",
};

export const PERSON_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };

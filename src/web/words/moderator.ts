/** The texts of what only moderators see, loaded together with it. */
import type { HeldKeys } from "../../protocol/kinds/review.ts";
import type { RoomFault } from "../store/room-form.ts";
import type { Command } from "../text/commands.ts";
import { durationIn } from "../text/duration.ts";
import type { Language } from "./languages.ts";

const enTime = durationIn("en");
const viTime = durationIn("vi");
const EN = new Intl.NumberFormat("en");
const VI = new Intl.NumberFormat("vi");

function messages(n: number): string {
  return n === 1 ? "1 message" : `${EN.format(n)} messages`;
}

function people(n: number): string {
  return n === 1 ? "1 person" : `${EN.format(n)} people`;
}

function enList(names: readonly string[], others: number): string {
  const all = [
    ...names.map((name) => `\u2068${name}\u2069`),
    ...(others > 0 ? [others === 1 ? "1 other" : `${EN.format(others)} others`] : []),
  ];
  return new Intl.ListFormat("en").format(all);
}

function viList(names: readonly string[], others: number): string {
  const all = [
    ...names.map((name) => `\u2068${name}\u2069`),
    ...(others > 0 ? [`${VI.format(others)} người khác`] : []),
  ];
  return new Intl.ListFormat("vi").format(all);
}

const enFor = (minutes: number | null) => (minutes === null ? "for good" : `for ${enTime(minutes * 60)}`);
const viFor = (minutes: number | null) => (minutes === null ? "vĩnh viễn" : `trong ${viTime(minutes * 60)}`);

const en = {
  title: "Moderation",
  open: (waiting: number, isRaid: boolean) =>
    `Moderation${waiting > 0 ? `: ${waiting} waiting` : ""}${isRaid ? ". Raid mode is on" : ""}`,
  loading: "Loading…",
  undo: "Undo",
  undone: "Undone.",
  more: "Load more",

  measures: { mute: "Mute…", kick: "Kick…", ban: "Ban…", remove: "Remove messages…" },
  headings: { mute: "Mute", kick: "Kick", ban: "Ban", remove: "Remove messages" },
  lead: {
    mute: "A muted person can read, but not write or react.",
    kick: "The person is removed from the room and can come back in a minute.",
    ban: "A banned person cannot be in the room.",
    remove: "The messages are removed for everyone. You can undo this.",
  },
  reason: "Reason (everyone sees it)",
  time: (minutes: number | null) => (minutes === null ? "For good" : enTime(minutes * 60)),
  kickNow: "Kick",
  removeAll: "All messages",
  removeLast: (minutes: number) => `Last ${enTime(minutes * 60)}`,
  reach: "Applies to",
  reaches: {
    person: "only this person",
    address: "everyone at the same address",
    network: "the network around the address",
    wide: "the wider network",
  },
  everywhere: "In all rooms",
  hits: (names: readonly string[], count: number) =>
    count === 0
      ? "Affects no one who is here now."
      : `Affects ${people(count)} here: ${enList(names, count - names.length)}.`,
  done: {
    mute: (name: string, minutes: number | null) => `${name} is muted ${enFor(minutes)}.`,
    kick: (name: string, _: number | null) => `${name} was removed from the room.`,
    ban: (name: string, minutes: number | null) => `${name} is banned ${enFor(minutes)}.`,
    remove: (count: number) => `${messages(count)} removed.`,
  },

  raid: "Raid mode",
  raidIsOn: "Raid mode is on",
  raidIsOff: "Raid mode is off",
  raidNote: "While it is on, newcomers’ browsers have to solve a puzzle first.",
  arm: "Turn on raid mode",
  calm: "Turn off",
  sweep: "Sweep out the raid",
  swept: (count: number, hitCount: number) =>
    `${messages(count)} removed, ${people(hitCount)} banned for a day.`,

  tabs: {
    reports: "Reports",
    held: "Held",
    people: "People",
    force: "In force",
    log: "Log",
    room: "Room",
    tokens: "Tokens",
    health: "Server",
  },
  others: (n: number) => `These are the first ${EN.format(n)}. There are more.`,
  noReports: "No reports. All quiet.",
  noHeld: "No messages are waiting.",
  noPeople: "No one is here.",
  noForce: "No mutes or bans are in force.",
  noLog: "Nothing has been done yet.",
  reported: <T>(reporter: T, name: T): readonly (T | string)[] => [reporter, " reported ", name],
  isGone: "This message no longer exists.",
  why: "Reason:",
  goTo: "Go to message",
  removeIt: "Remove message",
  dismissIt: "Dismiss",
  dismissed: "Report dismissed.",
  heldFor: {
    newcomer: "is new here",
    word: "used a listed word",
  } satisfies Record<HeldKeys["why"], string>,
  approve: "Approve",
  approved: "Message approved.",
  reject: "Reject",
  rejected: "Message rejected.",
  isMuted: "muted",
  joined: (time: string) => `here since ${time}`,
  sharing: (n: number) =>
    n === 1 ? "1 other at the same address" : `${EN.format(n)} others at the same address`,
  history: "History",
  kinds: {
    mute: "Muted",
    kick: "Kicked",
    ban: "Banned",
    remove: "Removed messages",
    undo: "Undone",
    settings: "Changed settings",
    raid: "Raid mode on",
    calm: "Raid mode off",
    announce: "Announced",
    approve: "Approved",
    reject: "Rejected",
    dismiss: "Dismissed a report",
    token: "Created a token",
    revoke: "Revoked a token",
    sweep: "Swept",
  } as Readonly<Record<string, string>>,
  server: "the server",
  inAllRooms: "all rooms",
  reachesAddress: "with the address",
  over: "over",
  until: (time: string) => `until ${time}`,

  settings: "Room settings",
  roomTitle: "Title",
  topic: "Topic",
  rules: "Rules (shown before people join)",
  listed: "Show in the list of rooms",
  entry: "Who may enter",
  entries: { everyone: "Everyone", password: "Those with the password", members: "Members" },
  password: "Password",
  newPassword: "New password (leave empty to keep the current one)",
  writers: "Who may write",
  writerKinds: {
    everyone: "Everyone",
    known: "People known for a while",
    members: "Members",
    moderators: "Moderators",
  },
  links: "Who may post links",
  linkKinds: { everyone: "Everyone", known: "People known for a while", nobody: "No one" },
  knownMinutes: "Minutes until someone counts as known",
  slowSeconds: "Slow mode: seconds between two messages (0 for none)",
  heldMessages: "First messages of newcomers that wait for a moderator (0 for none)",
  words: "Words to watch for (one per line)",
  wordRule: "Messages with one of these words",
  wordRules: { refuse: "are refused", hold: "wait for a moderator" },
  keepDays: "Days that messages are kept (empty for as long as the server keeps them)",
  save: "Save",
  saved: "Room settings saved.",
  roomFault: (fault: RoomFault) => {
    switch (fault.fault) {
      case "missing":
        return "Enter a password.";
      case "many":
        return `At most ${EN.format(fault.most)} words.`;
      case "long":
        return `At most ${EN.format(fault.most)} characters${fault.field === "words" ? " per word" : ""}.`;
      case "number":
        return `Enter a whole number from ${EN.format(fault.least)} to ${EN.format(fault.most)}.`;
    }
  },

  announce: "Announcement",
  announceText: "Text",
  announceFor: "Show it for",
  announcePost: "Post it as a message instead",
  announceEverywhere: "In all rooms",
  announceIt: "Announce",
  announceEmpty: "Write something to announce.",
  announced: "Announced.",

  commands: "Commands",
  helpLead: "Write a command in the message field. To send a message that begins with /, write //.",
  commandHelp: {
    mute: "Stop someone from writing, for a time or for good",
    unmute: "Let someone write again",
    kick: "Remove someone from the room for a minute",
    ban: "Keep someone out of the room, for a time or for good",
    unban: "Let someone in again",
    remove: "Remove someone’s messages: the recent ones, or all",
    slow: "Seconds between two messages of one person",
    topic: "Set the topic of the room",
    announce: "Show a text above the messages",
    raid: "Turn raid mode on or off",
    sweep: "Remove all that came with the raid",
    help: "Show this list",
  } satisfies Record<Command["kind"], string>,
  unknownCommand: (word: string) =>
    `There is no command ${word}. /help lists them all. To send it as a message, write /${word}.`,
  usage: (usage: string) => `Write it like this: ${usage}`,
  notInForce: (name: string) => `No such measure is in force against ${name}.`,

  faults: {
    forbidden: "You can’t do this, or not to this person.",
    nobody: "There is no such person or message here.",
    over: "That has already ended.",
    many: "The server cannot keep any more of these.",
    rate: "You’re going too fast. Try again in a moment.",
    old: "This server is too old to support that.",
    uncertain: "The connection was lost. Look in the log to see whether it was done.",
    closed: "There is no connection. Try again when it is back.",
    format: "The server does not accept this.",
    unknown: "That did not work. Try again.",
  },
};

export type ModeratorWords = typeof en;

const vi: ModeratorWords = {
  title: "Điều hành",
  open: (waiting, isRaid) =>
    `Điều hành${waiting > 0 ? `: ${waiting} việc đang chờ` : ""}${isRaid ? ". Chế độ chống quấy phá đang bật" : ""}`,
  loading: "Đang tải…",
  undo: "Hoàn tác",
  undone: "Đã hoàn tác.",
  more: "Tải thêm",

  measures: { mute: "Cấm chat…", kick: "Mời ra…", ban: "Cấm vào phòng…", remove: "Gỡ tin nhắn…" },
  headings: { mute: "Cấm chat", kick: "Mời ra", ban: "Cấm vào phòng", remove: "Gỡ tin nhắn" },
  lead: {
    mute: "Người bị cấm chat vẫn đọc được, nhưng không viết hay bày tỏ cảm xúc được.",
    kick: "Người này phải ra khỏi phòng và vào lại được sau một phút.",
    ban: "Người bị cấm không vào phòng được.",
    remove: "Tin nhắn bị gỡ với tất cả mọi người. Bạn có thể hoàn tác.",
  },
  reason: "Lý do (mọi người đều thấy)",
  time: (minutes) => (minutes === null ? "Vĩnh viễn" : viTime(minutes * 60)),
  kickNow: "Mời ra",
  removeAll: "Tất cả tin nhắn",
  removeLast: (minutes) => `${viTime(minutes * 60)} gần đây`,
  reach: "Áp dụng cho",
  reaches: {
    person: "chỉ người này",
    address: "mọi người cùng địa chỉ",
    network: "mạng quanh địa chỉ này",
    wide: "mạng rộng hơn",
  },
  everywhere: "Ở mọi phòng",
  hits: (names, count) =>
    count === 0
      ? "Không ai đang ở đây bị ảnh hưởng."
      : `Ảnh hưởng đến ${VI.format(count)} người đang ở đây: ${viList(names, count - names.length)}.`,
  done: {
    mute: (name, minutes) => `Đã cấm ${name} chat ${viFor(minutes)}.`,
    kick: (name, _) => `Đã mời ${name} ra khỏi phòng.`,
    ban: (name, minutes) => `Đã cấm ${name} vào phòng ${viFor(minutes)}.`,
    remove: (count) => `Đã gỡ ${VI.format(count)} tin nhắn.`,
  },

  raid: "Chế độ chống quấy phá",
  raidIsOn: "Chế độ chống quấy phá đang bật",
  raidIsOff: "Chế độ chống quấy phá đang tắt",
  raidNote: "Khi bật, trình duyệt của người mới phải giải một bài toán trước.",
  arm: "Bật chế độ chống quấy phá",
  calm: "Tắt",
  sweep: "Quét sạch nhóm quấy phá",
  swept: (count, hitCount) =>
    `Đã gỡ ${VI.format(count)} tin nhắn, cấm ${VI.format(hitCount)} người trong một ngày.`,

  tabs: {
    reports: "Báo cáo",
    held: "Chờ duyệt",
    people: "Mọi người",
    force: "Đang áp dụng",
    log: "Nhật ký",
    room: "Phòng",
    tokens: "Mã truy cập",
    health: "Máy chủ",
  },
  others: (n) => `Đây là ${VI.format(n)} mục đầu tiên. Vẫn còn nữa.`,
  noReports: "Không có báo cáo nào. Mọi thứ đều ổn.",
  noHeld: "Không có tin nhắn nào chờ duyệt.",
  noPeople: "Không có ai ở đây.",
  noForce: "Không có lệnh cấm nào đang áp dụng.",
  noLog: "Chưa có hoạt động nào.",
  reported: (reporter, name) => [reporter, " đã báo cáo ", name],
  isGone: "Tin nhắn không còn nữa.",
  why: "Lý do:",
  goTo: "Đến tin nhắn",
  removeIt: "Gỡ tin nhắn",
  dismissIt: "Bỏ qua",
  dismissed: "Đã bỏ qua báo cáo.",
  heldFor: { newcomer: "người mới", word: "dùng từ bị theo dõi" },
  approve: "Duyệt",
  approved: "Đã duyệt tin nhắn.",
  reject: "Từ chối",
  rejected: "Đã từ chối tin nhắn.",
  isMuted: "bị cấm chat",
  joined: (time) => `ở đây từ ${time}`,
  sharing: (n) => `${VI.format(n)} người khác cùng địa chỉ`,
  history: "Lịch sử",
  kinds: {
    mute: "Cấm chat",
    kick: "Mời ra",
    ban: "Cấm vào phòng",
    remove: "Gỡ tin nhắn",
    undo: "Hoàn tác",
    settings: "Đổi cài đặt",
    raid: "Bật chế độ chống quấy phá",
    calm: "Tắt chế độ chống quấy phá",
    announce: "Thông báo",
    approve: "Duyệt tin",
    reject: "Từ chối tin",
    dismiss: "Bỏ qua báo cáo",
    token: "Tạo mã truy cập",
    revoke: "Thu hồi mã truy cập",
    sweep: "Quét",
  },
  server: "máy chủ",
  inAllRooms: "mọi phòng",
  reachesAddress: "kèm địa chỉ",
  over: "đã hết",
  until: (time) => `đến ${time}`,

  settings: "Cài đặt phòng",
  roomTitle: "Tên phòng",
  topic: "Chủ đề",
  rules: "Nội quy (hiện trước khi vào phòng)",
  listed: "Hiện trong danh sách phòng",
  entry: "Ai được vào",
  entries: { everyone: "Mọi người", password: "Người có mật khẩu", members: "Thành viên" },
  password: "Mật khẩu",
  newPassword: "Mật khẩu mới (để trống nếu giữ mật khẩu hiện tại)",
  writers: "Ai được viết",
  writerKinds: {
    everyone: "Mọi người",
    known: "Người đã tham gia một thời gian",
    members: "Thành viên",
    moderators: "Điều hành viên",
  },
  links: "Ai được gửi liên kết",
  linkKinds: { everyone: "Mọi người", known: "Người đã tham gia một thời gian", nobody: "Không ai" },
  knownMinutes: "Sau bao nhiêu phút thì được coi là đã tham gia một thời gian",
  slowSeconds: "Chế độ chậm: số giây giữa hai tin nhắn (0 là tắt)",
  heldMessages: "Số tin đầu tiên của người mới phải chờ duyệt (0 là tắt)",
  words: "Từ cần theo dõi (mỗi dòng một từ)",
  wordRule: "Tin nhắn có một trong các từ này",
  wordRules: { refuse: "bị từ chối", hold: "phải chờ duyệt" },
  keepDays: "Số ngày lưu tin nhắn (để trống nếu lưu lâu nhất có thể)",
  save: "Lưu",
  saved: "Đã lưu cài đặt phòng.",
  roomFault: (fault) => {
    switch (fault.fault) {
      case "missing":
        return "Hãy nhập mật khẩu.";
      case "many":
        return `Tối đa ${VI.format(fault.most)} từ.`;
      case "long":
        return `Tối đa ${VI.format(fault.most)} ký tự${fault.field === "words" ? " cho mỗi từ" : ""}.`;
      case "number":
        return `Hãy nhập số nguyên từ ${VI.format(fault.least)} đến ${VI.format(fault.most)}.`;
    }
  },

  announce: "Thông báo",
  announceText: "Nội dung",
  announceFor: "Thời gian hiện",
  announcePost: "Đăng thành tin nhắn thay vì hiện phía trên",
  announceEverywhere: "Ở mọi phòng",
  announceIt: "Thông báo",
  announceEmpty: "Hãy viết nội dung thông báo.",
  announced: "Đã thông báo.",

  commands: "Lệnh",
  helpLead: "Hãy gõ lệnh vào ô soạn tin nhắn. Muốn gửi tin bắt đầu bằng /, hãy gõ //.",
  commandHelp: {
    mute: "Cấm một người chat, có thời hạn hoặc vĩnh viễn",
    unmute: "Cho một người chat trở lại",
    kick: "Mời một người ra khỏi phòng trong một phút",
    ban: "Cấm một người vào phòng, có thời hạn hoặc vĩnh viễn",
    unban: "Cho một người vào phòng trở lại",
    remove: "Gỡ tin nhắn của một người: tin gần đây hoặc tất cả",
    slow: "Số giây giữa hai tin nhắn của một người",
    topic: "Đặt chủ đề của phòng",
    announce: "Hiện một thông báo phía trên tin nhắn",
    raid: "Bật hoặc tắt chế độ chống quấy phá",
    sweep: "Gỡ mọi thứ do nhóm quấy phá gửi",
    help: "Hiện danh sách này",
  },
  unknownCommand: (word) =>
    `Không có lệnh ${word}. Gõ /help để xem tất cả. Muốn gửi thành tin nhắn, hãy gõ /${word}.`,
  usage: (usage) => `Hãy gõ như sau: ${usage}`,
  notInForce: (name) => `Không có lệnh cấm nào như vậy với ${name}.`,

  faults: {
    forbidden: "Bạn không có quyền làm việc này, hoặc không làm được với người này.",
    nobody: "Không tìm thấy người hoặc tin nhắn đó ở đây.",
    over: "Việc đó đã kết thúc rồi.",
    many: "Máy chủ không lưu thêm được nữa.",
    rate: "Bạn thao tác quá nhanh. Hãy thử lại sau giây lát.",
    old: "Máy chủ này quá cũ, chưa hỗ trợ việc đó.",
    uncertain: "Mất kết nối giữa chừng. Hãy xem nhật ký để biết việc đó đã xong chưa.",
    closed: "Không có kết nối. Hãy thử lại khi có kết nối.",
    format: "Máy chủ không chấp nhận.",
    unknown: "Chưa làm được. Hãy thử lại.",
  },
};

export const MODERATOR_WORDS: Readonly<Record<Language, ModeratorWords>> = { en, vi };

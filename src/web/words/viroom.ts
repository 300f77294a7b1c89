import type { RoomWords } from "./enroom.ts";

const CHARACTERS = new Intl.NumberFormat("vi");

/** "An", "An và Bình", "An, Bình và 12 người khác". */
function list<T>(names: readonly T[], others: number): readonly (T | string)[] {
  const parts: readonly (T | string)[] =
    others > 0 ? [...names, `${CHARACTERS.format(others)} người khác`] : names;
  return parts.flatMap((part, at) => (at === 0 ? [part] : [at === parts.length - 1 ? " và " : ", ", part]));
}

export const viRoom: RoomWords = {
  messages: "Tin nhắn",
  empty: "Chưa có tin nhắn nào. Hãy gửi tin nhắn đầu tiên.",
  loading: "Đang tải tin nhắn…",
  beginning: "Cuộc trò chuyện bắt đầu từ đây.",
  older: "Tải tin nhắn cũ hơn",
  olderFailed: "Không tải được tin nhắn cũ hơn.",
  newMessages: "Tin nhắn mới",
  newest: (n) => (n === 0 ? "Đến tin nhắn mới nhất" : `${CHARACTERS.format(n)} tin nhắn mới`),
  goToDate: "Chuyển đến ngày…",
  gap: (n) => `${CHARACTERS.format(n)} tin nhắn không còn được lưu.`,
  sending: "Đang gửi…",
  sendingLater: "Đang chờ kết nối…",
  held: "Đang chờ điều hành viên duyệt",
  sent: "Đã gửi",
  remove: "Xóa",
  newHolder: "đã vào lại",
  newHolderHint: "Đã có lúc không ai dùng biệt danh này, nên bây giờ đây có thể là người khác.",
  showAll: "Xem tất cả",
  showLess: "Thu gọn",
  failed: (reason) => `Gửi không thành công. ${reason}`,
  change: {
    deleted: "Tin nhắn đã bị xóa",
    undo: "Hoàn tác",
    edited: "đã sửa",
    editedAt: (time) => `Đã sửa lúc ${time}`,
    saving: "Đang lưu…",
    editAgain: "Sửa lại",
    asNew: "Dùng làm tin nhắn mới",
    discard: "Bỏ",
  },
  quote: {
    loading: "Đang tải…",
    missing: "Không tìm thấy tin nhắn",
    goTo: "Đến tin nhắn gốc",
    back: "Quay lại",
  },
  actions: (name, time) => `Thao tác với tin nhắn: ${name}, ${time}`,
  person: (name) => `Thao tác với ${name}`,
  mention: (name) => `Nhắc đến ${name}`,
  react: "Bày tỏ cảm xúc",
  copyCode: "Sao chép đoạn mã này",
  reacted: (names, others) => list(names, others).join(""),
  youToo: "Bạn",
  copyLink: (time) => `${time}, sao chép liên kết đến tin nhắn này`,
  linkCopied: "Đã sao chép liên kết.",
  linkNotCopied: "Trình duyệt không cho phép sao chép. Bạn có thể lấy liên kết trên thanh địa chỉ.",
  joined: (names, others) => [...list(names, others), " đã vào phòng"],
  left: (names, others) => [...list(names, others), " đã rời phòng"],
  cameAndWent: (names, others) => [...list(names, others), " đã vào rồi rời phòng"],
  retaken: (names, others) => [...list(names, others), " đã rời phòng; sau đó biệt danh lại có người dùng"],
  cameAndLeft: (joined, left, both) =>
    [
      joined ? `${CHARACTERS.format(joined)} người vào` : "",
      left ? `${CHARACTERS.format(left)} người rời phòng` : "",
      both ? `${CHARACTERS.format(both)} người vào rồi rời phòng` : "",
    ]
      .filter(Boolean)
      .join(", "),
  renamed: (oldname, newname) => [oldname, " đã đổi biệt danh thành ", newname],
  renamedOthers: (n) => `${CHARACTERS.format(n)} người khác đã đổi biệt danh`,
  typing: (names, others) => [...list(names, others), " đang soạn tin nhắn…"],
  composer: {
    label: "Tin nhắn",
    placeholder: "Nhập tin nhắn",
    send: "Gửi",
    emoji: "Chèn biểu tượng cảm xúc",
    hint: (sends) =>
      sends
        ? "Nhấn Enter để gửi, Shift+Enter để xuống dòng, @ để nhắc đến ai đó, dấu : và tên để chèn biểu tượng cảm xúc."
        : "Nhấn Enter để xuống dòng, Ctrl+Enter để gửi, @ để nhắc đến ai đó, dấu : và tên để chèn biểu tượng cảm xúc.",
    left: (n) => `còn ${CHARACTERS.format(n)} ký tự`,
    over: (n) => `thừa ${CHARACTERS.format(n)} ký tự`,
    long: (has, max) =>
      `Tin nhắn có tối đa ${CHARACTERS.format(max)} ký tự; bạn đã nhập ${CHARACTERS.format(has)}.`,
    broken: "Tin nhắn có ký tự không hợp lệ. Hãy xóa các ký tự đó rồi gửi lại.",
    mentions: "Những người có thể nhắc đến",
    replying: (name) => ["Đang trả lời ", name],
    editing: "Đang sửa tin nhắn",
    stopReplying: "Hủy trả lời",
    stopEditing: "Hủy sửa",
    save: "Lưu",
    empty: "Tin nhắn không được để trống.",
    deleteIt: "Xóa tin nhắn",
    commands: "Lệnh",
    offered: (n) => `${CHARACTERS.format(n)} lệnh`,
    emojiNames: "Biểu tượng cảm xúc",
    emojiOffered: (n) => `${CHARACTERS.format(n)} biểu tượng cảm xúc`,
    suggestions: (n) => `Có thể nhắc đến ${CHARACTERS.format(n)} người`,
  },
  roster: {
    you: "bạn",
    online: (n) => `Đang trực tuyến: ${CHARACTERS.format(n)}`,
    onlineThen: (n) => `Trực tuyến lúc mất kết nối: ${CHARACTERS.format(n)}`,
    filter: "Lọc theo biệt danh",
    none: "Không có ai tên như vậy.",
    more: (n) => `và ${CHARACTERS.format(n)} người nữa. Hãy dùng bộ lọc để tìm.`,
    marks: {
      owner: "chủ phòng",
      moderator: "điều hành viên",
      member: "thành viên",
      reserved: "Biệt danh đã được giữ",
      bot: "bot",
      botHint: "Đây là một chương trình, không phải người.",
    },
  },
};

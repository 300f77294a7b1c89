import type { Words } from "./en.ts";

const CHARACTERS = new Intl.NumberFormat("vi");

/** "An", "An và Bình", "An, Bình và 12 người khác". */
function list<T>(names: readonly T[], others: number): readonly (T | string)[] {
  const parts: readonly (T | string)[] =
    others > 0 ? [...names, `${CHARACTERS.format(others)} người khác`] : names;
  return parts.flatMap((part, at) => (at === 0 ? [part] : [at === parts.length - 1 ? " và " : ", ", part]));
}

export const vi: Words = {
  locale: "vi",
  mainRoom: "Phòng chính",
  room: (name) => `Phòng ${name}`,
  pageTitle: (room, unread) => `${unread > 0 ? `(${unread}) ` : ""}${room} · Trò chuyện`,
  skip: "Đến ô soạn tin nhắn",
  close: "Đóng",
  cancel: "Huỷ",
  unloaded: "Không tải được phần này. Nếu vẫn vậy, hãy tải lại trang.",
  loadingPart: "Đang tải…",

  join: {
    title: "Vào phòng trò chuyện",
    lead: "Chọn biệt danh để mọi người nhận ra bạn.",
    nickname: "Biệt danh",
    button: "Vào phòng",
    waiting: "Đang vào…",
  },
  rename: {
    open: "Đổi biệt danh",
    title: "Đổi biệt danh",
    field: "Biệt danh mới",
    button: "Đổi",
    waiting: "Đang đổi…",
  },
  leave: "Rời phòng",
  you: "bạn",
  youAre: "Bạn là",

  nicknameFault: {
    empty: "Hãy nhập biệt danh.",
    long: (has, most) => `Biệt danh dài tối đa ${most} ký tự; biệt danh này có ${has}.`,
    invisible: "Biệt danh phải có ít nhất một ký tự nhìn thấy được.",
    forbidden:
      "Biệt danh không được chứa ký tự điều khiển, ký tự dùng riêng, dấu xuống dòng hay dấu đảo chiều chữ.",
    taken:
      "Trong phòng đã có người dùng biệt danh này, hoặc một biệt danh trông giống hệt. Hãy chọn biệt danh khác.",
    refused: "Máy chủ không nhận biệt danh này. Hãy chọn biệt danh khác.",
  },
  failure: {
    content: "Máy chủ không nhận tin nhắn này.",
    store: "Máy chủ chưa lưu được. Hãy thử lại sau giây lát.",
    rate: (seconds) => `Bạn thao tác quá nhanh. Hãy thử lại sau ${seconds} giây.`,
    uncertain: "Mất kết nối giữa chừng. Tin nhắn có thể đã đến hoặc chưa.",
    full: "Đã có quá nhiều tin nhắn đang chờ gửi.",
    closed: "Bạn đã rời phòng trước khi tin nhắn đến nơi.",
    left: "Trang đã đóng trước khi tin nhắn được gửi đi.",
    unknown: "Máy chủ không làm được việc này. Hãy thử lại.",
  },

  connection: {
    label: "Kết nối",
    connected: "Đã kết nối",
    connecting: "Đang kết nối…",
    waiting: "Mất kết nối",
    elsewhere: "Đang mở ở thẻ khác",
    retryIn: (seconds) => `Kết nối lại sau ${seconds} giây`,
    slowed: (seconds) => `Quá nhiều yêu cầu cùng lúc. Tự tiếp tục sau ${seconds} giây`,
    offline: "Bạn đang ngoại tuyến",
    kept: (n) => `${CHARACTERS.format(n)} tin nhắn sẽ được gửi ngay khi có kết nối trở lại.`,
    retry: "Thử ngay",
  },
  ended: {
    takenTitle: "Phòng này đang mở ở một thẻ khác",
    taken: (name) => ["Ở thẻ đó bạn là ", name, "."],
    takeOver: "Tiếp tục ở đây",
    goOn: (name) => ["Tiếp tục ở đây với biệt danh ", name],
    other: "Vào với biệt danh khác",
    refusedTitle: "Máy chủ đã ngắt kết nối",
    refused: (code, reason) =>
      `Mã lỗi: ${code}${reason === "" ? "" : ` (${reason})`}. Những gì bạn đang xem vẫn còn ở đây.`,
    again: "Kết nối lại",
  },

  messages: "Tin nhắn",
  empty: "Chưa có tin nhắn nào. Hãy viết tin đầu tiên.",
  loading: "Đang tải tin nhắn…",
  beginning: "Cuộc trò chuyện bắt đầu từ đây.",
  older: "Tải tin nhắn cũ hơn",
  olderFailed: "Không tải được tin nhắn cũ hơn.",
  retry: "Thử lại",
  remove: "Xoá",
  newMessages: "Tin nhắn mới",
  firstNew: "Tin nhắn mới đầu tiên",
  newest: (n) => (n === 0 ? "Đến tin mới nhất" : `${CHARACTERS.format(n)} tin nhắn mới`),
  gap: (n) => `${CHARACTERS.format(n)} tin nhắn không còn được lưu.`,
  gone: "Tin nhắn đó không còn nữa.",
  today: "Hôm nay",
  yesterday: "Hôm qua",
  sending: "Đang gửi…",
  sendingLater: "Đang chờ kết nối…",
  sent: "Đã gửi",
  anew: "mới vào lại",
  anewHint: "Biệt danh này từng bị bỏ trống, nên người dùng nó bây giờ có thể là người khác.",
  showAll: "Xem tất cả",
  showLess: "Thu gọn",
  failed: (reason) => `Chưa gửi được. ${reason}`,
  copyLink: (time) => `${time}, sao chép liên kết đến tin nhắn này`,
  linkCopied: "Đã sao chép liên kết.",
  linkNotCopied: "Trình duyệt không cho phép sao chép. Liên kết nằm ở thanh địa chỉ.",
  announce: (name, content) => `${name}: ${content}`,
  announceMore: (n) => `và ${CHARACTERS.format(n)} tin nhắn nữa`,

  joined: (names, others) => [...list(names, others), " đã vào phòng"],
  left: (names, others) => [...list(names, others), " đã rời phòng"],
  passed: (names, others) => [...list(names, others), " đã vào rồi rời phòng"],
  returned: (names, others) => [...list(names, others), " đã rời phòng; biệt danh lại có người dùng"],
  renamed: (oldname, newname) => [oldname, " giờ là ", newname],
  renamedOthers: (n) => `${CHARACTERS.format(n)} người khác đã đổi biệt danh`,
  typing: (names, others) => [...list(names, others), " đang viết…"],

  composer: {
    label: "Tin nhắn",
    placeholder: "Viết tin nhắn",
    send: "Gửi",
    hint: "Enter để gửi, Shift+Enter để xuống dòng, @ để nhắc tên ai đó.",
    left: (n) => `còn ${CHARACTERS.format(n)} ký tự`,
    over: (n) => `thừa ${CHARACTERS.format(n)} ký tự`,
    long: (has, most) =>
      `Tin nhắn dài tối đa ${CHARACTERS.format(most)} ký tự; tin này có ${CHARACTERS.format(has)}.`,
    broken: "Tin nhắn có ký tự bị hỏng. Hãy xoá chúng rồi gửi lại.",
    mentions: "Những người có thể nhắc tên",
    suggestions: (n) => `Có ${n} người để nhắc tên`,
  },

  people: {
    title: "Mọi người",
    show: (n) => `Mọi người: ${n}`,
    online: (n) => `Đang có mặt: ${n}`,
    filter: "Lọc theo tên",
    none: "Không có ai tên như vậy.",
    more: (n) => `và ${CHARACTERS.format(n)} người nữa. Hãy lọc để tìm.`,
  },

  settings: "Cài đặt",
  transcript: (room, time) => `${room}, ${time}`,
  mentioned: (name) => `${name} nhắc tên bạn`,
};

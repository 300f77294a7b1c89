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
  cancel: "Hủy",
  loadFailed: "Không tải được phần này. Nếu vẫn lỗi, hãy tải lại trang.",
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
    long: (has, max) => `Biệt danh có tối đa ${max} ký tự; bạn đã nhập ${has}.`,
    invisible: "Biệt danh phải có ít nhất một ký tự nhìn thấy được.",
    forbidden:
      "Biệt danh không được chứa ký tự điều khiển, ký tự dùng riêng, dấu xuống dòng hay ký tự đổi chiều chữ.",
    taken:
      "Trong phòng đã có người dùng biệt danh này, hoặc một biệt danh trông rất giống. Hãy chọn biệt danh khác.",
    refused: "Máy chủ không chấp nhận biệt danh này. Hãy chọn biệt danh khác.",
    reserved: "Biệt danh này, hoặc một biệt danh trông rất giống, đã có người giữ. Hãy chọn biệt danh khác.",
    given: "Biệt danh của bạn do trang web mà bạn đã đăng nhập đặt.",
  },
  failure: {
    content: "Máy chủ không chấp nhận tin nhắn này.",
    store: "Máy chủ chưa lưu được. Hãy thử lại sau giây lát.",
    rate: (seconds) => `Bạn thao tác quá nhanh. Hãy thử lại sau ${seconds} giây.`,
    uncertain: "Mất kết nối giữa chừng nên không rõ tin nhắn đã đến nơi hay chưa.",
    full: "Đã có quá nhiều tin nhắn đang chờ gửi.",
    closed: "Cuộc trò chuyện đã kết thúc trước khi tin nhắn được gửi đi.",
    left: "Trang đã đóng trước khi tin nhắn được gửi đi.",
    login: "Hãy đăng nhập ở trang web có phòng trò chuyện này.",
    unknown: "Đã có lỗi xảy ra. Hãy thử lại.",
  },

  connection: {
    label: "Kết nối",
    connected: "Đã kết nối",
    connecting: "Đang kết nối…",
    waiting: "Mất kết nối",
    elsewhere: "Đang mở ở thẻ khác",
    retryIn: (seconds) => `Kết nối lại sau ${seconds} giây`,
    slowed: (seconds) => `Bạn thao tác quá nhanh. Sẽ tiếp tục sau ${seconds} giây`,
    offline: "Bạn đang ngoại tuyến",
    kept: (n) => `${CHARACTERS.format(n)} tin nhắn sẽ được gửi ngay khi có kết nối trở lại.`,
    retry: "Thử ngay",
  },
  ended: {
    takenTitle: "Phòng này đang mở ở một thẻ khác",
    taken: (name) => ["Ở thẻ đó, biệt danh của bạn là ", name, "."],
    takeOver: "Tiếp tục ở đây",
    goOn: (name) => ["Tiếp tục ở đây với biệt danh ", name],
    other: "Vào với biệt danh khác",
    refusedTitle: "Máy chủ đã ngắt kết nối",
    refused: (code, reason) =>
      `Mã lỗi: ${code}${reason === "" ? "" : ` (${reason})`}. Những tin nhắn đang hiển thị vẫn còn ở đây.`,
    again: "Kết nối lại",
  },

  messages: "Tin nhắn",
  empty: "Chưa có tin nhắn nào. Hãy gửi tin nhắn đầu tiên.",
  loading: "Đang tải tin nhắn…",
  beginning: "Cuộc trò chuyện bắt đầu từ đây.",
  older: "Tải tin nhắn cũ hơn",
  olderFailed: "Không tải được tin nhắn cũ hơn.",
  retry: "Thử lại",
  remove: "Xóa",
  newMessages: "Tin nhắn mới",
  firstNew: "Tin nhắn mới đầu tiên",
  newest: (n) => (n === 0 ? "Đến tin nhắn mới nhất" : `${CHARACTERS.format(n)} tin nhắn mới`),
  gap: (n) => `${CHARACTERS.format(n)} tin nhắn không còn được lưu.`,
  gone: "Tin nhắn đó không còn nữa.",
  today: "Hôm nay",
  yesterday: "Hôm qua",
  sending: "Đang gửi…",
  sendingLater: "Đang chờ kết nối…",
  sent: "Đã gửi",
  newHolder: "đã vào lại",
  newHolderHint: "Đã có lúc không ai dùng biệt danh này, nên bây giờ đây có thể là người khác.",
  showAll: "Xem tất cả",
  showLess: "Thu gọn",
  failed: (reason) => `Gửi không thành công. ${reason}`,
  copyLink: (time) => `${time}, sao chép liên kết đến tin nhắn này`,
  linkCopied: "Đã sao chép liên kết.",
  linkNotCopied: "Trình duyệt không cho phép sao chép. Bạn có thể lấy liên kết trên thanh địa chỉ.",
  announce: (name, content) => `${name}: ${content}`,
  announceMore: (n) => `và ${CHARACTERS.format(n)} tin nhắn nữa`,

  joined: (names, others) => [...list(names, others), " đã vào phòng"],
  left: (names, others) => [...list(names, others), " đã rời phòng"],
  cameAndWent: (names, others) => [...list(names, others), " đã vào rồi rời phòng"],
  retaken: (names, others) => [...list(names, others), " đã rời phòng; sau đó biệt danh lại có người dùng"],
  renamed: (oldname, newname) => [oldname, " đã đổi biệt danh thành ", newname],
  renamedOthers: (n) => `${CHARACTERS.format(n)} người khác đã đổi biệt danh`,
  typing: (names, others) => [...list(names, others), " đang soạn tin nhắn…"],

  composer: {
    label: "Tin nhắn",
    placeholder: "Nhập tin nhắn",
    send: "Gửi",
    emoji: "Chèn biểu tượng cảm xúc",
    hint: "Nhấn Enter để gửi, Shift+Enter để xuống dòng, @ để nhắc đến ai đó.",
    left: (n) => `còn ${CHARACTERS.format(n)} ký tự`,
    over: (n) => `thừa ${CHARACTERS.format(n)} ký tự`,
    long: (has, max) =>
      `Tin nhắn có tối đa ${CHARACTERS.format(max)} ký tự; bạn đã nhập ${CHARACTERS.format(has)}.`,
    broken: "Tin nhắn có ký tự bị lỗi. Hãy xóa các ký tự đó rồi gửi lại.",
    mentions: "Những người có thể nhắc đến",
    suggestions: (n) => `Có thể nhắc đến ${n} người`,
  },

  people: {
    title: "Mọi người",
    show: (n) => `Mọi người: ${n}`,
    online: (n) => `Đang trực tuyến: ${n}`,
    filter: "Lọc theo biệt danh",
    none: "Không tìm thấy ai.",
    more: (n) => `và ${CHARACTERS.format(n)} người nữa. Hãy dùng bộ lọc để tìm.`,
  },

  settings: "Cài đặt",
  key: "Khóa của bạn",
  transcript: (room, time) => `${room}, ${time}`,
  mentioned: (name) => `${name} đã nhắc đến bạn`,
};

/** The texts of the view of the person's key, loaded together with it. */
import type { Language } from "./languages.ts";

const en = {
  lead: "The chat recognises you by a secret key in this browser: in all its rooms, whatever your nickname is. With the key you can edit and delete your messages and reserve nicknames.",
  secret: "Anyone who has your key can act as you. Never give it to anyone.",
  none: "You have no key yet. The chat makes one when you send your first message, and keeps it in this browser only.",
  make: "Make my key now",
  login: "You are signed in to the site this chat belongs to, and the chat recognises you by that.",

  you: "You in this chat",
  id: "Public ID",
  idNote: "Not a secret. The people who run the chat need it to give you a role.",
  role: "Role here",
  roles: { visitor: "Visitor", member: "Member", moderator: "Moderator", owner: "Owner" },
  unknown: "Waiting for the server…",

  names: "Reserved nicknames",
  namesLead:
    "No one else can take a nickname you have reserved, or one that looks like it, even while you are away.",
  namesNone: "You have not reserved a nickname.",
  reserve: <T>(name: T): readonly (T | string)[] => ["Reserve ", name],
  release: "Release",
  releaseName: (name: string) => `Release ${name}`,
  wasReserved: (name: string) => `${name} is reserved for you.`,
  wasReleased: (name: string) => `${name} is no longer reserved.`,

  carry: "Use your key on another device",
  carryLead: "There, scan the picture, open the link, or enter the code under Settings, Your key.",
  show: "Show my key",
  hide: "Hide",
  code: "Code",
  link: "Link",
  picture: "QR code of the link with your key",

  enter: "Use a key from another device",
  enterLead: "Enter the code shown there, and you are the same person here.",
  enterField: "Code from the other device",
  enterButton: "Use this key",
  enterFault:
    "This is not a key. A key has at least 22 letters, digits, hyphens and underscores, without spaces.",
  same: "This browser already uses this key.",
  taken: "This browser uses the key now.",
  replace: "Replace your key?",
  replaceText:
    "This browser already has a key. If you replace it, messages you wrote with the current key are no longer yours here, and nicknames reserved with it stay reserved for it. Without a copy of the current key you can’t get it back.",
  replaceYes: "Replace my key",
  replaceNo: "Keep my key",

  linked: "A link with a key",
  linkedText:
    "The link you opened contains a key. Use it only if it is your own, from another device of yours: whoever gave you the link can also edit and delete what you write with it.",
  linkedYes: "Use this key here",
  linkedNo: "Do not use it",
  linkedFault: "The link you opened contains no valid key. Copy it again on the other device.",

  owner: "Become the owner of this chat",
  ownerText:
    "This link makes one person an owner. Owners give roles to others and can delete messages. The role is tied to the key in this browser.",
  ownerMakes: "You have no key yet, so one is made now.",
  ownerYes: "Become the owner",
  owned: "You are now the owner of this chat.",
  ownedNote:
    "Keep your key: without it you are no longer the owner. To use it on another device, open Settings, Your key.",

  written: "What you wrote in this room",
  writtenLead: "All messages of yours that the chat still has here, under any nickname.",
  writtenSave: "Download everything I wrote",
  writtenSaved: (n: number) => (n === 1 ? "1 message saved as a file." : `${n} messages saved as a file.`),
  writtenDelete: "Delete everything I wrote",
  writtenSure: "Delete all your messages in this room? This can’t be undone.",
  writtenDeleted: (n: number) =>
    n === 1 ? "1 message is being deleted." : `${n} messages are being deleted.`,

  forget: "Forget me on this device",
  forgetLead:
    "Removes your key, nicknames, drafts, pictures and settings of this chat from this browser, and leaves the chat. What you wrote stays in the chat.",
  forgetYes: "Forget me",
  forgetSure:
    "Forget everything? Without a copy of your key you can never edit your messages again, and your reserved nicknames are lost to you.",
  forgetting: "Forgetting…",
  cancel: "Cancel",

  faults: {
    taken: "Someone else has reserved this nickname, or one that looks like it.",
    many: "No more nicknames can be reserved: you, or people at your address, have reserved as many as allowed.",
    notYours: "You have a different nickname now. Change back to this one first.",
    nobody: "The server does not know you yet. Wait for the connection and try again.",
    code: "This link is no longer valid, or someone has already used it. Whoever runs the server can make a new one.",
    store: "The server could not save this. Try again in a moment.",
    rate: "You’re going too fast. Try again in a moment.",
    old: "This server is too old to support keys.",
    login: "Sign in to the site this chat belongs to.",
    closed: "The chat has ended. Reconnect first.",
    unknown: "Something went wrong. Try again.",
  },
};

const vi: typeof en = {
  lead: "Phòng trò chuyện nhận ra bạn nhờ một khóa bí mật lưu trong trình duyệt này: ở mọi phòng, dù bạn dùng biệt danh nào. Có khóa, bạn sửa và xóa được tin nhắn của mình, và giữ được biệt danh.",
  secret: "Ai có khóa của bạn thì chính là bạn. Đừng bao giờ đưa khóa cho người khác.",
  none: "Bạn chưa có khóa. Khóa sẽ được tạo khi bạn gửi tin nhắn đầu tiên và chỉ lưu trong trình duyệt này.",
  make: "Tạo khóa ngay",
  login: "Bạn đã đăng nhập ở trang web có phòng trò chuyện này, và phòng nhận ra bạn nhờ đó.",

  you: "Bạn trong phòng trò chuyện",
  id: "Mã công khai",
  idNote: "Mã này không phải bí mật. Người quản lý cần nó để giao vai trò cho bạn.",
  role: "Vai trò ở đây",
  roles: { visitor: "Khách", member: "Thành viên", moderator: "Điều hành viên", owner: "Chủ phòng" },
  unknown: "Đang chờ máy chủ…",

  names: "Biệt danh đã giữ",
  namesLead:
    "Không ai khác lấy được biệt danh bạn đã giữ, hay biệt danh trông rất giống, kể cả khi bạn vắng mặt.",
  namesNone: "Bạn chưa giữ biệt danh nào.",
  reserve: (name) => ["Giữ biệt danh ", name],
  release: "Bỏ giữ",
  releaseName: (name) => `Bỏ giữ ${name}`,
  wasReserved: (name) => `Đã giữ biệt danh ${name} cho bạn.`,
  wasReleased: (name) => `Không còn giữ biệt danh ${name} nữa.`,

  carry: "Dùng khóa trên thiết bị khác",
  carryLead: "Trên thiết bị đó, hãy quét mã QR, mở liên kết, hoặc nhập mã trong Cài đặt, mục Khóa của bạn.",
  show: "Hiện khóa của tôi",
  hide: "Ẩn",
  code: "Mã",
  link: "Liên kết",
  picture: "Mã QR của liên kết chứa khóa của bạn",

  enter: "Dùng khóa từ thiết bị khác",
  enterLead: "Nhập mã hiện trên thiết bị đó để phòng trò chuyện nhận ra bạn ở đây.",
  enterField: "Mã từ thiết bị khác",
  enterButton: "Dùng khóa này",
  enterFault:
    "Đây không phải là khóa. Khóa có ít nhất 22 ký tự gồm chữ cái, chữ số, gạch nối và gạch dưới, không có dấu cách.",
  same: "Trình duyệt này đang dùng chính khóa đó.",
  taken: "Trình duyệt này đã chuyển sang dùng khóa đó.",
  replace: "Thay khóa của bạn?",
  replaceText:
    "Trình duyệt này đã có khóa. Nếu thay, những tin nhắn bạn viết bằng khóa hiện tại sẽ không còn là của bạn ở đây, và biệt danh đã giữ vẫn thuộc về khóa cũ. Nếu không có bản sao của khóa hiện tại, bạn không thể lấy lại nó.",
  replaceYes: "Thay khóa",
  replaceNo: "Giữ khóa hiện tại",

  linked: "Liên kết có chứa khóa",
  linkedText:
    "Liên kết bạn vừa mở có chứa một khóa. Chỉ dùng nếu đó là khóa của chính bạn, lấy từ thiết bị khác của bạn: người đưa liên kết cũng sửa và xóa được những gì bạn viết bằng khóa này.",
  linkedYes: "Dùng khóa này ở đây",
  linkedNo: "Không dùng",
  linkedFault: "Liên kết bạn vừa mở không chứa khóa hợp lệ. Hãy sao chép lại trên thiết bị kia.",

  owner: "Trở thành chủ phòng trò chuyện",
  ownerText:
    "Liên kết này cho một người làm chủ phòng. Chủ phòng giao vai trò cho người khác và xóa được tin nhắn. Quyền này gắn với khóa trong trình duyệt này.",
  ownerMakes: "Bạn chưa có khóa, nên một khóa sẽ được tạo ngay.",
  ownerYes: "Trở thành chủ phòng",
  owned: "Bây giờ bạn là chủ phòng trò chuyện này.",
  ownedNote:
    "Hãy giữ khóa của bạn: mất khóa thì bạn không còn là chủ phòng. Bạn có thể chuyển khóa sang thiết bị khác trong Cài đặt, mục Khóa của bạn.",

  written: "Những gì bạn đã viết trong phòng này",
  writtenLead: "Mọi tin nhắn của bạn mà phòng còn lưu, dù viết với biệt danh nào.",
  writtenSave: "Tải về mọi tin tôi đã viết",
  writtenSaved: (n) => `Đã lưu ${n} tin nhắn thành tệp.`,
  writtenDelete: "Xóa mọi tin tôi đã viết",
  writtenSure: "Xóa mọi tin nhắn của bạn trong phòng này? Không ai khôi phục lại được.",
  writtenDeleted: (n) => `Đang xóa ${n} tin nhắn.`,

  forget: "Quên tôi trên thiết bị này",
  forgetLead:
    "Xóa khóa, biệt danh, bản nháp, ảnh và cài đặt của phòng trò chuyện này khỏi trình duyệt, rồi rời phòng. Những gì bạn đã viết vẫn ở lại trong phòng.",
  forgetYes: "Quên tôi",
  forgetSure:
    "Quên tất cả? Nếu không có bản sao của khóa, bạn sẽ không bao giờ sửa được tin nhắn của mình nữa và mất các biệt danh đã giữ.",
  forgetting: "Đang xóa…",
  cancel: "Hủy",

  faults: {
    taken: "Người khác đã giữ biệt danh này, hoặc một biệt danh trông rất giống.",
    many: "Không giữ thêm biệt danh được nữa: bạn, hoặc những người dùng chung địa chỉ mạng với bạn, đã giữ đủ số cho phép.",
    notYours: "Bây giờ bạn dùng biệt danh khác rồi. Hãy đổi sang biệt danh này trước.",
    nobody: "Máy chủ chưa nhận ra bạn. Hãy chờ kết nối rồi thử lại.",
    code: "Liên kết này không còn hiệu lực hoặc đã có người dùng. Người quản lý máy chủ có thể tạo liên kết mới.",
    store: "Máy chủ chưa lưu được. Hãy thử lại sau giây lát.",
    rate: "Bạn thao tác quá nhanh. Hãy thử lại sau giây lát.",
    old: "Máy chủ này quá cũ, chưa hỗ trợ khóa.",
    login: "Hãy đăng nhập ở trang web có phòng trò chuyện này.",
    closed: "Cuộc trò chuyện đã kết thúc. Hãy kết nối lại trước.",
    unknown: "Đã có lỗi xảy ra. Hãy thử lại.",
  },
};

export type KeyWords = typeof en;

export const KEY_WORDS: Readonly<Record<Language, KeyWords>> = { en, vi };

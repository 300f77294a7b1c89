/** The texts on the pictures of the classic theme, loaded together with these. */
import type { Language } from "./languages.ts";

const en = {
  pictures: "Background pictures",
  picturesLead: "They stay in this browser; no one else sees them.",
  page: "Page",
  chat: "Chat",
  roster: "People",
  dialog: "Settings",
  choose: (place: string) => `Choose a picture: ${place}`,
  chooseShort: "Choose…",
  address: (place: string) => `Picture address: ${place}`,
  addressHint: "https://…",
  addressFault: "That isn’t an address that starts with https://.",
  addressNote:
    "Pictures from the web are loaded from their site on every visit, so that site can see when you open the chat. The page reloads once to allow this.",
  use: "Use",
  clear: (place: string) => `Remove the picture: ${place}`,
  pictureFault: "Your browser can’t show this file as a picture.",
};

const vi: typeof en = {
  pictures: "Ảnh nền",
  picturesLead: "Ảnh chỉ được lưu trong trình duyệt này, không ai khác nhìn thấy.",
  page: "Trang",
  chat: "Khung trò chuyện",
  roster: "Mọi người",
  dialog: "Cài đặt",
  choose: (place) => `Chọn ảnh: ${place}`,
  chooseShort: "Chọn ảnh…",
  address: (place) => `Địa chỉ ảnh: ${place}`,
  addressHint: "https://…",
  addressFault: "Hãy nhập địa chỉ bắt đầu bằng https://.",
  addressNote:
    "Ảnh từ địa chỉ web được tải lại mỗi lần mở trang, nên trang web đó biết khi nào bạn mở. Trang này sẽ tải lại một lần để cho phép việc đó.",
  use: "Dùng",
  clear: (place) => `Bỏ ảnh: ${place}`,
  pictureFault: "Trình duyệt không hiển thị được tệp này dưới dạng ảnh.",
};

export const PICTURE_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };

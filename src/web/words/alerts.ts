/** The texts of notifications and of their settings, loaded together with them. */
import type { Language } from "./languages.ts";

const en = {
  notifications: "Notifications",
  sound: "Play a sound",
  notify: "Show notifications",
  inRoom: "In this room, for",
  all: "All messages",
  mentions: "Mentions of you",
  none: "Nothing",
  example: "Notifications look like this",
  mentioned: (name: string) => `${name} mentioned you`,
  cannot: {
    insecure: "Browsers show notifications only for pages that are loaded over HTTPS.",
    framed: "There are no notifications in a frame. Open the chat in a tab of its own.",
    missing:
      "This browser cannot show notifications for this page. On an iPhone or iPad, add the chat to the Home Screen and open it from there.",
    denied: "The browser does not allow notifications for this page. You can change that in its settings.",
    failed: "The browser did not show the notification.",
  },
};

const vi: typeof en = {
  notifications: "Thông báo",
  sound: "Phát âm thanh",
  notify: "Hiện thông báo",
  inRoom: "Trong phòng này, khi có",
  all: "Mọi tin nhắn",
  mentions: "Người nhắc đến bạn",
  none: "Không báo gì",
  example: "Thông báo sẽ hiện như thế này",
  mentioned: (name) => `${name} đã nhắc đến bạn`,
  cannot: {
    insecure: "Trình duyệt chỉ hiện thông báo cho trang được tải qua HTTPS.",
    framed: "Không có thông báo khi trang nằm trong khung. Hãy mở phòng trò chuyện trong một thẻ riêng.",
    missing:
      "Trình duyệt này không hiện được thông báo cho trang này. Trên iPhone hoặc iPad, hãy thêm trang vào Màn hình chính rồi mở từ đó.",
    denied:
      "Trình duyệt không cho phép trang này hiện thông báo. Bạn có thể đổi việc này trong cài đặt của trình duyệt.",
    failed: "Trình duyệt đã không hiện thông báo.",
  },
};

export const ALERT_WORDS: Readonly<Record<Language, typeof en>> = { en, vi };

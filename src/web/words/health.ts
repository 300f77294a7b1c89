/** The texts about the server, loaded together with them. */
import type { HealthNotice } from "../../client/health.ts";
import type { NoticeKind, NoticeValues } from "../../protocol/kinds/health.ts";
import { isKeyOf } from "../../protocol/table.ts";
import type { Language } from "./languages.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const EN = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const VI = new Intl.NumberFormat("vi", { maximumFractionDigits: 1 });

function sizeIn(numbers: Intl.NumberFormat, bytes: number): string {
  return bytes >= GIB ? `${numbers.format(bytes / GIB)} GiB` : `${numbers.format(bytes / MIB)} MiB`;
}

const HOUR_MS = 60 * 60 * 1000;
const VI_MOMENT = new Intl.DateTimeFormat("vi", { dateStyle: "long", timeStyle: "short" });
const VI_DATE = new Intl.DateTimeFormat("vi", { dateStyle: "long" });

const en = {
  loading: "Loading…",
  well: "Everything is well.",
  notices: "Needs attention",
  severity: { warning: "Warning", fault: "Fault" } as Readonly<Record<HealthNotice["severity"], string>>,
  since: (moment: string) => `since ${moment}`,
  /** The server says it in English. */
  notice: (notice: HealthNotice): string => notice.text,
  figures: "Figures",
  people: "People here now",
  /** @param most undefined if that is unlimited */
  ofConnections: (people: number, connections: number, most: number | undefined) =>
    most === undefined
      ? `${EN.format(people)} (${EN.format(connections)} connections)`
      : `${EN.format(people)} (${EN.format(connections)} of ${EN.format(most)} connections)`,
  rooms: "Rooms open",
  messages: "Messages since the start",
  storing: "Storing messages",
  stores: (isHealthy: boolean): string => (isHealthy ? "works" : "fails"),
  disk: "Free on the disk",
  ofDisk: (free: number, size: number) => `${sizeIn(EN, free)} of ${sizeIn(EN, size)}`,
  data: "Size of the data",
  /** @param moment undefined if there is none */
  backup: (moment: string | undefined) => moment ?? "none yet",
  newestBackup: "Newest backup",
  memory: "Memory",
  size: (bytes: number) => sizeIn(EN, bytes),
  waiting: "Waiting in all rooms",
  waits: (reports: number, held: number) => `${EN.format(reports)} reports, ${EN.format(held)} held messages`,
  raids: "Rooms in raid mode",
  version: "Version",
  started: "Running since",
  number: (number: number) => EN.format(number),
};

/** What the server says, in Vietnamese. */
const VI_NOTICES: {
  readonly [K in NoticeKind]: (values: NoticeValues[K], about: string) => string;
} = {
  disk: ({ freeBytes }) =>
    `Ổ đĩa chứa lịch sử sắp đầy: còn trống ${sizeIn(VI, freeBytes)}. Hãy dọn bớt, hoặc giữ ít tin nhắn hơn (--keep-days, --max-history).`,
  store: () => "Không lưu được tin nhắn nên máy chủ từ chối nhận. Xem lý do trong nhật ký.",
  clock: ({ byMs }) =>
    `Đồng hồ đã nhảy ${byMs < 0 ? "lùi" : "tới"} ${VI.format(Math.round(Math.abs(byMs) / 1000))} giây, hoặc máy vừa ngủ. Nếu còn xảy ra, hãy kiểm tra dịch vụ chỉnh giờ.`,
  certificate: ({ endsAt }) =>
    `Chứng chỉ hết hạn ngày ${VI_DATE.format(endsAt)}. Hãy gia hạn: từ lúc đó trình duyệt sẽ từ chối trang này.`,
  "early-certificate": ({ beginsAt }) =>
    `Chứng chỉ chỉ có hiệu lực từ ngày ${VI_DATE.format(beginsAt)}. Trước lúc đó trình duyệt từ chối trang này.`,
  renewal: ({ reason }) => `Chứng chỉ mới không dùng được nên máy chủ giữ chứng chỉ cũ: ${reason}`,
  limit: ({ most }, option) =>
    `Đã chạm giới hạn --${option} (${VI.format(most)}) và có người bị từ chối. Nếu đó không phải kẻ phá, hãy nâng giới hạn.`,
  descriptors: ({ most, wanted }) =>
    `Hệ thống cho mở quá ít tệp (ulimit -n), nên chỉ có được ${VI.format(most)} kết nối thay vì ${VI.format(wanted)}. Hãy nâng giới hạn đó (systemd: LimitNOFILE=65536).`,
  log: () => "Nhật ký bị mất một số dòng: ổ đĩa của nó đầy, hoặc chương trình đọc nó quá chậm.",
  backup: ({ reason }) => `Không sao lưu được; các bản sao lưu trước vẫn còn. ${reason}`,
  "late-backup": ({ folder, everyMs, newestAt }) =>
    `${newestAt === undefined ? `Chưa có bản sao lưu nào trong ${folder}` : `Bản sao lưu mới nhất trong ${folder} là của ${VI_MOMENT.format(newestAt)}`}, dù cứ ${VI.format(everyMs / HOUR_MS)} giờ phải có một bản. Hãy tự sao lưu để xem vướng ở đâu: \`npm start -- backup FILE\`.`,
  webhook: ({ label, reason }, id) =>
    `Webhook ${label} (${id}) đã bị tắt: ${reason}. Lệnh \`npm start -- webhook enable ${id}\` cho nó chạy tiếp từ chỗ cũ.`,
  node: ({ version, endsAt }) =>
    `Node.js ${version} không còn được vá lỗi bảo mật từ ngày ${VI_DATE.format(endsAt)}. Hãy cài phiên bản mới hơn rồi khởi động lại máy chủ.`,
};

const vi: typeof en = {
  loading: "Đang tải…",
  well: "Mọi thứ đều ổn.",
  notices: "Cần chú ý",
  severity: { warning: "Cảnh báo", fault: "Lỗi" },
  since: (moment) => `từ ${moment}`,
  notice: ({ kind, values, about = "", text }) => {
    if (!isKeyOf(VI_NOTICES, kind)) return text;
    // The values of a kind are those that the server gives it.
    const words = VI_NOTICES[kind] as (values: HealthNotice["values"], about: string) => string;
    return words(values, about);
  },
  figures: "Số liệu",
  people: "Người đang ở đây",
  ofConnections: (people, connections, most) =>
    most === undefined
      ? `${VI.format(people)} (${VI.format(connections)} kết nối)`
      : `${VI.format(people)} (${VI.format(connections)} trên ${VI.format(most)} kết nối)`,
  rooms: "Phòng đang mở",
  messages: "Tin nhắn từ lúc khởi động",
  storing: "Lưu tin nhắn",
  stores: (isHealthy) => (isHealthy ? "hoạt động" : "bị lỗi"),
  disk: "Ổ đĩa còn trống",
  ofDisk: (free, size) => `${sizeIn(VI, free)} trên ${sizeIn(VI, size)}`,
  data: "Dung lượng dữ liệu",
  backup: (moment) => moment ?? "chưa có",
  newestBackup: "Bản sao lưu mới nhất",
  memory: "Bộ nhớ",
  size: (bytes) => sizeIn(VI, bytes),
  waiting: "Đang chờ ở mọi phòng",
  waits: (reports, held) => `${VI.format(reports)} báo cáo, ${VI.format(held)} tin chờ duyệt`,
  raids: "Phòng đang chống quấy phá",
  version: "Phiên bản",
  started: "Chạy từ",
  number: (number) => VI.format(number),
};

export type HealthWords = typeof en;

export const HEALTH_WORDS: Readonly<Record<Language, HealthWords>> = { en, vi };

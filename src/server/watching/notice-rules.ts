import type { NoticeKind, NoticeSeverity, NoticeValues } from "../../protocol/kinds/health.ts";

interface NoticeRule<K extends NoticeKind> {
  readonly severity: NoticeSeverity;
  /** What it is, and what to do, for the operator. */
  readonly sentence: (values: Readonly<NoticeValues[K]>, about: string) => string;
  /** Whether whoever raises it writes a line of its own to the log. */
  readonly isLoggedElsewhere?: true;
}

/** Every kind of notice. A kind that is missing here does not compile. */
export const NOTICE_RULES: { readonly [K in NoticeKind]: NoticeRule<K> } = {
  disk: {
    severity: "warning",
    sentence: ({ freeBytes }) =>
      `The disk with the history is nearly full: ${sizeText(freeBytes)} are free. Make room, or keep fewer messages (--keep-days, --max-history).`,
  },
  store: {
    severity: "fault",
    sentence: () => "Messages cannot be stored, and are refused. The log says why.",
    isLoggedElsewhere: true,
  },
  clock: {
    severity: "warning",
    sentence: ({ byMs }) =>
      `The clock has jumped ${byMs < 0 ? "back" : "ahead"} by ${Math.round(Math.abs(byMs) / 1000)} s, or the machine was asleep. If it jumps again, look at its time service.`,
  },
  certificate: {
    severity: "fault",
    sentence: ({ endsAt }) =>
      `The certificate ends on ${new Date(endsAt).toISOString()}. Renew it: browsers refuse the chat from then on.`,
  },
  "early-certificate": {
    severity: "fault",
    sentence: ({ beginsAt }) =>
      `The certificate is valid only from ${new Date(beginsAt).toISOString()}. Browsers refuse the chat until then.`,
  },
  renewal: {
    severity: "warning",
    sentence: ({ reason }) =>
      `The certificate has changed and cannot be used, so the one from before stays: ${reason}`,
    // Each reason, also while the notice stands.
    isLoggedElsewhere: true,
  },
  limit: {
    severity: "warning",
    sentence: ({ most }, option) =>
      `The limit --${option} of ${most} was reached, and people were turned away. If they were no attackers, raise it.`,
  },
  descriptors: {
    severity: "warning",
    sentence: ({ most, wanted }) =>
      `The system gives so few files (ulimit -n) that there can be ${most} connections and not ${wanted}. Raise that limit (systemd: LimitNOFILE=65536).`,
  },
  log: {
    severity: "warning",
    sentence: () => "Lines of the log were lost: its disk is full, or its reader is too slow.",
    isLoggedElsewhere: true,
  },
  backup: {
    severity: "fault",
    sentence: ({ reason }) => `No backup could be made; earlier ones are kept. ${reason}`,
    isLoggedElsewhere: true,
  },
  "late-backup": {
    severity: "fault",
    sentence: ({ folder, everyMs, newestAt }) =>
      `${newestAt === undefined ? `There is no backup in ${folder} yet` : `The newest backup in ${folder} is from ${new Date(newestAt).toISOString()}`}, although one is due every ${hoursText(everyMs)}. Make one by hand to see what is holding them up: \`npm start -- backup FILE\`.`,
  },
  webhook: {
    severity: "warning",
    sentence: ({ label, reason }, id) =>
      `The webhook ${label} (${id}) is disabled: ${reason}. \`npm start -- webhook enable ${id}\` lets it go on where it was.`,
    isLoggedElsewhere: true,
  },
  node: {
    severity: "warning",
    sentence: ({ version, endsAt }) =>
      `Node.js ${version} gets no security updates ${endsAt > Date.now() ? "from" : "since"} ${new Date(endsAt).toISOString().slice(0, 10)}. Install a newer version, and start the server with it.`,
  },
};

const HOUR_MS = 60 * 60 * 1000;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

function sizeText(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}

function hoursText(ms: number): string {
  const hours = Number((ms / HOUR_MS).toPrecision(3));
  return hours === 1 ? "hour" : `${hours} hours`;
}

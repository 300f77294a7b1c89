/** A link in a text, from `index` up to `end`, and its target. */
export interface Link {
  readonly index: number;
  readonly end: number;
  readonly href: string;
}

/** Scripts with letters that look like Latin ones. Next to a host, such a letter may seem to be a part of it. */
const LATIN_LIKE = String.raw`\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Armenian}\p{sc=Coptic}\p{sc=Cherokee}\p{sc=Lisu}\p{sc=Inherited}`;

/** Characters that look like a slash, and so seem to end a host. */
const SLASH_LIKE = "\u2044\u2215\u2571\u27CB\u29F8\uFF0F";

/** Top-level domains that are neither file extensions nor words. */
const COMMON = "com|net|org|edu|gov|vn";

/**
 * Where a link may begin. Without a scheme or `www.`, a host is recognised only under domains that do not also end a
 * file, a module or a sentence without a space after its dot: `README.md`, `example.py`, `console.info` and
 * `xong.anh` are not links.
 */
const START = new RegExp(
  String.raw`(?<!\p{Bidi_Control})(?<web>[Hh][Tt][Tt][Pp][Ss]?:\/\/)` +
    String.raw`|(?<![${LATIN_LIKE}\p{N}\p{Bidi_Control}\u200B-\u200D\u2060\uFEFF${SLASH_LIKE}_.@\/\\%+~\-])(?:` +
    String.raw`(?<www>[Ww]{3}\.)` +
    String.raw`|(?<mail>(?:[Mm][Aa][Ii][Ll][Tt][Oo]:)?[A-Za-z0-9][\w.%+'~\-]{0,63}@)` +
    String.raw`|(?=(?:[A-Za-z0-9\-]{1,63}\.){1,10}(?:(?:com?|net|org|edu|gov|ac)\.[a-z][a-z]|${COMMON})(?![${LATIN_LIKE}\p{N}_@\-]|\.[a-z\d])))`,
  "gv",
);

/**
 * The characters of an address, including characters that change the text direction or are drawn as nothing, which
 * can make an address look like another one. Punctuation of other scripts ends an address, and so do pictographs;
 * dashes occur in the names of articles.
 */
const RUN =
  /(?:[[!-~]--["<>\\`]]|[\p{L}\p{M}\p{N}\u2010\u2013·]|[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFC])+/vy;
const DISGUISE = /[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFC]/v;

/**
 * What makes a host seem to continue after the end of an address: dots of other scripts, which browsers take for a
 * dot, and pictographs.
 */
const HOST_ON = /^(?:[。．｡][a-z\d]|[[\p{S}]--[\0-\x7f]]\ufe0f?[\w\-]*\.\w)/v;
const NAME_ON = /^[。．｡]\p{L}/u;

/** No real address is longer. */
const RUN_MAX = 2048;

const LABELS = String.raw`(?!-)[\p{L}\p{M}\p{N}_\-]*[\p{L}\p{M}\p{N}]`;
const HOST = new RegExp(String.raw`\[[\dA-Fa-f:.]+\]|${LABELS}(?:\.${LABELS})*`, "vy");

/**
 * Where a host ends although the text continues without a space: before letters of another script in its last label,
 * since no host ends in mixed scripts; and after a common top-level domain, before a word that begins a sentence or
 * is not Latin.
 */
const TEXT_BEHIND = new RegExp(
  String.raw`(?<=(?:^|\.)[A-Za-z][\w\-]*)[[\p{L}\p{M}]--[${LATIN_LIKE}]][^.]*$` +
    String.raw`|(?<=\.(?:${COMMON}))(?:\.(?=\p{Lu}|[^\0-\x7f])|[[\p{L}\p{M}]--[${LATIN_LIKE}]]).*$`,
  "v",
);

/**
 * Labels that are what they look like: in one script, or in scripts that are written together. Marks on Latin letters
 * for which Unicode has no combined letter, and Latin phonetic letters, can pass for other letters.
 */
const LABEL = new RegExp(
  String.raw`^(?:[\w\-ß-öø-İĴ-ķĹ-žƠơƯưǍ-ǜẀ-ỹ]+|[\w\-\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}]+` +
    String.raw`|[\d\-\p{sc=Cyrillic}]+|[\d\-\p{sc=Greek}]+|[\d\-[[\p{L}\p{M}]--[${LATIN_LIKE}]]]+)$`,
  "v",
);
/**
 * Text that continued without a space and had a dot later on. Only the first label of a host is written in both
 * scripts.
 */
const MIXED_BEHIND = /\.\w[\w\-]*[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}]/v;
/** Cyrillic and Greek letters that look Latin. A label of these alone can look like another label. */
const LOOKS_LATIN = /^(?![\w-]+$)[\d\-асԁеһіїјӏорԛѕԝхуүѵшгпьαικνορτυωχηε]+$/;

/** The opening bracket for each closing bracket. */
const OPENING = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);

/**
 * Finds the links in a text, in order. Each leads by HTTP or HTTPS to the host that a reader sees in it, or to a
 * mailbox. An address with a user name or password before its host is not a link.
 */
export function* findLinks(text: string): Generator<Link> {
  let from = 0;
  let run = { end: 0, isFit: true };
  for (let start = startIn(text, from); start; start = startIn(text, from)) {
    const { index } = start;
    if (index >= run.end) run = runAt(text, index);
    const found = run.isFit ? linkAt(text.slice(index, run.end), start) : null;
    const link = found && !hostContinues(text, index + start.length, index + found.length) ? found : null;
    if (link) yield { index, end: index + link.length, href: link.href };
    // If an address is not a link, no part of it is taken for one.
    from = link ? index + link.length : start.kind === "web" ? run.end : index + Math.max(1, start.length);
  }
}

type Kind = "web" | "www" | "mail" | "host";

interface Start {
  readonly kind: Kind;
  readonly index: number;
  /** The length of what comes before the host. */
  readonly length: number;
}

function startIn(text: string, from: number): Start | null {
  START.lastIndex = from;
  const match = START.exec(text);
  if (!match) return null;
  const { web, www, mail } = match.groups ?? {};
  const kind = web ? "web" : www ? "www" : mail ? "mail" : "host";
  return { kind, index: match.index, length: (web ?? mail ?? "").length };
}

function runAt(text: string, index: number): { end: number; isFit: boolean } {
  RUN.lastIndex = index;
  const [run = ""] = RUN.exec(text) ?? [];
  const end = index + run.length;
  return {
    end,
    isFit: run.length <= RUN_MAX && !DISGUISE.test(run) && !SLASH_LIKE.includes(text.charAt(end) || " "),
  };
}

/** Whether a link would end in the middle of the host that a reader sees. */
function hostContinues(text: string, from: number, to: number): boolean {
  const host = text.slice(from, to);
  const behind = text.slice(to, to + RUN_MAX);
  return !/[/?#]/.test(host) && (HOST_ON.test(behind) || (!/[.:]/.test(host) && NAME_ON.test(behind)));
}

/**
 * Reads the link at the start of a run.
 *
 * @param run the text from the start of the link, as far as a link can reach
 */
function linkAt(run: string, { kind, length }: Start): { length: number; href: string } | null {
  HOST.lastIndex = length;
  const [found] = HOST.exec(run) ?? [];
  if (found === undefined) return null;
  const host = found.replace(TEXT_BEHIND, "");
  const hostEnd = length + host.length;
  // After a host that was cut off comes text, not a port or a path.
  const rest = host === found ? run.slice(hostEnd) : "";
  if (kind !== "web" && !isDomain(host)) return null;
  if (kind === "mail") return /^[@:._-]+\w/.test(rest) ? null : mailbox(run, hostEnd);
  if (/^[^/?#]*@/.test(run.slice(length))) return null;
  const [port = ""] = /^:\d+/.exec(rest) ?? [];
  const path = rest.slice(port.length);
  if (/^(?:[:%]?[A-Za-z\d]|:\/|[._-]+\w)/.test(path)) return null;
  const end = hostEnd + port.length + pathLength(path);
  const href = (kind === "web" ? "" : "http://") + run.slice(0, end);
  return leadsTo(href, host) ? { length: end, href } : null;
}

function mailbox(run: string, end: number) {
  const address = run.slice(0, end);
  return { length: end, href: /^mailto:/i.test(address) ? address : `mailto:${address}` };
}

/** Whether a host has at least two labels and the last one has a letter. `a@6.1.0` is not a mailbox. */
function isDomain(host: string): boolean {
  return /[^.]\.(?=[^.]{2,}$)[^.]*\p{L}[^.]*$/u.test(host) && isReadable(host) && !/^www\.[^.]*$/i.test(host);
}

/**
 * How many characters after a host belong to the link. Closing brackets belong to it only if they were opened in it,
 * and punctuation at its end does not.
 */
function pathLength(rest: string): number {
  if (!/^[/?#]/.test(rest)) return 0;
  const open: { readonly bracket: string; readonly at: number }[] = [];
  // Addresses are sometimes listed without spaces.
  let end = /^.*?(?=[,;|]https?:\/\/|$)/i.exec(rest)?.[0].length ?? 0;
  for (let at = 0; at < end; at++) {
    const character = rest.charAt(at);
    if ("([{".includes(character)) open.push({ bracket: character, at });
    const opening = OPENING.get(character);
    if (opening === undefined) continue;
    if (open.at(-1)?.bracket === opening) open.pop();
    else end = at;
  }
  end = Math.min(end, open[0]?.at ?? end);
  while (end > 0 && ".,:;!?'*~|^\u2010\u2013·".includes(rest.charAt(end - 1))) end--;
  return end;
}

/** Whether a browser would go where a reader expects. */
function leadsTo(href: string, host: string): boolean {
  const isAscii = /^[\0-\x7f]*$/.test(host);
  if (!isAscii && !isReadable(host)) return false;
  if (!URL.canParse(href)) return false;
  // Browsers turn numbers such as 127.1 into IP addresses, and rewrite addresses in brackets.
  return !isAscii || host.startsWith("[") || new URL(href).hostname === host.toLowerCase();
}

function isReadable(host: string): boolean {
  const name = host.normalize("NFC");
  const labels = name.toLowerCase().split(".");
  return (
    name.normalize("NFKC") === name &&
    !MIXED_BEHIND.test(name) &&
    labels.every((label) => LABEL.test(label)) &&
    // Under a top-level domain of its own script a label is what it looks like: .рф has no Latin names.
    (/[^\w-]/.test(labels.at(-1) ?? "") || !labels.some((label) => LOOKS_LATIN.test(label)))
  );
}

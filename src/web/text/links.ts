/** A link in a text: from `index` to `end`, and where it leads. */
export interface Link {
  readonly index: number;
  readonly end: number;
  readonly href: string;
}

/** Letters of scripts that have letters like the Latin ones. Beside a host such a letter may seem a part of it. */
const LATIN_LIKE = String.raw`\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Armenian}\p{sc=Coptic}\p{sc=Cherokee}\p{sc=Lisu}\p{sc=Inherited}`;

/** They seem to end a host. */
const SLASH_LIKE = "\u2044\u2215\u2571\u27CB\u29F8\uFF0F";

/** Names at the end of a host that are neither the end of a file's name nor a word. */
const COMMON = "com|net|org|edu|gov|vn";

/**
 * Where a link may begin. Without a scheme or `www.` a host is one only below names in which no file, no module and no
 * sentence without a space behind its dot ends: `README.md`, `example.py`, `console.info` and `xong.anh` are none.
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
 * What an address may consist of; and characters that turn the direction of a text or are drawn as nothing, by which an
 * address seems another one. Punctuation of other scripts ends it, and so do pictures; dashes are in names of articles.
 */
const RUN =
  /(?:[[!-~]--["<>\\`]]|[\p{L}\p{M}\p{N}\u2010\u2013·]|[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFC])+/vy;
const DISGUISE = /[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFC]/v;

/** With what a host seems to go on where an address ends: dots of other scripts, which browsers take for a dot, and pictures. */
const HOST_ON = /^(?:[。．｡][a-z\d]|[[\p{S}]--[\0-\x7f]]\ufe0f?[\w\-]*\.\w)/v;
const NAME_ON = /^[。．｡]\p{L}/u;

/** Nobody's address is longer. */
const RUN_MOST = 2048;

const LABELS = String.raw`(?!-)[\p{L}\p{M}\p{N}_\-]*[\p{L}\p{M}\p{N}]`;
const HOST = new RegExp(String.raw`\[[\dA-Fa-f:.]+\]|${LABELS}(?:\.${LABELS})*`, "vy");

/**
 * Where a host ends although the text goes on without a space: before letters of another script in its last label, for
 * no host ends in a mixture; and behind a common end, before a word that begins a sentence or is no Latin one.
 */
const TEXT_BEHIND = new RegExp(
  String.raw`(?<=(?:^|\.)[A-Za-z][\w\-]*)[[\p{L}\p{M}]--[${LATIN_LIKE}]][^.]*$` +
    String.raw`|(?<=\.(?:${COMMON}))(?:\.(?=\p{Lu}|[^\0-\x7f])|[[\p{L}\p{M}]--[${LATIN_LIKE}]]).*$`,
  "v",
);

/**
 * Labels that are read as what they are: of one script, or of those that are written side by side. Marks over Latin
 * letters that Unicode has no letter for, and Latin letters of phonetics, pass for others.
 */
const LABEL = new RegExp(
  String.raw`^(?:[\w\-ß-öø-İĴ-ķĹ-žƠơƯưǍ-ǜẀ-ỹ]+|[\w\-\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}]+` +
    String.raw`|[\d\-\p{sc=Cyrillic}]+|[\d\-\p{sc=Greek}]+|[\d\-[[\p{L}\p{M}]--[${LATIN_LIKE}]]]+)$`,
  "v",
);
/** Text that went on without a space, and later had a dot. Only the first label is written in both scripts. */
const MIXED_BEHIND = /\.\w[\w\-]*[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}]/v;
/** Cyrillic and Greek letters that look like Latin ones: of these alone a label can be made that seems another one. */
const LOOKS_LATIN = /^(?![\w-]+$)[\d\-асԁеһіїјӏорԛѕԝхуүѵшгпьαικνορτυωχηε]+$/;

/** What each closing bracket closes. */
const OPENING = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);

/**
 * The links in a text, in order. Each leads to the host that is read in it, by HTTP or HTTPS, or to a mailbox. What has a
 * user's name or password before its host is none.
 */
export function* findLinks(text: string): Generator<Link> {
  let from = 0;
  let run = { end: 0, isFit: true };
  for (let start = startIn(text, from); start; start = startIn(text, from)) {
    const { index } = start;
    if (index >= run.end) run = runAt(text, index);
    const found = run.isFit ? linkAt(text.slice(index, run.end), start) : null;
    const link = found && !goesOn(text, index + start.length, index + found.length) ? found : null;
    if (link) yield { index, end: index + link.length, href: link.href };
    // Within an address that is none, no part of it is taken for one.
    from = link ? index + link.length : start.kind === "web" ? run.end : index + Math.max(1, start.length);
  }
}

type Kind = "web" | "www" | "mail" | "host";

interface Start {
  readonly kind: Kind;
  readonly index: number;
  /** Of what stands before the host. */
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
    isFit: run.length <= RUN_MOST && !DISGUISE.test(run) && !SLASH_LIKE.includes(text.charAt(end) || " "),
  };
}

/** Whether a link ends in the middle of the host that one reads. */
function goesOn(text: string, from: number, to: number): boolean {
  const host = text.slice(from, to);
  const behind = text.slice(to, to + RUN_MOST);
  return !/[/?#]/.test(host) && (HOST_ON.test(behind) || (!/[.:]/.test(host) && NAME_ON.test(behind)));
}

/** @param run the text from the start of the link on, as far as a link can reach */
function linkAt(run: string, { kind, length }: Start): { length: number; href: string } | null {
  HOST.lastIndex = length;
  const [found] = HOST.exec(run) ?? [];
  if (found === undefined) return null;
  const host = found.replace(TEXT_BEHIND, "");
  const hostEnd = length + host.length;
  // Behind a host that was cut off there is no port and no path, but text.
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

/** Whether a host has a name of letters at its end, and one before that. `a@6.1.0` is no mailbox. */
function isDomain(host: string): boolean {
  return /[^.]\.(?=[^.]{2,}$)[^.]*\p{L}[^.]*$/u.test(host) && isReadable(host) && !/^www\.[^.]*$/i.test(host);
}

/** How much of what is behind a host belongs to the link: brackets that are closed in it, and no punctuation at its end. */
function pathLength(rest: string): number {
  if (!/^[/?#]/.test(rest)) return 0;
  const open: { readonly bracket: string; readonly at: number }[] = [];
  // Addresses are also listed without spaces.
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

/** Whether a browser goes where a reader expects it to. */
function leadsTo(href: string, host: string): boolean {
  const isAscii = /^[\0-\x7f]*$/.test(host);
  if (!isAscii && !isReadable(host)) return false;
  if (!URL.canParse(href)) return false;
  // A browser makes addresses of numbers, as of 127.1, and writes those in brackets in its own way.
  return !isAscii || host.startsWith("[") || new URL(href).hostname === host.toLowerCase();
}

function isReadable(host: string): boolean {
  const name = host.normalize("NFC");
  const labels = name.toLowerCase().split(".");
  return (
    name.normalize("NFKC") === name &&
    !MIXED_BEHIND.test(name) &&
    labels.every((label) => LABEL.test(label)) &&
    // Under a name of its own script it is what it is: in .рф there are no Latin names.
    (/[^\w-]/.test(labels.at(-1) ?? "") || !labels.some((label) => LOOKS_LATIN.test(label)))
  );
}

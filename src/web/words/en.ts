/** The words of the page in English, and by their types what every other language must have. */

import type { Language } from "./languages.ts";

const CHARACTERS = new Intl.NumberFormat("en");
const PLURAL = new Intl.PluralRules("en");

function count(n: number, one: string, other: string): string {
  return `${CHARACTERS.format(n)} ${PLURAL.select(n) === "one" ? one : other}`;
}

/** Names as they are shown (text or elements) and the words between them: "An", "An and Bình", "An, Bình and 12 others". */
function list<T>(names: readonly T[], others: number): readonly (T | string)[] {
  const parts: readonly (T | string)[] = others > 0 ? [...names, count(others, "other", "others")] : names;
  return parts.flatMap((part, at) => (at === 0 ? [part] : [at === parts.length - 1 ? " and " : ", ", part]));
}

export const en = {
  locale: "en" as Language,
  mainRoom: "Main room",
  room: (name: string) => `Room ${name}`,
  pageTitle: (room: string, unread: number) => `${unread > 0 ? `(${unread}) ` : ""}${room} · Chat`,
  skip: "Skip to the message field",
  close: "Close",
  cancel: "Cancel",
  unloaded: "This could not be loaded. If that goes on, reload the page.",
  loadingPart: "Loading…",

  join: {
    title: "Join the chat",
    lead: "Choose the nickname that the others will see.",
    nickname: "Nickname",
    button: "Join",
    waiting: "Joining…",
  },
  rename: {
    open: "Change your nickname",
    title: "Change your nickname",
    field: "New nickname",
    button: "Rename",
    waiting: "Renaming…",
  },
  leave: "Leave the chat",
  you: "you",
  youAre: "You are",

  nicknameFault: {
    empty: "Enter a nickname.",
    long: (has: number, most: number) => `A nickname has at most ${most} characters; this one has ${has}.`,
    invisible: "A nickname needs at least one visible character.",
    forbidden:
      "A nickname has no control characters, private characters, line breaks or marks that turn the direction of text.",
    taken: "Somebody here has this nickname, or one that looks the same. Choose another.",
    refused: "The server does not take this nickname. Choose another.",
  },
  failure: {
    content: "The server does not take this message.",
    store: "The server could not store it. Try again in a moment.",
    rate: (seconds: number) => `Too many at once. Try again in ${count(seconds, "second", "seconds")}.`,
    uncertain: "The connection was lost. It may have arrived or not.",
    full: "Too many messages are waiting already.",
    closed: "The chat was left before it arrived.",
    left: "The page was closed before it went out.",
    unknown: "The server could not do this. Try again.",
  },

  connection: {
    label: "Connection",
    connected: "Connected",
    connecting: "Connecting…",
    waiting: "No connection",
    elsewhere: "Open in another tab",
    retryIn: (seconds: number) => `Reconnecting in ${seconds} s`,
    slowed: (seconds: number) => `Too many at once. It goes on in ${seconds} s`,
    offline: "You are offline",
    kept: (n: number) => `${count(n, "message goes", "messages go")} out as soon as the connection is back.`,
    retry: "Retry now",
  },
  ended: {
    takenTitle: "This chat is open in another tab",
    taken: <T>(name: T): readonly (T | string)[] => ["You are there as ", name, "."],
    takeOver: "Continue here",
    goOn: <T>(name: T): readonly (T | string)[] => ["Continue here as ", name],
    other: "Join under another nickname",
    refusedTitle: "The server ended the connection",
    refused: (code: number, reason: string) =>
      `It gave the code ${code}${reason === "" ? "" : ` (${reason})`}. What you see stays here.`,
    again: "Connect again",
  },

  messages: "Messages",
  empty: "No messages yet. Write the first one.",
  loading: "Loading messages…",
  beginning: "The conversation begins here.",
  older: "Load earlier messages",
  olderFailed: "Earlier messages could not be loaded.",
  retry: "Try again",
  remove: "Remove",
  newMessages: "New messages",
  firstNew: "First new message",
  newest: (n: number) => (n === 0 ? "To the newest" : count(n, "new message", "new messages")),
  gap: (n: number) => `${count(n, "message is", "messages are")} no longer kept.`,
  gone: "That message is no longer there.",
  today: "Today",
  yesterday: "Yesterday",
  sending: "Sending…",
  sendingLater: "Waiting for the connection…",
  sent: "Sent",
  anew: "joined again",
  anewHint: "This nickname was free in between, so it may be somebody else now.",
  showAll: "Show all",
  showLess: "Show less",
  failed: (reason: string) => `Not sent. ${reason}`,
  copyLink: (time: string) => `${time}, copy a link to this message`,
  linkCopied: "Link copied.",
  linkNotCopied: "The browser did not allow to copy. The link stands in the address bar.",
  announce: (name: string, content: string) => `${name}: ${content}`,
  announceMore: (n: number) => `and ${count(n, "more message", "more messages")}`,

  joined: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " joined",
  ],
  left: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " left",
  ],
  passed: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " joined and left",
  ],
  returned: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    names.length + others === 1
      ? " left; the nickname was taken again"
      : " left; the nicknames were taken again",
  ],
  renamed: <T>(oldname: T, newname: T): readonly (T | string)[] => [oldname, " is now ", newname],
  renamedOthers: (n: number) => `${count(n, "other", "others")} changed the nickname`,
  typing: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    names.length + others === 1 ? " is writing…" : " are writing…",
  ],

  composer: {
    label: "Message",
    placeholder: "Write a message",
    send: "Send",
    hint: "Enter sends, Shift+Enter starts a new line, @ mentions somebody.",
    left: (n: number) => `${CHARACTERS.format(n)} left`,
    over: (n: number) => `${count(n, "character", "characters")} too many`,
    long: (has: number, most: number) =>
      `A message has at most ${CHARACTERS.format(most)} characters; this one has ${CHARACTERS.format(has)}.`,
    broken: "This message holds broken characters. Delete them and send it again.",
    mentions: "People to mention",
    suggestions: (n: number) => count(n, "person to mention", "people to mention"),
  },

  people: {
    title: "People",
    show: (n: number) => `People: ${n}`,
    online: (n: number) => `Online: ${n}`,
    filter: "Filter people",
    none: "Nobody here is called so.",
    more: (n: number) => `and ${CHARACTERS.format(n)} more. Filter to find them.`,
  },

  settings: "Settings",
  transcript: (room: string, time: string) => `${room}, ${time}`,
  mentioned: (name: string) => `${name} mentions you`,
};

/** What a language has to say. */
export type Words = typeof en;

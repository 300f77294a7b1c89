/** The texts of a room in English, loaded together with it. Their types are what every other language must provide. */

const CHARACTERS = new Intl.NumberFormat("en");
const PLURAL = new Intl.PluralRules("en");

function count(n: number, one: string, other: string): string {
  return `${CHARACTERS.format(n)} ${PLURAL.select(n) === "one" ? one : other}`;
}

/** Joins names (texts or elements) into a list: "An", "An and Bình", "An, Bình and 12 others". */
function list<T>(names: readonly T[], others: number): readonly (T | string)[] {
  const parts: readonly (T | string)[] = others > 0 ? [...names, count(others, "other", "others")] : names;
  return parts.flatMap((part, at) => (at === 0 ? [part] : [at === parts.length - 1 ? " and " : ", ", part]));
}

export const enRoom = {
  messages: "Messages",
  empty: "No messages yet. Send the first one.",
  loading: "Loading messages…",
  beginning: "The conversation begins here.",
  older: "Load earlier messages",
  olderFailed: "Earlier messages could not be loaded.",
  newMessages: "New messages",
  newest: (n: number) => (n === 0 ? "Jump to latest" : count(n, "new message", "new messages")),
  goToDate: "Go to a date…",
  gap: (n: number) => `${count(n, "message is", "messages are")} no longer available.`,
  sending: "Sending…",
  sendingLater: "Waiting for a connection…",
  held: "Waiting for a moderator to approve it",
  sent: "Sent",
  remove: "Remove",
  newHolder: "rejoined",
  newHolderHint: "This nickname was free for a while, so this may be someone else now.",
  showAll: "Show all",
  showLess: "Show less",
  failed: (reason: string) => `Sending failed. ${reason}`,
  change: {
    deleted: "Message deleted",
    undo: "Undo",
    edited: "edited",
    editedAt: (time: string) => `Edited ${time}`,
    saving: "Saving…",
    editAgain: "Edit again",
    asNew: "Use as a new message",
    discard: "Discard",
  },
  quote: {
    loading: "Loading…",
    missing: "Message not found",
    goTo: "Go to the original message",
    back: "Back",
  },
  actions: (name: string, time: string) => `Message actions: ${name}, ${time}`,
  person: (name: string) => `Actions: ${name}`,
  mention: (name: string) => `Mention ${name}`,
  react: "Add a reaction",
  copyCode: "Copy this code",
  reacted: (names: readonly string[], others: number) => list(names, others).join(""),
  youToo: "You",
  copyLink: (time: string) => `${time}, copy link to this message`,
  linkCopied: "Link copied.",
  linkNotCopied: "Your browser blocked copying. The link is in the address bar.",
  joined: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " joined",
  ],
  left: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " left",
  ],
  cameAndWent: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    " joined and left",
  ],
  retaken: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    names.length + others === 1
      ? " left; the nickname is in use again"
      : " left; the nicknames are in use again",
  ],
  /** What a line says in short: how many did what. */
  cameAndLeft: (joined: number, left: number, both: number) =>
    [
      joined ? `${CHARACTERS.format(joined)} joined` : "",
      left ? `${CHARACTERS.format(left)} left` : "",
      both ? `${CHARACTERS.format(both)} joined and left` : "",
    ]
      .filter(Boolean)
      .join(", "),
  renamed: <T>(oldname: T, newname: T): readonly (T | string)[] => [oldname, " is now ", newname],
  renamedOthers: (n: number) => count(n, "other changed their nickname", "others changed their nicknames"),
  typing: <T>(names: readonly T[], others: number): readonly (T | string)[] => [
    ...list(names, others),
    names.length + others === 1 ? " is typing…" : " are typing…",
  ],
  composer: {
    label: "Message",
    placeholder: "Write a message",
    send: "Send",
    emoji: "Insert emoji",
    hint: (sends: boolean): string =>
      sends
        ? "Press Enter to send, Shift+Enter for a new line, @ to mention someone, : and a name for an emoji."
        : "Press Enter for a new line, Ctrl+Enter to send, @ to mention someone, : and a name for an emoji.",
    left: (n: number) => `${CHARACTERS.format(n)} left`,
    over: (n: number) => `${count(n, "character", "characters")} over the limit`,
    long: (has: number, max: number) =>
      `A message can have up to ${CHARACTERS.format(max)} characters; this one has ${CHARACTERS.format(has)}.`,
    broken: "This message contains invalid characters. Delete them and send it again.",
    mentions: "People you can mention",
    replying: <T>(name: T): readonly (T | string)[] => ["Replying to ", name],
    editing: "Editing your message",
    stopReplying: "Cancel reply",
    stopEditing: "Cancel editing",
    save: "Save",
    empty: "A message cannot be empty.",
    deleteIt: "Delete the message",
    commands: "Commands",
    offered: (n: number) => count(n, "command", "commands"),
    emojiNames: "Emoji",
    emojiOffered: (n: number) => `${CHARACTERS.format(n)} emoji`,
    suggestions: (n: number) => count(n, "person you can mention", "people you can mention"),
  },
  roster: {
    you: "you",
    online: (n: number) => `Online: ${CHARACTERS.format(n)}`,
    onlineThen: (n: number) => `Online when the connection was lost: ${CHARACTERS.format(n)}`,
    filter: "Filter people",
    none: "Nobody here by that name.",
    more: (n: number) => `and ${CHARACTERS.format(n)} more. Use the filter to find them.`,
    marks: {
      owner: "owner",
      moderator: "moderator",
      member: "member",
      reserved: "Reserved nickname",
      bot: "bot",
      botHint: "A program writes here, not a person.",
    },
  },
};

/** The texts of a room that every language provides. */
export type RoomWords = typeof enRoom;

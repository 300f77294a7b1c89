/** The texts of the page in English, without those of a room. Their types are what every other language must provide. */

import type { Language } from "./languages.ts";

const CHARACTERS = new Intl.NumberFormat("en");
const PLURAL = new Intl.PluralRules("en");

function count(n: number, one: string, other: string): string {
  return `${CHARACTERS.format(n)} ${PLURAL.select(n) === "one" ? one : other}`;
}

export const en = {
  locale: "en" as Language,
  mainRoom: "Main room",
  room: (name: string) => `Room ${name}`,
  pageTitle: (room: string, unread: string, site = "Chat") => `${unread && `(${unread}) `}${room} · ${site}`,
  skip: "Skip to the message field",
  close: "Close",
  loadFailed: "This part of the page failed to load. If that keeps happening, reload the page.",
  loadingPart: "Loading…",
  join: {
    title: "Join the chat",
    lead: "Pick a nickname. Others will see it.",
    nickname: "Nickname",
    button: "Join",
    waiting: "Joining…",
  },
  rename: "Change your nickname",
  youAre: "You are",
  nicknameFault: {
    empty: "Enter a nickname.",
    long: (has: number, max: number) => `A nickname can have up to ${max} characters; this one has ${has}.`,
    invisible: "A nickname needs at least one visible character.",
    forbidden:
      "A nickname cannot contain control characters, private-use characters, line breaks, or characters that change the text direction.",
    taken: "Someone here already has this nickname, or one that looks like it. Choose another.",
    refused: "The server does not accept this nickname. Choose another.",
    reserved: "Someone has reserved this nickname, or one that looks like it. Choose another.",
    given: "Your nickname is set by the site you signed in to.",
  },
  failure: {
    content: "The server does not accept this message.",
    store: "The server could not save this. Try again in a moment.",
    rate: (seconds: number) => `You’re going too fast. Try again in ${count(seconds, "second", "seconds")}.`,
    uncertain: "The connection was lost, so the message may or may not have arrived.",
    full: "Too many messages are already waiting to be sent.",
    closed: "The chat ended before the message was sent.",
    left: "The page was closed before the message was sent.",
    login: "Sign in to the site this chat belongs to.",
    gone: "The message no longer exists.",
    forbidden: "You can’t change this message.",
    edits: "This message has reached its limit of edits.",
    reactions: "This message has reached its limit of reactions.",
    muted: "A moderator has muted you.",
    banned: "You are banned from this room.",
    slow: (seconds: number) =>
      `Slow mode is on. You can send again in ${count(seconds, "second", "seconds")}.`,
    links: "You can’t post links here. Remove the link and send the message again.",
    words: "The message contains a word that isn’t allowed here.",
    known: "You’re new here, so you can’t do this yet. Try again later.",
    writers: "You can read this room, but not write in it.",
    password: "The room’s password is missing or wrong.",
    members: "This room is for members.",
    crowd: "Too many people are joining right now. Try again in a moment.",
    unknown: "Something went wrong. Try again.",
  },
  connection: {
    label: "Connection",
    connected: "Connected",
    connecting: "Connecting…",
    waiting: "No connection",
    elsewhere: "Open in another tab",
    retryIn: (seconds: number) => `Reconnecting in ${seconds} s`,
    slowed: (seconds: number) => `You’re going too fast. Continuing in ${seconds} s`,
    offline: "You are offline",
    kept: (n: number) => `${count(n, "message", "messages")} will be sent when you’re back online.`,
    retry: "Retry now",
  },
  ended: {
    takenTitle: "This chat is open in another tab",
    goOn: <T>(name: T): readonly (T | string)[] => ["Continue here as ", name],
    other: "Join with another nickname",
  },
  retry: "Try again",
  gone: "That message no longer exists.",
  today: "Today",
  yesterday: "Yesterday",
  changeFailed: {
    edit: (reason: string) => `Your edit was not saved. ${reason}`,
    delete: (reason: string) => `The message was not deleted. ${reason}`,
    react: (reason: string) => `Your reaction was not saved. ${reason}`,
  },
  announce: (name: string, content: string) => `${name}: ${content}`,
  announceMore: (n: number) => `and ${count(n, "more message", "more messages")}`,
  people: {
    title: "People",
    show: (n: number) => `People: ${CHARACTERS.format(n)}`,
  },
  rooms: "Rooms",
  settings: "Settings",
  key: "Your key",
};

/** The texts that every language provides. */
export type Words = typeof en;

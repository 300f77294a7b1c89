/** What keeps somebody from something in a room: moderators' actions, the room's settings, and raid mode. */
import type { PermissionReason } from "../protocol/kinds/permission.ts";
import type { Action, SanctionKind } from "./action.ts";
import type { Decided } from "./kinds/decided.ts";
import { lookalikeKey } from "./lookalike.ts";
import { hasLink, WordList } from "./message-rules.ts";
import type { RoomRequest } from "./operation.ts";
import { isAtLeast } from "./roles.ts";
import type { RoomSettings } from "./room-settings.ts";
import type { Member } from "./roster.ts";
import { type Asker, authorOf, identityOf, type RoomView, roleOf } from "./state.ts";

/** The one who asks may not do that now. */
export interface NotPermitted extends Decided {
  readonly kind: "not-permitted";
  readonly request: RoomRequest["kind"];
  readonly reason: PermissionReason;
  /** One sentence for a person. */
  readonly error: string;
  /** When that ends by itself, in Unix milliseconds. */
  readonly until?: number | undefined;
  /** Whole seconds until it may be tried again. */
  readonly retry?: number | undefined;
  /** The nickname of the one who asks, null for none. */
  readonly name: string | null;
  /** The nickname or the content that was refused, which version 2 gets back; empty for none. */
  readonly asked: string;
  /** Raid mode is the reason, and nothing else. */
  readonly isForRaid?: true | undefined;
  /** The message that waits for a moderator; null if nothing does. */
  readonly held: HeldBack | null;
}

/** A message that waits for a moderator. */
export interface HeldBack {
  readonly name: string;
  /** The public id of the author. */
  readonly by: string;
  readonly content: string;
  readonly reply: number | null;
  readonly networks: readonly string[];
  readonly why: "newcomer" | "word";
}

interface Why extends Pick<NotPermitted, "reason" | "error" | "until" | "retry" | "isForRaid"> {
  /** Why the message is kept, and not only refused. */
  readonly hold?: HeldBack["why"];
}

/** Somebody who came less than this time before raid mode was armed has come with the raid, in milliseconds. */
export const RAID_REACHES_BACK_MS = 120_000;
/**
 * Somebody who has just come may send so many messages in this time, in a room where others have been for longer: raid mode is
 * armed only when some messages are there, and programs write very many at once.
 */
export const NEWCOMER_SENDS = 5;
export const NEWCOMER_SENDS_MS = 10_000;
/** The time between two who come from an address that is muted. */
const MUTED_ARRIVALS_MS = 60_000;
/** In raid mode all newcomers of a room together may send so many messages in this time. */
export const RAID_SENDS = 3;
export const RAID_SENDS_MS = 15_000;

/** What a request does. To look is to read, or to take away what is one's own. */
type Deed = "enter" | "write" | "look";

const DEEDS: { readonly [K in RoomRequest["kind"]]: Deed | null } = {
  name: "enter",
  "malformed-name": null,
  send: "write",
  "malformed-send": null,
  get: "look",
  resume: "enter",
  typing: "write",
  edit: "write",
  delete: "look",
  react: "write",
};

/** Why a room does not do what somebody asks; null if it may. Moderators are kept from nothing. */
export function permissionFor(room: RoomView, request: RoomRequest, asker: Asker): NotPermitted | null {
  const first = DEEDS[request.kind];
  // Whoever is in the room already takes another nickname.
  const deed = first === "enter" && asker.member !== undefined ? "write" : first;
  if (deed === null || isAtLeast(roleOf(asker), "moderator")) return null;
  // It was allowed when it came first, and its sender does not know that.
  if (isRepeat(room, request, asker)) return null;
  const why = whyNot(room, request, deed, asker);
  return why === null ? null : refusal(request, asker, why);
}

function isRepeat({ keys, digest }: RoomView, request: RoomRequest, { member }: Asker): boolean {
  if (!("key" in request) || request.key === null || !member?.session) return false;
  return keys.idOf(digest(member.session.identity, request.key)) !== undefined;
}

function whyNot(room: RoomView, request: RoomRequest, deed: Deed, asker: Asker): Why | null {
  const banned = whyBanned(room, request, asker);
  if (banned !== null || deed === "look" || request.kind === "resume")
    return banned ?? (request.kind === "resume" ? whyOutside(room, asker) : null);
  const muted = whyMuted(room, request, asker);
  if (muted !== null) return muted;
  const settings = room.moderation.settings();
  const words = wordsOf(request);
  const unsaid = words === null ? null : whyUnsaid(settings, request.kind, words, asker);
  if (deed === "enter") return whyOutside(room, asker) ?? unsaid ?? whyUnproven(room, asker);
  return (
    whyUnproven(room, asker) ??
    whySilent(settings, asker) ??
    unsaid ??
    (words === null ? null : whyLater(room, settings, request.kind, asker))
  );
}

function whyBanned(room: RoomView, request: RoomRequest, asker: Asker): Why | null {
  const ban = sanctionAgainst(room, "ban", request, asker) ?? sanctionAgainst(room, "kick", request, asker);
  if (ban === undefined) return null;
  const error = withReason("You may not be in this room", ban.reason);
  return { reason: "Banned", error, until: ban.until ?? undefined };
}

function whyMuted(room: RoomView, request: RoomRequest, asker: Asker): Why | null {
  const mute = sanctionAgainst(room, "mute", request, asker);
  if (mute === undefined || (request.kind === "name" && mayComeAs(room, request.name, asker))) return null;
  const error = withReason("You may not write in this room now", mute.reason);
  return { reason: "Muted", error, until: mute.until ?? undefined };
}

/** A sanction on the person, on the stay before it was known who the person is, or on a network. */
function sanctionAgainst(
  room: RoomView,
  kind: SanctionKind,
  request: RoomRequest,
  asker: Asker,
): Action | undefined {
  const { time } = asker.now;
  // Whoever resumes is who has had the nickname.
  const holder = request.kind === "resume" ? room.roster.withSession(request.hash) : undefined;
  const stays = [asker.member, holder].flatMap((each) =>
    each === undefined ? [] : [stayOf(room, each), each.by],
  );
  const networks = holder === undefined ? asker.networks : [...asker.networks, ...holder.networks];
  for (const person of new Set([identityOf(room, asker), ...stays])) {
    const found = room.moderation.sanctionOf(kind, { person, networks }, time);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The public id that a member has, or had before saying who it is. */
function stayOf({ authorOf: ofStay }: Pick<RoomView, "authorOf">, { session, connection }: Member): string {
  return ofStay(session?.identity ?? connection);
}

/**
 * Whether somebody who is muted, and not in the room, may come in under a nickname: nicknames are words, too. A person comes back under
 * the one that it had. Others at the same address come in under any, one after the other with time between them.
 */
function mayComeAs(room: RoomView, name: string, asker: Asker): boolean {
  if (asker.member !== undefined) return false;
  const { networks, now } = asker;
  const [address] = networks;
  const person = identityOf(room, asker);
  const key = lookalikeKey(name);
  let isFree = true;
  for (const { by, name: known, networks: theirs, joinedAt } of room.arrivals(now.time)) {
    const isSame = by === person;
    if (!isSame && (address === undefined || theirs[0] !== address)) continue;
    if (lookalikeKey(known) === key) return true;
    if (isSame || (joinedAt ?? 0) > now.time - MUTED_ARRIVALS_MS) isFree = false;
  }
  return isFree;
}

function whyOutside(room: RoomView, asker: Asker): Why | null {
  const { entry, passwordHash } = room.moderation.settings();
  const isMember = isAtLeast(roleOf(asker), "member");
  if (entry === "password" && !isMember && (passwordHash === null || asker.admittedBy !== passwordHash))
    return { reason: "PasswordRequired", error: "This room needs a password." };
  if (entry === "members" && !isMember)
    return { reason: "MembersOnly", error: "Only members may enter this room." };
  return null;
}

/** Raid mode asks newcomers for a proof of work, and nobody else. */
function whyUnproven(room: RoomView, asker: Asker): Why | null {
  return !asker.isProven && hasComeWithRaid(room, asker)
    ? {
        isForRaid: true,
        reason: "ProofRequired",
        error: "Many people are arriving at once. Use the chat's own page, or come back in some minutes.",
      }
    : null;
}

function hasComeWithRaid({ moderation }: RoomView, asker: Asker): boolean {
  const raid = moderation.raid(asker.now.time);
  if (raid === undefined || isKnown(asker, moderation.settings())) return false;
  const { member } = asker;
  return member === undefined || isOfRaid(member, raid.at);
}

/** Whether a member has come with a raid. @param raidAt when raid mode was armed, in Unix milliseconds */
export function isOfRaid(
  { joinedAt, isKnown }: Pick<Member, "joinedAt" | "isKnown">,
  raidAt: number,
): boolean {
  return !isKnown && (joinedAt ?? 0) >= raidAt - RAID_REACHES_BACK_MS;
}

/** Whether raid mode was on at a moment, and is still. @param time Unix milliseconds */
export function isDuringRaid(moderation: RoomView["moderation"], time: number): boolean {
  const raid = moderation.raid(time);
  return raid !== undefined && time > raid.at;
}

function whySilent(settings: RoomSettings, asker: Asker): Why | null {
  switch (settings.writers) {
    case "everyone":
      return null;
    case "known":
      return isKnown(asker, settings)
        ? null
        : {
            reason: "KnownOnly",
            error: `Here you can write ${settings.knownMinutes} minutes after your first visit.`,
          };
    case "members":
      return isAtLeast(roleOf(asker), "member")
        ? null
        : { reason: "WritersOnly", error: "Only members may write in this room." };
    case "moderators":
      return { reason: "WritersOnly", error: "Only moderators may write in this room." };
  }
}

/** The words of a request that others would see; null if it has none. */
function wordsOf(request: RoomRequest): string | null {
  switch (request.kind) {
    case "name":
      return request.name;
    case "send":
    case "edit":
      return request.content;
    default:
      return null;
  }
}

function whyUnsaid(
  settings: RoomSettings,
  kind: RoomRequest["kind"],
  content: string,
  asker: Asker,
): Why | null {
  const { links, words, wordRule } = settings;
  const mayLink = links === "everyone" || (links === "known" && isKnown(asker, settings));
  if (!mayLink && hasLink(content))
    return { reason: "LinksNotAllowed", error: "Links are not allowed here." };
  if (words.length === 0 || !listOf(words).isIn(content)) return null;
  // What is edited is shown already, and cannot wait.
  return wordRule === "hold" && kind === "send"
    ? { ...HELD, hold: "word" }
    : { reason: "WordNotAllowed", error: "This has a word that is not allowed here." };
}

const HELD = { reason: "Held", error: "Your message waits for a moderator." } as const;

/** The list that was used last: all messages of a room are searched with the same one. */
let prepared: { readonly words: readonly string[]; readonly list: WordList } | null = null;

function listOf(words: readonly string[]): WordList {
  if (prepared?.words !== words) prepared = { words, list: new WordList(words) };
  return prepared.list;
}

/** What may be said, but not now. An edit shows something new as well as a message does, and so does a nickname. */
function whyLater(
  room: RoomView,
  settings: RoomSettings,
  kind: RoomRequest["kind"],
  asker: Asker,
): Why | null {
  const { sends } = room;
  const { time } = asker.now;
  const sender = { person: identityOf(room, asker), networks: asker.networks };
  const sentAt = sends.lastOf(sender);
  const wait = sentAt === undefined ? 0 : sentAt + settings.slowSeconds * 1_000 - time;
  if (wait > 0) return slow(wait, "In this room everybody writes slowly.");
  if (isKnown(asker, settings)) return null;
  const paced = newcomerFreeAt(room, sender.person, asker);
  if (paced > time) return slow(paced - time, "You have just come: write a little slower.");
  if (hasComeWithRaid(room, asker)) {
    const freeAt = sends.newcomersFreeAt(RAID_SENDS, RAID_SENDS_MS);
    if (freeAt > time) return { ...slow(freeAt - time, "Newcomers write slowly now."), isForRaid: true };
  }
  if (sends.countOf(sender) >= settings.heldMessages) return null;
  if (kind === "send") return { ...HELD, hold: "newcomer" };
  return kind === "edit"
    ? { reason: "KnownOnly", error: "Newcomers cannot change what a moderator has approved." }
    : null;
}

/** From when on a newcomer may write again, in Unix milliseconds; 0 for now, and for everybody else. */
function newcomerFreeAt(room: RoomView, person: string, { member, now: { time } }: Asker): number {
  if (!room.moderation.pacesNewcomers || member === undefined || !isOfRaid(member, time)) return 0;
  const since = time - RAID_REACHES_BACK_MS;
  // The members come in the order in which they have come.
  for (const { joinedAt } of room.arrivals(time)) {
    const isRegular = joinedAt !== null && joinedAt < since;
    return isRegular ? room.sends.freeAt(person, NEWCOMER_SENDS, NEWCOMER_SENDS_MS) : 0;
  }
  return 0;
}

function slow(waitMs: number, error: string): Why {
  return { reason: "SlowMode", error, retry: Math.max(1, Math.ceil(waitMs / 1_000)) };
}

/** Whether the chat has known the person for long enough. */
export function isKnown(asker: Asker, { knownMinutes }: RoomSettings): boolean {
  if (isAtLeast(roleOf(asker), "member")) return true;
  return asker.knownSince !== null && asker.now.time - asker.knownSince >= knownMinutes * 60_000;
}

function withReason(sentence: string, reason: string): string {
  return reason === "" ? `${sentence}.` : `${sentence}: ${reason}`;
}

function refusal(request: RoomRequest, asker: Asker, { hold, ...why }: Why): NotPermitted {
  const { connection, member, networks } = asker;
  const held =
    hold === undefined || member === undefined || request.kind !== "send"
      ? null
      : {
          name: member.name,
          by: authorOf(asker, member),
          content: request.content,
          reply: request.reply,
          networks,
          why: hold,
        };
  return {
    kind: "not-permitted",
    connection,
    request: request.kind,
    name: member?.name ?? null,
    asked: askedFor(request),
    held,
    ...why,
  };
}

function askedFor(request: RoomRequest): string {
  if (request.kind === "name") return request.name;
  return request.kind === "send" || request.kind === "edit" ? request.content : "";
}

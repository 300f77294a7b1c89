/**
 * What each person may do. Everybody is a visitor; an owner or a moderator gives a person a higher role. A role holds in one
 * room or in all of them, and only the role in the room where something is to be done counts there.
 */

/** The roles, lowest first. Each may do everything that the ones before it may. */
export const ROLES = ["visitor", "member", "moderator", "owner"] as const;

export type Role = (typeof ROLES)[number];

/** A role that somebody can be given. Being a visitor is the absence of one. */
export type GrantedRole = Exclude<Role, "visitor">;

/** Something that not everybody may do, with the lowest role that may; null if nobody may. */
interface Rule {
  /** What it is, in the words of the documents. */
  readonly text: string;
  readonly from: Role | null;
}

/**
 * The table of who may do what, the only one. `docs/roles.md` shows it.
 *
 * Nobody edits what somebody else has written, not even an owner: that would put words into another person's mouth. Who
 * spoils a room has messages deleted.
 */
export const RULES = {
  send: { text: "send a message", from: "visitor" },
  reply: { text: "reply to a message", from: "visitor" },
  react: { text: "react to a message", from: "visitor" },
  "edit-own": { text: "edit one's own message", from: "visitor" },
  "edit-other": { text: "edit somebody else's message", from: null },
  "delete-own": { text: "delete one's own message", from: "visitor" },
  "delete-other": { text: "delete somebody else's message", from: "moderator" },
  "reserve-nickname": { text: "reserve a nickname", from: "visitor" },
  // In all rooms, since it is reserved in all rooms.
  "free-nickname": { text: "free somebody else's nickname", from: "moderator" },
  report: { text: "report a message or a person to the moderators", from: "visitor" },
  moderate: {
    text: "remove messages, mute, kick and ban, undo that, look at reports and held messages, and turn raid mode on and off",
    from: "moderator",
  },
  // In all rooms, since it has its effect there.
  "moderate-everywhere": { text: "mute, kick and ban in all rooms", from: "moderator" },
  // It deletes what everybody has written, for good.
  "set-retention": { text: "set for how long the messages of a room are kept", from: "owner" },
  "set-room": { text: "set the title, the topic, the rules and the limits of a room", from: "moderator" },
  announce: { text: "announce something in a room", from: "moderator" },
  "announce-everywhere": { text: "announce something in all rooms", from: "owner" },
  "see-roles": { text: "see everybody's roles", from: "moderator" },
  "grant-member": { text: "make somebody a member, and undo that", from: "moderator" },
  "grant-moderator": { text: "make somebody a moderator, and undo that", from: "owner" },
  "manage-tokens": { text: "see, create and revoke the tokens of programs", from: "owner" },
  // In all rooms, since it is about all of them.
  "see-health": { text: "see how the server is, and what needs its operator", from: "owner" },
  "grant-owner": { text: "make somebody an owner, and undo that", from: "owner" },
} as const satisfies Readonly<Record<string, Rule>>;

export type Action = keyof typeof RULES;

/**
 * Whether a role allows an action. The question is about one place: `role` is the person's role in the room where the
 * action has its effect, or the role in all rooms if it has one in all.
 */
export function may(role: Role, action: Action): boolean {
  const { from } = RULES[action];
  return from !== null && isAtLeast(role, from);
}

/** What a person must be allowed to do to give or take away a role. */
const GRANTING: { readonly [R in GrantedRole]: Action } = {
  member: "grant-member",
  moderator: "grant-moderator",
  owner: "grant-owner",
};

/**
 * Whether somebody may change what another person is in a place.
 *
 * @param role of the one who asks, in the room or in all rooms, wherever the change is to hold
 * @param before what the other one has been given there
 * @param after what the other one is to be given; `visitor` to take it away
 */
export function mayChange(role: Role, before: Role, after: Role): boolean {
  return [before, after].every((each) => each === "visitor" || may(role, GRANTING[each]));
}

/** Whether a role is this one or a higher one. */
export function isAtLeast(role: Role, least: Role): boolean {
  return rankOf(role) >= rankOf(least);
}

/** The higher one of two roles. */
export function higher(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? one : other;
}

export function isGrantedRole(text: string): text is GrantedRole {
  return text !== "visitor" && (ROLES as readonly string[]).includes(text);
}

function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}

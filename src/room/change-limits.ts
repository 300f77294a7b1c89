/**
 * How much may become of messages. The limits hold in the order of the room, and count what is stored: they are the same on every
 * engine and after a restart.
 */
export interface ChangeLimits {
  /** How often a message can be edited. */
  readonly edits: number;
  /** How many reactions can be made to a message, counting those that were taken back. */
  readonly reactionsMade: number;
  /** How many reactions stand in a room whose reactions are in memory. */
  readonly roomReactions: number;
}

export const CHANGE_LIMITS: ChangeLimits = { edits: 100, reactionsMade: 5_000, roomReactions: 200_000 };

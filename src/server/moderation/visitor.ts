import type { ConnectionId, Person, Standing } from "../../room/operation.ts";
import type { Role } from "../../room/roles.ts";

/** Somebody at a connection who makes a request of moderation. */
export interface Visitor {
  readonly connection: ConnectionId;
  readonly room: string;
  /** The nickname, null for none. */
  readonly name: string | null;
  /** Undefined for somebody who has not said who it is. */
  readonly person: Person | undefined;
  /** The role in all rooms. */
  readonly roleEverywhere: Role;
  /** Keyed hashes of the networks that the connection comes from, the narrowest first. */
  readonly networks: readonly string[];
  /** What the server knows besides; {@link ModerationDesk} adds to it. */
  standing: Standing;
  /** Charges the visitor's address, in tokens of the rate of what concerns people. */
  readonly charge: (cost: number) => void;
}

export function roleOf({ person }: Pick<Visitor, "person">): Role {
  return person?.role ?? "visitor";
}

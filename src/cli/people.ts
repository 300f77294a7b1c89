import { errorReason } from "../engine/local/fault.ts";
import { CODE_MS, PeopleError } from "../engine/people.ts";
import type { StoredPeople } from "../engine/stored-people.ts";
import type { NewToken, Token } from "../engine/token.ts";
import type { GrantedRole } from "../room/roles.ts";
import type { Settings } from "../server/settings.ts";
import { CommandError } from "./command-error.ts";
import { placeOf } from "./place.ts";
import { openPeople } from "./stores.ts";

/** What to do about people. A `room` of null stands for all rooms. */
export type PeopleCommand =
  | { readonly kind: "owner-link"; readonly url: string | null }
  | {
      readonly kind: "grant";
      readonly person: string;
      readonly role: GrantedRole;
      readonly room: string | null;
    }
  | { readonly kind: "revoke"; readonly person: string; readonly room: string | null }
  | { readonly kind: "roles" }
  | {
      readonly kind: "create-token";
      readonly order: Omit<NewToken, "expiresAt">;
      /** Null: until it is revoked. */
      readonly lifetimeMs: number | null;
      /** The address of the page, for a hook; null for one on this machine. */
      readonly url: string | null;
    }
  | { readonly kind: "tokens" }
  | { readonly kind: "revoke-token"; readonly id: string };

/**
 * Does it, whether or not a server of the chat runs, and prints what came of it.
 *
 * @throws CommandError, PeopleError, JournalError or DatabaseError with one sentence
 */
export async function runPeopleCommand(command: PeopleCommand, settings: Settings): Promise<void> {
  const people = await openPeople(settings);
  try {
    // TypeScript does not see that the rule and the command are of one kind.
    const run = RUN[command.kind] as Run<PeopleCommand>;
    process.stdout.write(`${await run(people, command, settings)}\n`);
  } catch (error) {
    if (!(error instanceof PeopleError) || error.cause === undefined) throw error;
    throw new PeopleError(error.code, `This could not be stored: ${errorReason(error.cause)}.`);
  } finally {
    await people.close();
  }
}

/**
 * The link that makes one person an owner. The code is in the fragment, which browsers send to no server, so that no proxy
 * has it in its log.
 */
export function ownerLink(page: string, code: string): string {
  const link = new URL(page);
  link.hash = `owner=${code}`;
  return link.href;
}

/** Where the page is for people on this machine, if the settings are those of the server. */
function localPage({ tls, port, basePath }: Settings): string {
  return `${tls === null ? "http" : "https"}://localhost:${port}${basePath}/`;
}

/** The address that another service posts to. */
export function hookAddress(page: string, secret: string): string {
  return `${page.replace(/\/*$/, "")}/api/v1/hooks/${secret}`;
}

/** Does a command. Resolves to what is printed. */
type Run<C extends PeopleCommand> = (people: StoredPeople, command: C, settings: Settings) => Promise<string>;

const RUN: { readonly [K in PeopleCommand["kind"]]: Run<Extract<PeopleCommand, { kind: K }>> } = {
  "owner-link": async (people, { url }, settings) => {
    const code = await people.createOwnerCode(CODE_MS);
    return ownerLink(url ?? localPage(settings), code);
  },
  grant: async (people, { person, role, room }) => {
    await people.grant(person, role, room);
    return `${person} is ${role} ${placeOf(room)}.`;
  },
  revoke: async (people, { person, room }) => {
    // Whoever mistypes an id must not take the role for revoked.
    if (!(await people.revoke(person, room)))
      throw new CommandError(`${person} had not been given a role ${placeOf(room)}.`);
    return `${person} no longer has a role ${placeOf(room)}.`;
  },
  roles: async (people) => {
    const lines = people
      .grants()
      .map(({ person, role, room }) => `${person}  ${role.padEnd(9)}  ${placeOf(room)}`);
    return lines.length === 0 ? "Nobody has a role." : lines.join("\n");
  },
  "create-token": async (people, { order, lifetimeMs, url }, settings) => {
    const expiresAt = lifetimeMs === null ? null : Date.now() + lifetimeMs;
    const { token, secret } = await people.createToken({ ...order, expiresAt });
    // Beside the secret, so that a script gets the secret alone.
    process.stderr.write(`${lineOf(token)}\nThis is shown only once:\n`);
    return order.isHook ? hookAddress(url ?? localPage(settings), secret) : secret;
  },
  tokens: async (people) => {
    const lines = people.tokens().map(lineOf);
    return lines.length === 0 ? "There are no tokens." : lines.join("\n");
  },
  "revoke-token": async (people, { id }) => {
    if (!(await people.revokeToken(id))) throw new CommandError(`There is no token ${id}.`);
    return `The token ${id} is revoked.`;
  },
};

function lineOf({ id, label, nickname, scopes, rooms, isHook, expiresAt, person }: Token): string {
  const use = isHook ? "hook" : scopes.join(",");
  const where = rooms === null ? "all rooms" : rooms.join(",");
  const until = expiresAt === null ? "" : `  until ${new Date(expiresAt).toISOString()}`;
  const called = label === nickname ? nickname : `${label} (${nickname})`;
  return `${id}  ${called}  ${use}  ${where}  person ${person}${until}`;
}

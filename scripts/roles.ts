/**
 * `bun scripts/roles.ts` writes docs/roles.md from src/room/roles.ts. A test fails when the two differ.
 */
import { join } from "node:path";
import { type Action, may, ROLES, RULES } from "../src/room/roles.ts";

const OUTPUT = join(import.meta.dir, "../docs/roles.md");

/** The document, with the table of who may do what. */
export function rolesDocument(): string {
  return `# Roles

<!-- scripts/roles.ts writes this file from src/room/roles.ts: change that one. -->

Everybody is a **visitor**. An **owner** owns the chat. A **moderator** keeps order and a **member** is trusted, each in all rooms
or in one. A role in one room means nothing in another, and of several roles the highest counts.

${table()}

Nobody edits what somebody else has written, not even an owner: that would put words into another person's mouth. A moderator
deletes it.

Nicknames are reserved in all rooms, so only a moderator of all rooms frees one.

A moderator of one room makes members of that room only; it takes a moderator of all rooms to make a member of all rooms. The
last owner cannot be taken away. To reserve a nickname one needs a key or the host's login, because others have no id that lasts.

A role belongs to a person, whom the server knows by a public id of 16 characters. The id stays the same over reconnects, changes
of nickname, and rooms. [Operating a chat](operating/people.md) says how to give roles and how to undo it.
`;
}

function table(): string {
  const actions = Object.keys(RULES) as Action[];
  const rows = actions.map((action) => [
    RULES[action].text,
    ...ROLES.map((role) => (may(role, action) ? "yes" : "")),
  ]);
  const titles = ["", ...ROLES];
  const widths = titles.map((_, at) => Math.max(...[titles, ...rows].map((row) => row[at]?.length ?? 0)));
  const padded = [titles, ...rows].map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
  padded.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return padded.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

if (import.meta.main) await Bun.write(OUTPUT, rolesDocument());

import type { NewToken } from "../../client/access-tokens.ts";
import { isNickname } from "../../protocol/characters.ts";
import { SCOPES } from "../../protocol/kinds/tokens.ts";
import { pathOfRoom, roomOfPath } from "../../protocol/room-name.ts";

/** The longest life of a token, in days. */
export const DAYS_MOST = 36_500;

/** What is wrong with a field of the form for a new token. */
export type TokenFault =
  | { readonly field: "name" | "bot"; readonly fault: "name" }
  | { readonly field: "rooms"; readonly fault: "room"; readonly room: string }
  | { readonly field: "rooms"; readonly fault: "one" }
  | { readonly field: "scopes"; readonly fault: "none" }
  | { readonly field: "days"; readonly fault: "number" };

/** Reads what is written in the form. @returns the token that is wanted, or what is wrong */
export function readTokenForm(form: FormData): NewToken | TokenFault {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const name = text("name");
  if (!isNickname(name)) return { field: "name", fault: "name" };
  const bot = text("bot");
  if (bot !== "" && !isNickname(bot)) return { field: "bot", fault: "name" };
  const rooms = text("rooms")
    .split(/[\s,]+/)
    .filter((room) => room !== "");
  const unknown = rooms.find((room) => roomOfPath(pathOfRoom(room)) === undefined);
  if (unknown !== undefined) return { field: "rooms", fault: "room", room: unknown };
  const isHook = text("use") === "hook";
  if (isHook && rooms.length !== 1) return { field: "rooms", fault: "one" };
  const scopes = SCOPES.filter((scope) => form.getAll("scope").includes(scope));
  if (!isHook && scopes.length === 0) return { field: "scopes", fault: "none" };
  const days = text("days") === "" ? null : Number(text("days"));
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= DAYS_MOST))
    return { field: "days", fault: "number" };
  return {
    name,
    ...(bot === "" ? {} : { bot }),
    ...(rooms.length === 0 ? {} : { rooms }),
    ...(isHook ? { hook: true } : { scopes }),
    ...(days === null ? {} : { days }),
  };
}

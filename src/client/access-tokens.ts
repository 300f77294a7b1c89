/**
 * The tokens of programs, for owners of a chat. The page loads this when it is needed, and the SDK's package does not have it: a
 * program that makes tokens uses the command.
 */

import { isScope, type NewTokenKeys, type TokenKeys } from "../protocol/kinds/tokens.ts";
import type { Chat } from "./chat.ts";
import { CLASSES } from "./errors.ts";
import { type Answer, type Fields, integerOf, listOf, numberOf, textOf, wellFormed } from "./frame.ts";
import { ask, ModerationError } from "./moderation.ts";
import type { WaitOptions } from "./wait.ts";

for (const code of ["TooManyTokens", "UnknownToken", "WrongFormatTokens"]) CLASSES[code] = ModerationError;

/** A token of a program, without its secret. Moments are Unix milliseconds. */
export type AccessToken = { readonly [K in keyof TokenKeys]-?: TokenKeys[K] | Missing<TokenKeys, K> };

/** What a key is read as that may be missing. */
type Missing<T, K extends keyof T> = object extends Pick<T, K> ? undefined : never;

/** What a new token is to be. */
export type NewToken = Readonly<NewTokenKeys>;

export interface CreatedToken {
  /** All tokens, the oldest first. The new one is the last. */
  readonly tokens: readonly AccessToken[];
  /** Of the new token. Nobody is told it again. */
  readonly secret: string;
}

/**
 * The tokens of all programs, for owners of the chat.
 *
 * @returns the oldest first. Rejects with ModerationError, IdentityError, StoreError, ClosedError, RefusedError, or ChatError
 *   `UnknownType` with an older server
 */
export function tokens(chat: Chat, options: WaitOptions = {}): Promise<readonly AccessToken[]> {
  return ask(chat, { type: "tokens", do: "list" }, options, readTokens);
}

/**
 * Creates a token.
 *
 * @returns it, with its secret. Rejects as {@link tokens}, also with NicknameError `NameAlreadyUsed` if somebody else has reserved
 *   the nickname, or with UncertainError if the connection was lost before the reply: look at {@link tokens} then
 */
export function createToken(chat: Chat, token: NewToken, options: WaitOptions = {}): Promise<CreatedToken> {
  return ask(chat, { type: "tokens", do: "create", ...token }, options, (answer) => ({
    tokens: readTokens(answer),
    secret: textOf(answer.secret),
  }));
}

/** Revokes a token, which ends it at once. @returns those that are left. Rejects as {@link createToken} */
export function revokeToken(
  chat: Chat,
  id: string,
  options: WaitOptions = {},
): Promise<readonly AccessToken[]> {
  return ask(chat, { type: "tokens", do: "revoke", id }, options, readTokens);
}

function readTokens(answer: Answer): readonly AccessToken[] {
  return wellFormed(answer.tokens, readToken);
}

function readToken(fields: Fields): AccessToken {
  const { id, name, bot, person, scopes, rooms, hook, created, expires, over } = fields;
  return {
    id: textOf(id),
    name: textOf(name),
    bot: textOf(bot),
    person: textOf(person),
    // Those that a later server has added are left out.
    scopes: listOf(scopes).filter(isScope),
    rooms: rooms === undefined ? undefined : listOf(rooms).map(textOf),
    hook: hook === true || undefined,
    created: integerOf(created),
    expires: numberOf(expires) ?? undefined,
    over: over === true || undefined,
  };
}

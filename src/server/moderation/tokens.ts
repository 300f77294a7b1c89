import type { Engine } from "../../engine/engine.ts";
import { PeopleError } from "../../engine/people.ts";
import { isTokenOver, type Token } from "../../engine/token.ts";
import type { ParsedTokens, TokenKeys, TokenOrder, TokensReply } from "../../protocol/kinds/tokens.ts";
import { may } from "../../room/roles.ts";
import { Refusal } from "./refusal.ts";
import type { Visitor } from "./visitor.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface TokensContext {
  readonly engine: Engine;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Lets owners see, create and revoke the tokens of programs. */
export class Tokens {
  readonly #context: TokensContext;

  constructor(context: TokensContext) {
    this.#context = context;
  }

  /** @param order null if the request is malformed @throws Refusal; PeopleError or ModerationError if it cannot be stored */
  async answer(order: ParsedTokens["order"], by: Visitor): Promise<TokensReply> {
    // A token may hold in all rooms, so that the role in one of them is not enough.
    if (!may(by.roleEverywhere, "manage-tokens"))
      throw new Refusal("NotAllowed", "Only owners see and change tokens.");
    switch (order?.do) {
      case undefined:
        throw new Refusal("WrongFormatTokens", "This request is malformed.");
      case "list":
        return this.#reply();
      case "create": {
        const secret = await this.#create(order.token, by);
        return { ...this.#reply(), secret };
      }
      case "revoke":
        await this.#revoke(order.id, by);
        return this.#reply();
    }
  }

  async #create({ name, bot, days, ...rest }: TokenOrder, by: Visitor): Promise<string> {
    const { engine, now } = this.#context;
    const expiresAt = days === null ? null : now() + days * DAY_MS;
    const order = { ...rest, label: name, nickname: bot, expiresAt };
    const { token, secret } = await engine.people.createToken(order).catch((error: unknown) => {
      throw error instanceof PeopleError ? refusalOf(error) : error;
    });
    try {
      await this.#note("token", token, by);
    } catch (error) {
      // There is no token without a line in the log.
      await engine.people.revokeToken(token.id);
      throw error;
    }
    return secret;
  }

  async #revoke(id: string, by: Visitor): Promise<void> {
    const { people } = this.#context.engine;
    // Also one that is over.
    const token = people.tokens().find((each) => each.id === id);
    if (token === undefined || !(await people.revokeToken(id)))
      throw new Refusal("UnknownToken", "There is no such token. It may be revoked already.");
    await this.#note("revoke", token, by);
  }

  /** Writes into the log of moderation what an owner has done. */
  async #note(kind: "token" | "revoke", { id, person, nickname }: Token, by: Visitor): Promise<void> {
    const { engine, now } = this.#context;
    await engine.moderation.act({
      kind,
      room: null,
      person,
      name: nickname,
      networks: [],
      reason: "",
      by: by.person?.id ?? null,
      byName: by.name ?? "",
      at: now(),
      until: null,
      of: id,
      count: null,
      settings: null,
    });
  }

  #reply(): TokensReply {
    const { engine, now } = this.#context;
    const at = now();
    return { type: "tokens", status: true, tokens: engine.people.tokens().map((token) => keysOf(token, at)) };
  }
}

function refusalOf({ code, message }: PeopleError): unknown {
  if (code === "name-taken")
    return new Refusal("NameAlreadyUsed", "Somebody has reserved this nickname, or one that looks like it.");
  return code === "too-many"
    ? new Refusal("TooManyTokens", message)
    : new Refusal("ErrorWhenTokens", "The server cannot store that now. Try again later.");
}

function keysOf(token: Token, now: number): TokenKeys {
  const { id, label: name, nickname: bot, person, scopes, rooms, isHook, createdAt, expiresAt } = token;
  return {
    id,
    name,
    bot,
    person,
    scopes,
    ...(rooms === null ? {} : { rooms }),
    ...(isHook ? { hook: true } : {}),
    created: createdAt,
    ...(expiresAt === null ? {} : { expires: expiresAt }),
    ...(isTokenOver(token, now) ? { over: true } : {}),
  };
}

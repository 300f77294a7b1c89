import { version } from "../../../package.json";
import { isInRoom, type Token } from "../../engine/token.ts";
import { MAIN_ROOM, roomOfPath } from "../../protocol/room-name.ts";
import type { Answer } from "../client-socket.ts";
import { costOfMessage } from "../cost.ts";
import { KeyedRates } from "../keyed-rates.ts";
import type { Handling, RoutedRequest } from "../router.ts";
import type { ServerParts } from "../server-parts.ts";
import { readObject } from "./body.ts";
import { EventStreams } from "./event-streams.ts";
import { postByHook } from "./hooks.ts";
import { openApiDocument } from "./openapi.ts";
import { type ApiMethod, type ApiOperation, type Call, MAIN_ROOM_SEGMENT, OPERATIONS } from "./operations.ts";
import { asProblem, Problem } from "./problem.ts";
import { ApiRooms, tooMany } from "./rooms.ts";

/** Where the API is, inside the chat. */
export const API_ROOT = "/api/v1";
const DOCUMENT = `${API_ROOT}/openapi.json`;
const HOOK = /^\/api\/v1\/hooks\/([^/]*)$/;
const BEARER = /^Bearer +(\S+) *$/i;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const satisfies Handling["methods"];
/** How long browsers remember what a page of another origin may do, in seconds. */
const PREFLIGHT_S = 600;

/** The operations by their paths, each path as its parts. */
const PATHS = OPERATIONS.map((operation) => ({ operation, parts: operation.path.split("/") }));

/** Whether a path is one of the API: then it may have a secret in it, and is in no log. */
export function isApiPath(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

/** The API for programs: HTTP with JSON, tokens, and problem details. */
export class Api {
  readonly #parts: ServerParts;
  readonly #isStopping: () => boolean;
  readonly #rooms: ApiRooms;
  readonly #rates: KeyedRates;
  /** Anybody may ask for it, so it is written once. */
  readonly #document: string;
  readonly streams: EventStreams;

  constructor(parts: ServerParts, isStopping: () => boolean) {
    this.#parts = parts;
    this.#isStopping = isStopping;
    this.#rooms = new ApiRooms(parts);
    this.#rates = new KeyedRates(parts.settings.limits.tokenRequests);
    this.#document = JSON.stringify(openApiDocument(version, `${parts.settings.basePath}${API_ROOT}`));
    this.streams = new EventStreams(parts, this.#rooms);
  }

  /** What is answered at the paths of the API. */
  get handling(): Handling {
    return {
      methods: METHODS,
      cost: [["http", 1]],
      maxBodyBytes: this.#parts.settings.limits.frameBytes,
      respond: (request) => this.#respond(request),
      dress: async (rejection, headers) => this.#withCors(await asProblem(rejection), headers),
    };
  }

  /** Forgets rates that have recovered, and ends what is over. Must be called regularly. */
  tend(now: number): void {
    this.#rates.shed(now);
    this.streams.endRevoked();
  }

  async #respond(routed: RoutedRequest): Promise<Answer> {
    const { headers } = routed.request;
    const answer = await this.#answer(routed).catch((error) => this.#problemOf(error).response());
    if (answer instanceof Response) return this.#withCors(answer, headers);
    return { ...answer, head: this.#withCors(answer.head, headers) };
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    this.#parts.reports.defect(error);
    const detail = "The server cannot do that now. Try again later.";
    return new Problem({ reason: "ErrorWhenServing", detail });
  }

  async #answer(routed: RoutedRequest): Promise<Answer> {
    const { request, path } = routed;
    const origin = request.headers.get("Origin");
    if (!this.#parts.access.takesOrigin(origin))
      throw new Problem({ reason: "OriginRefused", detail: "Pages of this origin may not connect." });
    if (this.#isStopping())
      throw new Problem({ reason: "ErrorWhenServing", detail: "The server is stopping." });
    if (request.method === "OPTIONS") return preflight();
    if (path === DOCUMENT && request.method === "GET")
      return new Response(this.#document, { headers: { "Content-Type": "application/json;charset=utf-8" } });
    const [, hook] = HOOK.exec(path) ?? [];
    if (hook !== undefined) return await this.#hook(routed, hook);
    const { operation, values } = operationAt(path, request.method);
    const token = this.#tokenOf(request.headers);
    const body = operation.body === undefined ? "" : await request.text();
    const size = Buffer.byteLength(body);
    this.#charge(token, size);
    if (!token.scopes.includes(operation.scope)) {
      const detail = `The token needs the scope "${operation.scope}" for that.`;
      throw new Problem({ reason: "ScopeMissing", detail });
    }
    const room = values.room === undefined ? "" : await this.#roomOf(values.room, token, operation);
    const call: Call = {
      token,
      address: routed.address,
      from: routed,
      room,
      path: values,
      query: new URL(request.url).searchParams,
      headers: request.headers,
      body: operation.body === undefined ? {} : readObject(body),
      size,
    };
    return await operation.run(call, { parts: this.#parts, rooms: this.#rooms, streams: this.streams });
  }

  async #hook(routed: RoutedRequest, secret: string): Promise<Response> {
    if (routed.request.method !== "POST") throw wrongMethod(["POST"]);
    const token = this.#parts.engine.people.tokenOf(secret);
    if (token === undefined || !token.isHook)
      throw new Problem({
        reason: "UnknownPath",
        detail: "There is no such hook. It may have been revoked.",
      });
    this.#charge(token, 0);
    return await postByHook(routed, token, this.#parts, this.#rooms);
  }

  /** @throws Problem */
  #tokenOf(headers: Headers): Token {
    const [, secret] = BEARER.exec(headers.get("Authorization") ?? "") ?? [];
    const token = secret === undefined ? undefined : this.#parts.engine.people.tokenOf(secret);
    if (token !== undefined && !token.isHook) return token;
    throw new Problem({
      reason: "TokenRefused",
      detail:
        "A token is needed here: Authorization: Bearer cbt_…. It may have been revoked, or have expired.",
      headers: { "WWW-Authenticate": 'Bearer realm="classic-chatbox"' },
    });
  }

  /** @throws Problem if the token has been used too often */
  #charge({ id }: Token, bytes: number): void {
    const now = performance.now();
    const cost = costOfMessage(bytes, { fragments: 1, deflatedBytes: 0 });
    const wait = this.#rates.of(id, now)?.take(now, cost) ?? 0;
    if (wait > 0) throw tooMany(wait, "Too many requests with this token.");
  }

  /** @throws Problem if there is no such room, or it is none for the token */
  async #roomOf(
    segment: string,
    token: Token,
    { makesRoom = false }: Pick<ApiOperation, "makesRoom">,
  ): Promise<string> {
    const { rooms } = this.#parts;
    const room = segment === MAIN_ROOM_SEGMENT ? MAIN_ROOM : roomOfPath(`/rooms/${segment}`);
    if (room !== undefined && !isInRoom(token, room))
      throw new Problem({ reason: "RoomNotAllowed", detail: "The token is not for this room." });
    if (room === undefined || !(await (makesRoom ? rooms.mayMake(room) : rooms.has(room))))
      throw new Problem({ reason: "UnknownRoom", detail: "There is no such room." });
    return room;
  }

  /** A page may read the answer if it may connect. */
  #withCors(response: Response, headers: Headers): Response {
    const origin = headers.get("Origin");
    response.headers.set("Vary", "Origin");
    if (origin !== null && this.#parts.access.takesOrigin(origin)) {
      response.headers.set("Access-Control-Allow-Origin", origin);
      response.headers.set("Access-Control-Expose-Headers", "Retry-After");
    }
    return response;
  }
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": METHODS.join(", "),
      "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
      "Access-Control-Max-Age": String(PREFLIGHT_S),
    },
  });
}

/** @throws Problem if there is nothing at the path, or not for this method */
function operationAt(
  path: string,
  method: string,
): { readonly operation: ApiOperation; readonly values: Readonly<Record<string, string>> } {
  const parts = path.slice(API_ROOT.length).split("/");
  const found = path.startsWith(`${API_ROOT}/`)
    ? PATHS.flatMap((each) => {
        const values = valuesIn(each.parts, parts);
        return values === null ? [] : [{ operation: each.operation, values }];
      })
    : [];
  if (found.length === 0)
    throw new Problem({ reason: "UnknownPath", detail: "There is nothing at this path of the API." });
  const meant = found.find(({ operation }) => operation.method === method);
  if (meant === undefined) throw wrongMethod(found.map(({ operation }) => operation.method));
  return meant;
}

function wrongMethod(methods: readonly ApiMethod[]): Problem {
  const Allow = methods.join(", ");
  return new Problem({
    reason: "WrongMethod",
    detail: `The methods that are supported here are ${Allow}.`,
    headers: { Allow },
  });
}

/** What stands in a path in the places of a template; null if it does not match. */
function valuesIn(template: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (template.length !== parts.length) return null;
  const values: Record<string, string> = {};
  for (const [at, expected] of template.entries()) {
    const part = parts[at] ?? "";
    if (expected.startsWith("{")) {
      const value = decoded(part);
      if (value === null || value === "") return null;
      values[expected.slice(1, -1)] = value;
    } else if (part !== expected) return null;
  }
  return values;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

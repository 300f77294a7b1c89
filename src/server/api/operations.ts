/** What programs can do over the API: the only list of it, from which requests are routed and the document is written. */
import { PeopleError } from "../../engine/people.ts";
import type { Token } from "../../engine/token.ts";
import { readCommands } from "../../protocol/bot-command.ts";
import { isEventId } from "../../protocol/extension.ts";
import type { Scope } from "../../protocol/kinds/tokens.ts";
import { parseRequest } from "../../protocol/request.ts";
import { pathOfRoom } from "../../protocol/room-name.ts";
import type { Role } from "../../room/roles.ts";
import type { Address } from "../address-table.ts";
import type { Answer } from "../client-socket.ts";
import type { DeskRequest } from "../moderation/desk.ts";
import { takeAll } from "../request-rates.ts";
import type { ServerParts } from "../server-parts.ts";
import { type CallOrigin, diagnosisOf } from "./diagnosis.ts";
import type { EventStreams } from "./event-streams.ts";
import { Problem } from "./problem.ts";
import { type ApiRooms, type Asking, type Json, malformed, resultOf, tooMany } from "./rooms.ts";
import { ref, type Schema } from "./schemas.ts";

export type ApiMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What the operations work with. */
export interface ApiContext {
  readonly parts: ServerParts;
  readonly rooms: ApiRooms;
  readonly streams: EventStreams;
}

/** A request of a program that may make it, in a room that exists. */
export interface Call {
  readonly token: Token;
  readonly address: Address;
  readonly from: CallOrigin;
  /** Empty where the operation concerns no room. */
  readonly room: string;
  /** The parts of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The body; an empty object if there is none. */
  readonly body: Json;
  /** Of the body, in bytes. */
  readonly size: number;
}

interface Parameter {
  readonly name: string;
  readonly in: "query" | "header";
  readonly schema: Schema;
  readonly description: string;
}

export interface ApiOperation {
  readonly id: string;
  readonly method: ApiMethod;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly parameters?: readonly Parameter[];
  readonly body?: Schema;
  readonly status: 200 | 201;
  /** Null for events. */
  readonly answer: Schema | null;
  /** Whether a room that is not there yet is made by it, where programs may make rooms. */
  readonly makesRoom?: boolean;
  /** The statuses of its own problems, besides those that all have. */
  readonly problems: readonly number[];
  run(call: Call, context: ApiContext): Promise<Answer>;
}

const COMMANDS = "/commands";
const ROOM = "/rooms/{room}";
const MESSAGE = `${ROOM}/messages/{id}`;
const REACTION = `${MESSAGE}/reactions/{emoji}`;

const KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  schema: { type: "string", minLength: 1, maxLength: 64 },
  description:
    "Repeats with the same key within ten minutes get the first answer, and nothing is stored again.",
};

const POSITION = { type: "integer", minimum: 0 } as const;
const PAGE: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
    description: "How many messages.",
  },
  { name: "before", in: "query", schema: POSITION, description: "Messages with lower ids." },
  { name: "after", in: "query", schema: POSITION, description: "What was sent or changed after this id." },
  {
    name: "time",
    in: "query",
    schema: { type: "integer" },
    description: "Of the message or change `after`, so that another history is noticed.",
  },
  {
    name: "since",
    in: "query",
    schema: { type: "integer" },
    description: "The first messages from this moment on, in Unix milliseconds.",
  },
];

export const OPERATIONS: readonly ApiOperation[] = [
  {
    id: "diagnose",
    method: "GET",
    path: "/diagnosis",
    summary: "How the server sees this request, and what it has to work with",
    scope: "diagnose",
    status: 200,
    answer: ref("Diagnosis"),
    problems: [],
    run: async ({ from, headers }, { parts }) => Response.json(diagnosisOf(from, headers, parts)),
  },
  {
    id: "listRooms",
    method: "GET",
    path: "/rooms",
    summary: "The rooms that are listed",
    scope: "read",
    status: 200,
    answer: ref("RoomList"),
    problems: [],
    run: async ({ token }, { parts }) => {
      const rooms = await parts.rooms.list();
      return Response.json({
        rooms: rooms.filter(({ room }) => token.rooms === null || token.rooms.includes(room)),
      });
    },
  },
  {
    id: "getRoom",
    method: "GET",
    path: ROOM,
    summary: "A room, with what is set in it",
    scope: "read",
    status: 200,
    answer: ref("Room"),
    problems: [],
    run: async (call, context) => {
      const { room } = call;
      const settings = await settingsOf(call, context, null);
      const people = await context.parts.engine.headcounts([room]);
      return Response.json({ room, path: pathOfRoom(room), online: people.get(room) ?? 0, ...settings });
    },
  },
  {
    id: "getSettings",
    method: "GET",
    path: `${ROOM}/settings`,
    summary: "What is set in a room",
    scope: "read",
    status: 200,
    answer: ref("SettingsReply"),
    problems: [],
    run: async (call, context) => Response.json(await settingsOf(call, context, null)),
  },
  {
    id: "setSettings",
    method: "PATCH",
    path: `${ROOM}/settings`,
    summary: "Change a room's settings, which makes the room if it is not there yet",
    scope: "rooms",
    makesRoom: true,
    body: ref("SettingsInput"),
    status: 200,
    answer: ref("SettingsReply"),
    problems: [400],
    run: async (call, context) => Response.json(await settingsOf(call, context, call.body)),
  },
  {
    id: "listPeople",
    method: "GET",
    path: `${ROOM}/people`,
    summary: "Who is in a room",
    scope: "read",
    status: 200,
    answer: ref("People"),
    problems: [],
    run: async (call, context) => {
      const { data } = await asked(call, context, { type: "get", limit: 1 });
      const { online, marks = {} } = data as Json;
      return Response.json({ online, marks });
    },
  },
  {
    id: "listMessages",
    method: "GET",
    path: `${ROOM}/messages`,
    summary: "A page of messages; the newest if neither before, after nor since is given",
    scope: "read",
    parameters: PAGE,
    status: 200,
    answer: ref("Page"),
    problems: [400],
    run: async (call, context) => {
      const { data } = await asked(call, context, { type: "get", ...pageKeys(call.query) });
      return Response.json(data);
    },
  },
  {
    id: "postMessage",
    method: "POST",
    path: `${ROOM}/messages`,
    summary: "Send a message. It is stored when the answer comes",
    scope: "post",
    parameters: [KEY],
    body: ref("Send"),
    status: 201,
    answer: ref("Message"),
    problems: [202, 400],
    run: async (call, context) => {
      const { content, reply } = call.body;
      const keys = { ...given({ content, reply }), ...keyOf(call.headers) };
      return Response.json(await asked(call, context, { type: "send", ...keys }), { status: 201 });
    },
  },
  {
    id: "editMessage",
    method: "PATCH",
    path: MESSAGE,
    summary: "Give one of the token's own messages another content",
    scope: "edit",
    parameters: [KEY],
    body: ref("Edit"),
    status: 200,
    answer: ref("Changed"),
    problems: [400, 409],
    run: async (call, context) => {
      const { content } = call.body;
      const keys = { ...given({ content }), ...keyOf(call.headers), of: idOf(call) };
      return Response.json(await asked(call, context, { type: "edit", ...keys }));
    },
  },
  {
    id: "deleteMessage",
    method: "DELETE",
    path: MESSAGE,
    summary: "Delete one of the token's own messages, or with the scope `moderate` anybody's",
    scope: "edit",
    status: 200,
    answer: ref("Deleted"),
    problems: [],
    run: async (call, context) =>
      Response.json(await asked(call, context, { type: "delete", of: idOf(call) })),
  },
  ...(["PUT", "DELETE"] as const).map(
    (method): ApiOperation => ({
      id: method === "PUT" ? "addReaction" : "removeReaction",
      method,
      path: REACTION,
      summary: method === "PUT" ? "React to a message" : "Take a reaction back",
      scope: "post",
      status: 200,
      answer: ref("Reacted"),
      problems: [400, 409],
      run: async (call, context) => {
        const { emoji } = call.path;
        const keys = { of: idOf(call), emoji, on: method === "PUT" };
        return Response.json(await asked(call, context, { type: "react", ...keys }));
      },
    }),
  ),
  {
    id: "getCommands",
    method: "GET",
    path: COMMANDS,
    summary: "Who the program is, and which commands it takes",
    scope: "post",
    status: 200,
    answer: ref("Bot"),
    problems: [],
    run: async ({ token }) => botAnswer(token, token.commands),
  },
  {
    id: "setCommands",
    method: "PUT",
    path: COMMANDS,
    summary: "Declare the commands that the program takes, in place of those before",
    scope: "post",
    body: ref("Commands"),
    status: 200,
    answer: ref("Bot"),
    problems: [400, 409],
    run: async (call, { parts }) => {
      const commands = readCommands(call.body.commands);
      if (commands === null) throw new Problem(malformedProblem("WrongFormatCommands"));
      // Programs declare them at each start, and then there is nothing to store.
      if (!Bun.deepEquals(call.token.commands, commands)) payForStore(call);
      await parts.engine.people.setCommands(call.token.id, commands).catch((error: unknown) => {
        throw error instanceof PeopleError ? commandsProblem(error) : error;
      });
      return botAnswer(call.token, commands);
    },
  },
  {
    id: "moderate",
    method: "POST",
    path: `${ROOM}/moderation`,
    summary: "Keep order, as the protocol's `moderate` does",
    scope: "moderate",
    body: ref("Order"),
    status: 200,
    answer: ref("Moderated"),
    problems: [400, 409],
    run: async (call, context) => {
      const { type: _, ...order } = call.body;
      const { request } = { request: undefined, ...parseRequest(text({ ...order, type: "moderate" }), 3) };
      if (request?.kind !== "moderate") throw new Problem(malformedProblem("WrongFormatModerate"));
      return Response.json(await desked(request, call, context));
    },
  },
  {
    id: "listenToRoom",
    method: "GET",
    path: `${ROOM}/events`,
    summary: "What happens in a room, as server-sent events",
    scope: "read",
    parameters: [
      {
        name: "Last-Event-ID",
        in: "header",
        schema: { type: "string", pattern: "^\\d{1,16}(-\\d{1,16})?$" },
        description: "Where to go on: the id of the last event that was read. From now on if it is missing.",
      },
    ],
    status: 200,
    answer: null,
    problems: [400],
    run: (call, { streams }) => streams.open(call.headers.get("Last-Event-ID") ?? "", askingOf(call)),
  },
];

/** Has the room of a call carry out a request of the protocol. @throws Problem */
function asked(call: Call, { rooms }: ApiContext, frame: Json): Promise<Json> {
  return rooms.ask(parseRequest(text(frame), 3), askingOf(call));
}

/** @throws Problem if it is nested too deeply */
function text(frame: Json): string {
  try {
    return JSON.stringify(frame);
  } catch {
    throw new Problem(malformedProblem("WrongFormatJSON"));
  }
}

function askingOf({ room, token, address, size }: Call): Asking {
  return { room, token, address, size, role: roleWith(token, "moderate") };
}

/** What a token may do in a room, where a scope makes it a moderator. */
function roleWith({ scopes }: Token, scope: Scope): Role {
  return scopes.includes(scope) ? "moderator" : "member";
}

async function settingsOf(call: Call, context: ApiContext, set: Json | null): Promise<Json> {
  return desked({ kind: "room", set, room: undefined }, call, context);
}

/** Has the desk of the moderators answer. @throws Problem */
async function desked(request: DeskRequest, call: Call, { parts, rooms }: ApiContext): Promise<Json> {
  const { room, token } = call;
  const role = roleWith(token, request.kind === "room" ? "rooms" : "moderate");
  const connection = rooms.newId();
  const visitor = {
    connection,
    room,
    name: token.nickname,
    person: { id: token.person, role },
    roleEverywhere: token.rooms === null ? role : ("visitor" as const),
    networks: [],
    standing: { admittedBy: null, isProven: true, knownSince: null },
    // Its own rate has been charged.
    charge: () => {},
  };
  return await rooms.inside({ room }, connection, async () =>
    resultOf(JSON.stringify(await parts.desk.answer(request, visitor))),
  );
}

function botAnswer({ nickname: name, person: by }: Token, commands: Token["commands"]): Response {
  return Response.json({ name, by, commands });
}

/** What is stored about people is synced while everybody waits: programs of an address pay for that as its people do. @throws Problem */
function payForStore({ address }: Call): void {
  const wait = takeAll(performance.now(), [[address.rates.people, 1]]);
  if (wait > 0) throw tooMany(wait, "Too much was stored about people from this address lately.");
}

function commandsProblem({ code, message: detail }: PeopleError): Problem {
  if (code === "command-taken") return new Problem({ reason: "CommandTaken", detail });
  if (code === "too-many") return new Problem({ reason: "TooManyCommands", detail });
  return new Problem({ reason: "ErrorWhenServing", detail });
}

function malformedProblem(reason: string) {
  return { reason, detail: malformed(reason) };
}

/** The keys that are there: one that is missing must not become one without a value. */
function given(keys: Json): Json {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}

function keyOf(headers: Headers): Json {
  const key = headers.get("Idempotency-Key");
  return key === null ? {} : { key };
}

/** The numbers of a query, as the protocol's `get` has them. What is no number stays a text, and is refused there. */
function pageKeys(query: URLSearchParams): Json {
  const keys = ["limit", "before", "after", "time", "since"].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, /^-?\d{1,16}$/.test(value) ? Number(value) : value]];
  });
  return Object.fromEntries(keys);
}

/** @throws Problem */
function idOf({ path: { id = "" } }: Call): number {
  const number = /^\d+$/.test(id) ? Number(id) : 0;
  if (!isEventId(number))
    throw new Problem({ reason: "UnknownMessage", detail: "There is no such message." });
  return number;
}

/** How the main room is called in a path of the API. No room can have this name. */
export const MAIN_ROOM_SEGMENT = "-";

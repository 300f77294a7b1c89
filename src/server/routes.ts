import { idsAfter, type ListedRoom, type RoomList } from "../protocol/room-list.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { type Api, isApiPath } from "./api/api.ts";
import { costOfSending } from "./cost.ts";
import { glanceAt } from "./glance.ts";
import type { Handling, Route, RoutedRequest } from "./router.ts";
import type { ServerParts } from "./server-parts.ts";
import { ASSETS, privateJson, roomsJson, type SizedResponse } from "./web-pages.ts";

/** What most paths have in common: they are only read, and cost one token. */
const read = { methods: ["GET", "HEAD"], cost: [["http", 1]] } as const satisfies Partial<Handling>;
/** What a room's messages as a page cost, beside what is sent. */
const READING_PAGE = [...read.cost, ["history", 32]] as const;
/** What the list of rooms costs, beside what is sent. */
const ROOM_LIST = [...read.cost, ["history", 1]] as const;
/** What it costs to count messages in a room, and how much more if there are any: the room may have to be opened for that. */
const COUNTING_ROOM = 1;
const COUNTING_MESSAGES = 8;

/** Every path that HTTP requests are answered at. */
export function routesOf(
  parts: ServerParts,
  api: Api,
  isStopping: () => boolean,
): { readonly routes: readonly Route[]; readonly fallback: Handling } {
  const { webPages, settings } = parts;
  return {
    routes: [
      { ...api.handling, below: "chat", matches: isApiPath },
      healthRoute(parts, isStopping),
      ...(settings.metricsAt === null ? [metricsRoute(parts)] : []),
      ...chatRoutes(parts),
    ],
    // The pages of the rooms, the icons, and the page that says that there is nothing.
    fallback: {
      ...read,
      respond: async (request) =>
        (await noSuchRoom(parts, request)) ??
        webPages.respond(request.path, request.request) ??
        webPages.missing(request.path, request.request),
    },
  };
}

/** What is answered at the port for metrics. @param missing answers at all other paths */
export function metricsRoutes(
  parts: ServerParts,
  isStopping: () => boolean,
  missing: (ip: string) => Response,
): { readonly routes: readonly Route[]; readonly fallback: Handling } {
  return {
    routes: [healthRoute(parts, isStopping), metricsRoute(parts)],
    fallback: { ...read, respond: ({ ip }) => missing(ip) },
  };
}

function healthRoute(parts: ServerParts, isStopping: () => boolean): Route {
  return {
    ...read,
    below: "server",
    matches: (path) => path === "/healthz",
    respond: () => health(parts, isStopping()),
  };
}

function metricsRoute({ metrics }: ServerParts): Route {
  return {
    ...read,
    below: "server",
    matches: (path) => path === "/metrics",
    respond: async () =>
      new Response(await metrics.text(), { headers: { "Content-Type": metrics.contentType } }),
  };
}

function chatRoutes(parts: ServerParts): readonly Route[] {
  const { webPages, keptAssets } = parts;
  return [
    {
      ...read,
      below: "chat",
      matches: (path) => roomOfPath(path) !== undefined,
      query: "?read",
      cost: READING_PAGE,
      respond: async (request) => (await noSuchRoom(parts, request)) ?? readingPage(parts, request),
    },
    {
      ...read,
      below: "chat",
      matches: (path) => roomOfPath(path) !== undefined,
      query: "?glance",
      cost: READING_PAGE,
      respond: async (request) => (await noSuchRoom(parts, request)) ?? glance(parts, request),
    },
    {
      ...read,
      below: "chat",
      matches: (path) => path === "/rooms",
      cost: ROOM_LIST,
      respond: (routed) =>
        roomList(parts, routed, (rooms) => webPages.rooms(routed.path, rooms, routed.request)),
    },
    {
      ...read,
      below: "chat",
      matches: (path) => path === "/rooms.json",
      cost: ROOM_LIST,
      respond: async (routed) => {
        const origin = routed.request.headers.get("Origin");
        // What a page that may not connect must not learn.
        const reader = parts.access.takesOrigin(origin) ? origin : null;
        const unread = await unreadFor(parts, routed);
        return roomList(parts, routed, (rooms) => roomsJson({ rooms, ...unread }, reader));
      },
    },
    {
      ...read,
      below: "chat",
      matches: (path) => path.startsWith(ASSETS),
      respond: async ({ path, request }) =>
        webPages.respond(path, request) ??
        (await keptAssets?.respond(path, request)) ??
        webPages.missing(path, request),
    },
  ];
}

/** The answer to a request for a room that does not exist; null for any other. */
async function noSuchRoom(
  { rooms, webPages, reports, guard }: ServerParts,
  { path, request, ip }: RoutedRequest,
): Promise<Response | null> {
  const room = roomOfPath(path);
  if (room === undefined || rooms.isKnown(room)) return null;
  try {
    return (await rooms.has(room)) ? null : webPages.noRoom(path, request);
  } catch (error) {
    reports.fault(room, error);
    return guard.rejectForNow(ip, "The server cannot find the room now.");
  }
}

/** The list of rooms in any form. */
async function roomList(
  { rooms, reports, guard }: ServerParts,
  { path, ip, address }: RoutedRequest,
  form: (rooms: readonly ListedRoom[]) => SizedResponse,
): Promise<Response> {
  try {
    const { response, bytes } = form(await rooms.list());
    address.rates.history?.charge(performance.now(), costOfSending(bytes));
    return response;
  } catch (error) {
    reports.fault(path, error);
    return guard.rejectForNow(ip, "The rooms cannot be listed now.");
  }
}

/** What is new since the messages that the query names; nothing if it names none, or if that cannot be told now. */
async function unreadFor(
  { rooms, reports }: ServerParts,
  { path, request, address }: RoutedRequest,
): Promise<Pick<RoomList, "unread">> {
  const after = new URL(request.url).searchParams.get("after");
  if (after === null) return {};
  const ids = idsAfter(after);
  const { history } = address.rates;
  // Before the work, so that many requests at once do not all find the same tokens.
  history?.charge(performance.now(), COUNTING_ROOM * ids.size);
  try {
    const unread = await rooms.unread(ids);
    const withNew = [...unread.values()].filter((count) => count > 0).length;
    history?.charge(performance.now(), COUNTING_MESSAGES * withNew);
    return { unread: Object.fromEntries(unread) };
  } catch (error) {
    reports.fault(path, error);
    return {};
  }
}

/** Refuses a request for what is written in a room that not everybody may read; null for any other. */
function refuseReading({ engine, guard }: ServerParts, { path, ip }: RoutedRequest): Response | null {
  const room = roomOfPath(path);
  if (room === undefined || engine.moderation.settingsOf(room).entry === "everyone") return null;
  return guard.reject(403, "This room is not open to everybody.", { address: ip });
}

/** What goes on in a room, for those who have not joined. */
async function glance(parts: ServerParts, routed: RoutedRequest): Promise<Response> {
  const { engine, reports, guard, access } = parts;
  const room = roomOfPath(routed.path);
  const refusal = refuseReading(parts, routed);
  if (refusal) return refusal;
  try {
    const seen = room === undefined ? null : await glanceAt(engine, room);
    if (seen !== null) {
      const origin = routed.request.headers.get("Origin");
      return privateJson(seen, access.takesOrigin(origin) ? origin : null);
    }
  } catch (error) {
    reports.fault(routed.path, error);
  }
  return guard.rejectForNow(routed.ip, "The messages cannot be read now.");
}

/** The newest messages of a room, for browsers without JavaScript. */
async function readingPage(parts: ServerParts, routed: RoutedRequest): Promise<Response> {
  const { engine, webPages, reports, guard } = parts;
  const { path, request, ip, address } = routed;
  const room = roomOfPath(path);
  const refusal = refuseReading(parts, routed);
  if (refusal) return refusal;
  try {
    const messages = room === undefined ? null : await engine.recent(room);
    if (room !== undefined && messages !== null) {
      const page = webPages.reading(room, messages, (person) => engine.people.isBot(person), request);
      address.rates.history?.charge(performance.now(), costOfSending(page.bytes));
      return page.response;
    }
  } catch (error) {
    reports.fault(room ?? path, error);
  }
  return guard.rejectForNow(ip, "The messages cannot be read now.");
}

function health({ engine }: ServerParts, isStopping: boolean): Response {
  const status = isStopping ? "stopping" : engine.healthy ? "ok" : "store failing";
  return Response.json(
    { status },
    { status: status === "ok" ? 200 : 503, headers: { "Cache-Control": "no-store" } },
  );
}

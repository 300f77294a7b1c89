import { roomOfPath } from "../protocol/room-name.ts";
import { costOfSending } from "./cost.ts";
import type { Handling, Route, RoutedRequest } from "./router.ts";
import type { ServerParts } from "./server-parts.ts";
import { ASSETS } from "./web-pages.ts";

/** What most paths have in common: they are only read, and cost one token. */
const read = { methods: ["GET", "HEAD"], cost: [["http", 1]] } as const satisfies Partial<Handling>;
/** What a room's messages as a page cost, beside what is sent. */
const READING_PAGE = [...read.cost, ["history", 32]] as const;

/** Every path that HTTP requests are answered at. */
export function routesOf(
  parts: ServerParts,
  isStopping: () => boolean,
): { readonly routes: readonly Route[]; readonly fallback: Handling } {
  const { webPages } = parts;
  return {
    routes: [...operatorRoutes(parts, isStopping), ...chatRoutes(parts)],
    // The pages of the rooms, the icons, and the page that says that there is nothing.
    fallback: {
      ...read,
      respond: ({ path, request }) => webPages.respond(path, request) ?? webPages.missing(path, request),
    },
  };
}

function operatorRoutes(parts: ServerParts, isStopping: () => boolean): readonly Route[] {
  const { metrics } = parts;
  return [
    {
      ...read,
      below: "server",
      matches: (path) => path === "/healthz",
      respond: () => health(parts, isStopping()),
    },
    {
      ...read,
      below: "server",
      matches: (path) => path === "/metrics",
      respond: async () =>
        new Response(await metrics.text(), { headers: { "Content-Type": metrics.contentType } }),
    },
  ];
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
      respond: (request) => readingPage(parts, request),
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

/** The newest messages of a room, for browsers without JavaScript. */
async function readingPage(
  { engine, webPages, reports, guard }: ServerParts,
  { path, request, ip, address }: RoutedRequest,
): Promise<Response> {
  const room = roomOfPath(path);
  if (room !== undefined && engine.moderation.settingsOf(room).entry !== "everyone")
    return guard.reject(403, "This room is not open to everybody.", { address: ip });
  try {
    const messages = room === undefined ? null : await engine.recent(room);
    if (room !== undefined && messages !== null) {
      const page = webPages.reading(room, messages, request);
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

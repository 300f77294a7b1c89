import type { Address, AddressRate, AddressTable } from "./address-table.ts";
import type { Answer, Exchange } from "./client-socket.ts";
import type { RequestHead } from "./http-head.ts";
import type { RequestGuard } from "./request-guard.ts";
import { pathInChat } from "./room-address.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

/** A request as a route's handler gets it. */
export interface RoutedRequest {
  /** With the body, which may be empty. Its URL has the host and the query, and no path. */
  readonly request: Request;
  /** The path inside the chat, which is not decoded. */
  readonly path: string;
  /** The client's IP address, as it is logged. */
  readonly ip: string;
  /** The other end of the TCP connection: the client, or a proxy. */
  readonly peer: string;
  /** What it counts as. */
  readonly address: Address;
}

/** What is answered at some paths. */
export interface Handling {
  readonly methods: readonly Method[];
  /** What a request costs: tokens of its address's rates, which are taken in this order before the body is read. */
  readonly cost: readonly (readonly [rate: AddressRate, tokens: number])[];
  /** Gives a rejection the form of what is answered here. As it is unless given. @param headers of the request */
  readonly dress?: (rejection: Response, headers: Headers) => Promise<Response>;
  /** The largest body, in bytes; none unless given. The body of a GET or HEAD means nothing and is not read. */
  readonly maxBodyBytes?: number;
  respond(request: RoutedRequest): Answer | Promise<Answer>;
}

/** A row of the table of routes. */
export interface Route extends Handling {
  /** Whether it answers at a path. */
  matches(path: string): boolean;
  /** Where the path is looked for: inside the chat, which may have a base path, or at the root of the server only. */
  readonly below: "chat" | "server";
  /** The exact query, with its question mark; any unless given. */
  readonly query?: string;
}

/** The table of HTTP routes at work: it finds the route of a request and checks what the route demands. */
export class Router {
  readonly #routes: readonly Route[];
  readonly #fallback: Handling;
  readonly #guard: RequestGuard;
  readonly #addresses: AddressTable;
  readonly #basePath: string;

  /**
   * @param routes of which the first that matches answers
   * @param fallback answers at all other paths
   * @param basePath such as `/chat`; empty for none
   */
  constructor(
    { routes, fallback }: { readonly routes: readonly Route[]; readonly fallback: Handling },
    guard: RequestGuard,
    addresses: AddressTable,
    basePath: string,
  ) {
    this.#routes = routes;
    this.#fallback = fallback;
    this.#guard = guard;
    this.#addresses = addresses;
    this.#basePath = basePath;
  }

  /** Decides about a request, before its body is read. `peer` is the other end of the TCP connection. */
  accept(head: RequestHead, peer: string): Exchange | Response {
    const ip = this.#guard.addressOf(head, peer);
    const path = pathInChat(head.path, this.#basePath);
    const route = this.#routeOf(head, path);
    const accepted = this.#acceptAt(route, head, path, { ip, peer });
    const { dress } = route;
    if (dress === undefined) return accepted;
    const dressed = (rejection: Response) => dress(rejection, head.headers);
    return accepted instanceof Response
      ? { body: null, respond: () => dressed(accepted) }
      : { ...accepted, dress: dressed };
  }

  #acceptAt(
    route: Handling,
    head: RequestHead,
    path: string,
    { ip, peer }: Pick<RoutedRequest, "ip" | "peer">,
  ): Exchange | Response {
    const guard = this.#guard;
    const method = route.methods.find((each) => each === head.method);
    if (method === undefined) return this.#rejectMethod(route, ip);
    const refusal = guard.refuseHost(head, ip);
    if (refusal !== null) return refusal;
    const now = performance.now();
    const address = this.#addresses.of(ip, now);
    const wait = waitFor(route, address, now);
    if (wait > 0) return guard.rejectForRate(ip, wait, "Too many requests from this address.");
    const hasBody = method !== "GET" && method !== "HEAD";
    return {
      body: hasBody ? { maxBytes: route.maxBodyBytes ?? 0, account: address.pending } : null,
      respond: (request) => route.respond({ request, path, ip, peer, address }),
    };
  }

  #routeOf(head: RequestHead, path: string): Handling {
    const { search } = new URL(head.url);
    const route = this.#routes.find(
      ({ below, matches, query = search }) =>
        query === search && matches(below === "chat" ? path : head.path),
    );
    return route ?? this.#fallback;
  }

  #rejectMethod({ methods }: Handling, address: string): Response {
    const Allow = methods.join(", ");
    return this.#guard.reject(405, `The methods that are supported here are ${Allow}.`, {
      address,
      headers: { Allow },
    });
  }
}

/** Takes what a request costs. @returns the seconds that it comes too early */
function waitFor({ cost }: Handling, { rates }: Address, now: number): number {
  for (const [rate, tokens] of cost) {
    const wait = rates[rate]?.take(now, tokens) ?? 0;
    if (wait > 0) return wait;
  }
  return 0;
}

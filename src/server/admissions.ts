import { roomOfPath } from "../protocol/room-name.ts";
import { aboutRoom } from "./about-room.ts";
import { Acquaintance } from "./acquaintance.ts";
import { networkHash, networksOf } from "./addresses.ts";
import { isApiPath } from "./api/api.ts";
import type { Admission, Verdict } from "./client-socket.ts";
import { type Client, Connection, type ConnectionContext } from "./connection.ts";
import type { Ending } from "./connection-end.ts";
import type { RequestHead } from "./http-head.ts";
import { acceptsDeflate } from "./permessage-deflate.ts";
import { pathInChat, roomMeant } from "./room-address.ts";
import type { ServerParts } from "./server-parts.ts";
import { createSecret } from "./session-secret.ts";
import { NO_RATES } from "./settings.ts";
import { negotiate, VERSIONS } from "./versions.ts";
import { limitReached } from "./watching/operator-watch.ts";

/** How many clients per second may come back after a restart, if they obey the welcome. */
const RETURNS_PER_S = 1000;
const RETRY_MOST_S = 10;

/** Where a handshake comes from, and where it leads. */
type From = Pick<Client, "ip" | "room" | "networks">;

/** Decides about WebSocket handshakes, and makes the connections of those that are accepted. */
export class Admissions {
  readonly #parts: ServerParts;
  readonly #isStopping: () => boolean;
  readonly #context: ConnectionContext;
  /** The same for clients of exempt addresses. */
  readonly #exemptContext: ConnectionContext;
  /** No two connections must be confused, also not with one of another server, or from before a restart: authors go by them. */
  readonly #idPrefix: string;
  #connectionsMade = 0;

  constructor(parts: ServerParts, isStopping: () => boolean) {
    const { limits } = parts.settings;
    this.#parts = parts;
    this.#isStopping = isStopping;
    this.#idPrefix = `${crypto.randomUUID().slice(0, 13)}-`;
    this.#context = this.#contextOf(parts);
    const withoutRates = { limits: { ...limits, ...NO_RATES }, roomSends: () => null };
    this.#exemptContext = { ...this.#context, ...withoutRates };
  }

  /** Decides about a handshake. `peer` is the other end of the TCP connection. */
  admit(head: RequestHead, peer: string): Verdict | Promise<() => Verdict> {
    const { guard, settings, rooms } = this.#parts;
    const ip = guard.addressOf(head, peer);
    const refusal = guard.refuseHost(head, ip) ?? guard.refuseOrigin(head, ip);
    if (refusal !== null) return refusal;
    const path = pathInChat(head.path, settings.basePath);
    const room = roomOfPath(path);
    if (room === undefined) return this.#rejectRoom(ip, head.path, path);
    const from = { ip, room, networks: this.#networksOf(head, peer, ip) };
    return rooms.isKnown(room) ? this.#enter(head, from) : this.#find(head, from);
  }

  /** Finds out whether a room exists. That may cost the store something, and so it costs the client what its page does. */
  #find(head: RequestHead, from: From): Verdict | Promise<() => Verdict> {
    const { ip, room } = from;
    const { guard, addresses, rooms, reports } = this.#parts;
    const now = performance.now();
    const wait = addresses.of(ip, now).rates.http?.take(now, 1) ?? 0;
    if (wait > 0) return guard.rejectForRate(ip, wait, "Too many requests from this address.");
    const fields = { path: head.path };
    return rooms.has(room).then(
      (isThere) => () =>
        isThere
          ? this.#enter(head, from)
          : guard.reject(404, "There is no such room. /rooms lists the rooms.", { address: ip, fields }),
      (error) => {
        reports.fault(room, error);
        return () => guard.rejectForNow(ip, "The server cannot find the room now.");
      },
    );
  }

  #enter(head: RequestHead, from: From): Verdict {
    const { ip, room } = from;
    const { guard, addresses, sockets, engine, notices, settings } = this.#parts;
    if (this.#isStopping()) return guard.rejectForNow(ip, "The server is stopping.");
    if (sockets.isFull) {
      limitReached(notices, "max-connections", sockets.most);
      return guard.rejectForNow(ip, "The server cannot accept another connection right now.");
    }
    const now = performance.now();
    const address = addresses.of(ip, now);
    const excess = address.admit(room, now);
    if (excess !== null)
      return guard.rejectForRate(ip, excess.wait, `Too many ${excess.reason} from this address.`);
    if (!engine.enter(room)) {
      address.leave(room);
      if (engine.rooms >= settings.limits.maxRooms)
        limitReached(notices, "max-rooms", settings.limits.maxRooms);
      return guard.rejectForNow(ip, "The server cannot open another room right now.");
    }
    return this.#accept(head, { ...from, address });
  }

  /** By what moderators can act on it: nothing, where that would hit everybody behind a proxy. */
  #networksOf(head: RequestHead, peer: string, ip: string): string[] {
    const { guard, addresses } = this.#parts;
    if (addresses.isExempt(ip) || guard.isShared(head, peer)) return [];
    return networksOf(ip).map(this.#networkHash);
  }

  #accept({ headers }: RequestHead, from: From & Pick<Client, "address">): Admission {
    const { settings, addresses, wheel, connections, fanout } = this.#parts;
    const { version, subprotocol } = negotiate(headers.get("sec-websocket-protocol"));
    const { hasSessions, hasCompression } = VERSIONS[version];
    const mayDeflate = hasCompression && settings.compressFromBytes !== null;
    const id = `${this.#idPrefix}${++this.#connectionsMade}`;
    const client = { ...from, id, version, secret: hasSessions ? createSecret() : null };
    const context = addresses.isExempt(from.ip) ? this.#exemptContext : this.#context;
    return {
      subprotocol,
      deflates: mayDeflate && acceptsDeflate(headers.get("sec-websocket-extensions")),
      open: (wire) => {
        const connection = new Connection(client, wire, context, wheel);
        connections.add(connection);
        fanout.add(connection);
        return connection;
      },
    };
  }

  /** Networks are known by keyed hashes only. */
  readonly #networkHash = (network: string) => networkHash(this.#parts.engine.people, network);

  #rejectRoom(address: string, path: string, inside: string): Response {
    const logged = "There is no such room.";
    const meant = roomMeant(inside);
    const sentence = meant === undefined ? logged : `${logged} Perhaps you mean ${meant}.`;
    const fields = isApiPath(inside) ? {} : { path };
    return this.#parts.guard.reject(404, sentence, { address, logged, fields });
  }

  #contextOf({
    engine,
    settings,
    login,
    roomSends,
    connections,
    fanout,
    reports,
    desk,
    enforcer,
    metrics,
  }: ServerParts): ConnectionContext {
    return {
      engine,
      limits: settings.limits,
      roomSends: (room, now) => roomSends.of(room, now),
      graceS: Math.max(1, Math.ceil(settings.graceMs / 1000)),
      now: () => performance.now(),
      identity: {
        people: engine.people,
        acquaintance: new Acquaintance((text) => engine.people.idOfStay(text), Date.now),
        login,
        isLoginRequired: settings.login?.isRequired ?? false,
        now: Date.now,
      },
      desk,
      aboutRoom: (room) => aboutRoom(engine, settings, room),
      retryS: () => Math.min(RETRY_MOST_S, Math.ceil((connections.size + 1) / RETURNS_PER_S)),
      timed: (payer) => {
        const at = performance.now();
        return {
          release(bytes) {
            payer.release(bytes);
            metrics.sendSeconds.observe((performance.now() - at) / 1000);
          },
        };
      },
      requested: (kind) => reports.requested(kind),
      events: {
        opened: (connection) => reports.opened(connection),
        identified: (connection) => enforcer.tellWaiting(connection),
        closed: (connection, ending) => {
          connections.delete(connection);
          fanout.remove(connection);
          this.#release(connection, ending);
          reports.closed(connection, ending);
        },
      },
    };
  }

  /** A connection counts for its address until its nickname is free. */
  #release({ id, room, address, hasSession }: Connection, { resumable }: Ending): void {
    const { settings, absentMembers } = this.#parts;
    // One that has no nickname yet may have asked for it: the room says in a moment that it has left.
    if (hasSession && resumable && settings.graceMs > 0)
      absentMembers.keep(id, room, address, performance.now());
    else address.leave(room);
  }
}

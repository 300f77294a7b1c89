import { BlockList } from "node:net";
import { Access } from "../access.ts";
import type { ClientSocket } from "../client-socket.ts";
import { addressesOf } from "../hosts.ts";
import { ListenError, listenAt, socketOptions } from "../listen-everywhere.ts";
import type { Listener } from "../listener.ts";
import { RequestGuard } from "../request-guard.ts";
import { Router } from "../router.ts";
import { metricsRoutes } from "../routes.ts";
import type { ServerParts } from "../server-parts.ts";
import { SocketTable } from "../socket-table.ts";

/** Few programs read metrics. */
const SOCKETS_MOST = 64;
const NOT_HERE = "Only /metrics and /healthz are here.";

/**
 * Listens on the port for metrics, if there is one, with limits of its own: it answers although the chat is full.
 *
 * @returns no listener if there is no such port @throws ListenError
 */
export async function listenForMetrics(parts: ServerParts, isStopping: () => boolean): Promise<Listener[]> {
  const { settings, reports, log, addresses: rates } = parts;
  const { metricsAt } = settings;
  if (metricsAt === null) return [];
  const addresses = await addressesOf(metricsAt.hosts).catch((error: unknown) => {
    throw new ListenError({ ...metricsAt, addresses: [] }, error);
  });
  const place = { ...metricsAt, addresses };
  const access = new Access({ hosts: metricsAt.hosts, allowOrigins: null }, place.addresses);
  const guard = new RequestGuard(access, new BlockList(), reports, log);
  const routes = metricsRoutes(parts, isStopping, (ip) => guard.reject(404, NOT_HERE, { address: ip }));
  return listenAt(place, {
    ...socketOptions(parts, new Router(routes, guard, rates, "")),
    tls: null,
    sockets: new SocketTable<ClientSocket>(SOCKETS_MOST),
    admit: (_head, peer) => guard.reject(404, NOT_HERE, { address: peer }),
  });
}

import type { Engine } from "../engine/engine.ts";
import { LocalEngine } from "../engine/local/local.ts";
import { nameOfDatabase } from "../engine/postgres/database.ts";
import { PostgresEngine } from "../engine/postgres/postgres.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import { SUBPROTOCOL_V3 } from "../protocol/version.ts";
import type { Outcome } from "../room/operation.ts";
import { Absentees } from "./absentees.ts";
import { Access } from "./access.ts";
import { type Address, AddressTable } from "./address-table.ts";
import { addressKey, isListed } from "./addresses.ts";
import { ByteAccount } from "./byte-account.ts";
import { Connection, type Ending, type Shared } from "./connection.ts";
import { costOfSending } from "./cost.ts";
import { socketsLeft } from "./descriptors.ts";
import { Door } from "./door.ts";
import { Fanout } from "./fanout.ts";
import { addressesOf } from "./hosts.ts";
import { KeptAssets } from "./kept-assets.ts";
import { type Admission, type ClientSocket, type Listener, listen } from "./listener.ts";
import { LivenessWheel } from "./liveness.ts";
import { createLog, type Log, routeConsole } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { buildPages, type Pages } from "./pages.ts";
import { acceptsDeflate } from "./permessage-deflate.ts";
import { Reports } from "./reports.ts";
import { pathInChat, roomMeant } from "./room-address.ts";
import { RoomRates } from "./room-rates.ts";
import { createSecret } from "./session-secret.ts";
import { NO_RATES, type Settings } from "./settings.ts";
import { SocketTable } from "./sockets.ts";

/** How long it may hold up the start that the page's files are kept for other servers. */
const START_KEEP_MS = 1_000;
/** How long all of the following may take together when the server stops, but for the log. */
const STOP_MS = 4_200;
/** How long clients may take to go after the close frame when the server stops. */
const STOP_LEAVE_MS = 500;
/** How long whoever reads the log may take to read its end when the server ends. */
const STOP_LOG_MS = 250;
/** How long clients may take to read what is unsent when the server stops. */
const STOP_DRAIN_MS = 1_500;
/** How long the store may take to finish when the server stops. */
const STOP_STORE_MS = 2_500;
/** Addresses under which this machine reaches itself as `localhost`. */
const LOCAL_HOSTS = ["127.0.0.1", "::1", "0.0.0.0", "::"];
/** Why a connection is cut before there was a word. */
const CROWDED =
  "There are too many connections that are no WebSocket, and this was the oldest or one too many.";
/** The query by which a room's page is asked for as text, and what that costs, in tokens, beside what is sent. */
const READ = "?read";
const READ_COST = 32;
const TRIES_FOR_A_FREE_PORT = 5;
/** So many clients a second may come back after a restart, as far as they do what the welcome tells them. */
const RETURNS_PER_S = 1000;
const RETRY_MOST_S = 10;

/** What a server is made of, beside its sockets. */
interface Parts {
  readonly settings: Settings;
  /** The addresses to listen on. */
  readonly listenOn: readonly string[];
  readonly access: Access;
  readonly log: Log;
  readonly reports: Reports;
  readonly metrics: Metrics;
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly absentees: Absentees;
  readonly pages: Pages;
  /** Null: other servers' pages are not helped out. */
  readonly keptAssets: KeptAssets | null;
}

/** A running server: the engine, the listening sockets, and all between them. */
export class ChatServer {
  readonly #parts: Parts;
  readonly #addresses: AddressTable;
  readonly #roomSends: RoomRates;
  readonly #wheel = new LivenessWheel(PING_EVERY_S * 1000, performance.now());
  readonly #shared: Shared;
  /** The same for clients of exempt addresses. */
  readonly #sharedByExempt: Shared;
  readonly #door: Door;
  readonly #sockets: SocketTable<ClientSocket>;
  readonly #timers: Timer[] = [];
  #listeners: Listener[] = [];
  #connectionsMade = 0;
  /** Sessions of servers that share rooms must not be confused. */
  readonly #connectionPrefix: string;
  #stopping: Promise<boolean> | null = null;

  /**
   * Opens the history, then the sockets.
   *
   * @throws JournalError or DatabaseError when the history cannot be opened; an Error with `code` when the address or
   *   the port cannot be had
   */
  static async start(settings: Settings): Promise<ChatServer> {
    const listenOn = await addressesOf(settings.hosts);
    const metrics = new Metrics();
    const log = createLog(settings.log, () => metrics.logLost.inc());
    routeConsole(log);
    for (const warning of settings.warnings) log.warn({ category: "server", event: "settings" }, warning);
    try {
      return await ChatServer.#start(settings, listenOn, metrics, log);
    } catch (error) {
      // It may say what was done to a history on the way.
      await flushed(log);
      throw error;
    }
  }

  static async #start(
    settings: Settings,
    listenOn: readonly string[],
    metrics: Metrics,
    log: Log,
  ): Promise<ChatServer> {
    const reports = new Reports(log, metrics, settings.log);
    const timestamps = new TimestampFormat(settings.timestamp, settings.timezone);
    const absentees = new Absentees(settings.graceMs);
    const fanout = new Fanout(
      (time) => timestamps.format(time),
      {
        told: (outcome, connection) => {
          absentees.told(outcome);
          reports.told(outcome, connection);
        },
        refused: (connection, reason) => reports.refused(connection, reason),
      },
      settings.compressFromBytes ?? Number.POSITIVE_INFINITY,
    );
    const pages = await buildPages(settings.basePath);
    const engine = await openEngine(settings, timestamps, fanout, reports);
    const access = new Access(settings, listenOn);
    const keptAssets = keptAssetsOf(settings, engine, pages, log);
    const told = { log, reports, metrics };
    const parts = { settings, listenOn, access, ...told, engine, fanout, absentees, pages, keptAssets };
    const server = new ChatServer(parts);
    try {
      // Before the page is given out: from then on its files may be asked for at any server.
      if (keptAssets !== null) await Promise.race([keptAssets.start(), Bun.sleep(START_KEEP_MS)]);
      server.#listen();
    } catch (error) {
      keptAssets?.stop();
      await engine.close();
      throw error;
    }
    server.#startTimers();
    const { port } = server;
    const root = `${server.authority}${settings.basePath}/`;
    log.info(
      { category: "server", event: "listening", port, hosts: settings.hosts, data: historyOf(settings) },
      `listening: page http://${root} and WebSocket ws://${root}`,
    );
    server.#warn();
    void log.flush();
    return server;
  }

  private constructor(parts: Parts) {
    const { settings, access, log, engine, fanout, reports } = parts;
    this.#parts = parts;
    this.#connectionPrefix = settings.database === null ? "" : `${crypto.randomUUID().slice(0, 13)}-`;
    const { limits } = settings;
    const memory = {
      pending: new ByteAccount(limits.pendingBytes),
      getMemory: new ByteAccount(limits.getMemoryBytes),
    };
    const addresses = new AddressTable(limits, memory);
    this.#addresses = addresses;
    this.#roomSends = new RoomRates(limits.roomSends);
    this.#door = new Door(access, settings.trustProxy, reports, log);
    this.#sockets = new SocketTable(mostSockets(settings.limits));
    this.#shared = {
      engine,
      limits,
      roomSends: (room, now) => this.#roomSends.of(room, now),
      graceS: Math.max(1, Math.ceil(settings.graceMs / 1000)),
      now: () => performance.now(),
      retryS: () => Math.min(RETRY_MOST_S, Math.ceil((fanout.size + 1) / RETURNS_PER_S)),
      events: {
        opened: (connection) => reports.opened(connection),
        requested: (kind) => reports.requested(kind),
        closed: (connection, ending) => {
          fanout.remove(connection);
          this.#countOut(connection, ending);
          reports.closed(connection, ending);
        },
      },
    };
    this.#sharedByExempt = {
      ...this.#shared,
      limits: { ...limits, ...NO_RATES },
      roomSends: () => null,
    };
    parts.metrics.watch({
      get connections() {
        return fanout.size;
      },
      get named() {
        return [...fanout.connections()].filter((connection) => connection.name !== null).length;
      },
      get absent() {
        return engine.absent;
      },
      get rooms() {
        return engine.rooms;
      },
      get addresses() {
        return addresses.size;
      },
      get pendingBytes() {
        return memory.pending.bytes;
      },
      get getMemoryBytes() {
        return memory.getMemory.bytes;
      },
    });
  }

  get port(): number {
    return this.#listeners[0]?.port ?? this.#parts.settings.port;
  }

  /** Whether only this machine can connect. */
  get isLoopbackOnly(): boolean {
    return this.#parts.access.isLoopbackOnly;
  }

  /** The host and port to open in a browser on this machine. */
  get authority(): string {
    const host = this.#parts.settings.hosts[0] ?? "localhost";
    const shown = LOCAL_HOSTS.includes(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
    return `${shown}:${this.port}`;
  }

  /** Writes text for people to where the log goes. */
  print(text: string): void {
    this.#parts.log.print(text);
    void this.#parts.log.flush();
  }

  /**
   * Stops in good order: no new connections, what was sent so far is stored and told, clients are closed with
   * 1012. Takes less than 5 s whatever happens.
   *
   * @returns false when the store did not finish in time
   */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<boolean> {
    this.#parts.log.info({ category: "server", event: "stopping" }, "stopping");
    for (const listener of this.#listeners) listener.stop();
    for (const timer of this.#timers) clearInterval(timer);
    this.#parts.keptAssets?.stop();
    this.#parts.reports.tellRejections(Number.POSITIVE_INFINITY);
    const closed = this.#parts.engine.close().then(
      () => true,
      (error) => {
        this.#parts.reports.defect(error);
        return false;
      },
    );
    const stopBy = performance.now() + STOP_MS;
    const clean = await Promise.race([closed, Bun.sleep(STOP_STORE_MS).then(() => false)]);
    const drainBy = Math.min(stopBy - STOP_LEAVE_MS, performance.now() + STOP_DRAIN_MS);
    while (this.#hasUnsent() && performance.now() < drainBy) await Bun.sleep(20);
    for (const connection of [...this.#parts.fanout.connections()]) connection.end("restart");
    const leaveBy = Math.min(stopBy, performance.now() + STOP_LEAVE_MS);
    while (this.#sockets.unsettled > 0 && performance.now() < leaveBy) await Bun.sleep(5);
    this.#parts.log.info(
      { category: "server", event: "stopped", clean },
      clean ? "stopped" : "stopped, but not all could be stored",
    );
    await flushed(this.#parts.log);
    return clean;
  }

  #hasUnsent(): boolean {
    for (const { wire } of this.#parts.fanout.connections()) if (wire && wire.unsentBytes > 0) return true;
    return false;
  }

  #listen(): void {
    const { limits, port, trustProxy } = this.#parts.settings;
    for (let attempt = 1; ; attempt++) {
      try {
        for (const host of this.#parts.listenOn) {
          this.#listeners.push(
            listen({
              host,
              // With port 0 the system chooses for the first address, and the others take the same.
              port: this.#listeners[0]?.port ?? port,
              frameBytes: limits.frameBytes,
              handshakeMs: limits.handshakeMs,
              sockets: this.#sockets,
              unsettledPerAddress: (peer) =>
                isListed(peer, trustProxy)
                  ? Number.POSITIVE_INFINITY
                  : (limits.connectionsPerAddress ?? Number.POSITIVE_INFINITY),
              admit: (path, request, peer) => this.#admit(path, request, peer),
              respond: (path, request, peer) => this.#respond(path, request, peer),
              rejected: (status, sentence, address) => this.#door.note({ status, sentence, address }),
              crowded: (address) => this.#door.note({ status: null, sentence: CROWDED, address }),
              fault: (error) => this.#parts.reports.defect(error),
            }),
          );
        }
        break;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        // A machine without IPv6 still has the IPv4 loopback.
        if (this.#listeners.length > 0 && (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT")) break;
        for (const listener of this.#listeners) listener.stop();
        this.#listeners = [];
        if (code !== "EADDRINUSE" || port !== 0 || attempt === TRIES_FOR_A_FREE_PORT) throw error;
      }
    }
  }

  #startTimers(): void {
    this.#timers.push(
      setInterval(() => this.#wheel.turn(performance.now()), this.#wheel.slotMs),
      setInterval(() => {
        for (const connection of this.#parts.fanout.connections()) connection.checkUnsent();
        const now = performance.now();
        this.#parts.absentees.shed(now);
        this.#addresses.shed(now);
        this.#roomSends.shed(now);
        this.#parts.reports.tellRejections(now);
      }, 1000),
    );
  }

  /** Says at the start what would be found out later by somebody who cannot connect. */
  #warn(): void {
    const { settings, log, access } = this.#parts;
    const { limits, trustProxy, allowOrigins } = settings;
    const { most } = this.#sockets;
    if (limits.maxConnections !== null && most < limits.maxConnections) {
      log.warn(
        { category: "server", event: "descriptors", most },
        `the system gives so few files (ulimit -n) that there can be ${most} connections and not ${limits.maxConnections}`,
      );
    }
    const hasLocalProxy = ["127.0.0.1", "::1"].some((address) => isListed(address, trustProxy));
    if (access.isLoopbackOnly && hasLocalProxy && allowOrigins === null) {
      log.warn(
        { category: "server", event: "origins" },
        "a proxy on this machine is trusted, but only pages of this machine may connect: name the address that the proxy serves the chat under by --allow-origin https://…",
      );
    }
  }

  #admit(path: string, request: Request, peer: string): Admission | Response {
    const door = this.#door;
    const ip = door.addressOf(request, peer);
    const refusal = door.refuseHost(request, ip) ?? door.refuseOrigin(request, ip);
    if (refusal !== null) return refusal;
    const inside = pathInChat(path, this.#parts.settings.basePath);
    const room = roomOfPath(inside);
    if (room === undefined) return this.#rejectRoom(ip, path, inside);
    if (this.#stopping) return this.#rejectForNow(ip, "The server stops.");
    if (this.#sockets.isFull) return this.#rejectForNow(ip, "There is no place for another connection now.");
    const address = this.#addressOf(ip);
    const excess = address.admit(room, performance.now());
    if (excess !== null)
      return this.#rejectForRate(ip, excess.wait, `Too many ${excess.reason} from this address.`);
    const shared = this.#isExempt(ip) ? this.#sharedByExempt : this.#shared;
    if (!shared.engine.enter(room)) {
      address.leave(room);
      return this.#rejectForNow(ip, "There is no place for another room now.");
    }
    const { compressFromBytes } = this.#parts.settings;
    const id = `${this.#connectionPrefix}${++this.#connectionsMade}`;
    const offered = offeredSubprotocols(request);
    const secret = offered.includes(SUBPROTOCOL_V3) ? createSecret() : null;
    const mayDeflate = secret !== null && compressFromBytes !== null;
    return {
      subprotocol: secret === null ? classicSubprotocol(offered) : SUBPROTOCOL_V3,
      deflates: mayDeflate && acceptsDeflate(request.headers.get("sec-websocket-extensions")),
      open: (wire) => {
        const client = { id, room, ip, address, secret };
        const connection = new Connection(client, wire, shared, this.#wheel);
        this.#parts.fanout.add(connection, wire);
        return connection;
      },
    };
  }

  #rejectRoom(address: string, path: string, inside: string): Response {
    const told = "There is no such room.";
    const meant = roomMeant(inside);
    const sentence = meant === undefined ? told : `${told} Perhaps you mean ${meant}.`;
    return this.#door.reject(404, sentence, { address, told, fields: { path } });
  }

  #rejectForRate(address: string, waitS: number, sentence: string): Response {
    return this.#door.reject(429, sentence, { address, headers: { "Retry-After": `${Math.ceil(waitS)}` } });
  }

  #rejectForNow(address: string, sentence: string): Response {
    return this.#door.reject(503, sentence, { address, headers: { "Retry-After": "5" } });
  }

  /** What an IP address counts as. */
  #addressOf(ip: string): Address {
    const now = performance.now();
    return this.#isExempt(ip) ? this.#addresses.exempt(ip, now) : this.#addresses.of(addressKey(ip), now);
  }

  #isExempt(ip: string): boolean {
    return isListed(ip, this.#parts.settings.exemptAddresses);
  }

  /** A connection counts for its address until its nickname is nobody's any more. */
  #countOut(connection: Connection, { resumable }: Ending): void {
    const { id, room, address, version } = connection;
    // One that has no nickname yet may have asked for it: the room says in a moment that it has left.
    if (version === 3 && resumable && this.#parts.settings.graceMs > 0)
      this.#parts.absentees.keep(id, room, address, performance.now());
    else address.leave(room);
  }

  async #respond(path: string, request: Request, peer: string): Promise<Response> {
    const ip = this.#door.addressOf(request, peer);
    const refusal = this.#door.refuseHost(request, ip);
    if (refusal !== null) return refusal;
    const address = this.#addressOf(ip);
    const wait = address.rates.http?.take(performance.now()) ?? 0;
    if (wait > 0) return this.#rejectForRate(ip, wait, "Too many requests from this address.");
    if (path === "/healthz") return this.#health();
    if (path === "/metrics") {
      return new Response(await this.#parts.metrics.text(), {
        headers: { "Content-Type": this.#parts.metrics.contentType },
      });
    }
    const inside = pathInChat(path, this.#parts.settings.basePath);
    const room = roomOfPath(inside);
    if (room !== undefined && new URL(request.url).search === READ)
      return this.#read(room, request, ip, address);
    const { pages, keptAssets } = this.#parts;
    return (
      pages.respond(inside, request) ??
      (await keptAssets?.respond(inside, request)) ??
      pages.missing(inside, request)
    );
  }

  /** The page for browsers without JavaScript. */
  async #read(room: string, request: Request, ip: string, address: Address): Promise<Response> {
    const { engine, pages, reports } = this.#parts;
    const wait = address.rates.history?.take(performance.now(), READ_COST) ?? 0;
    if (wait > 0) return this.#rejectForRate(ip, wait, "Too many requests from this address.");
    try {
      const messages = await engine.recent(room);
      if (messages !== null) {
        const page = pages.reading(room, messages, request);
        address.rates.history?.charge(performance.now(), costOfSending(page.bytes));
        return page.response;
      }
    } catch (error) {
      reports.fault(room, error);
    }
    return this.#rejectForNow(ip, "The messages cannot be read now.");
  }

  #health(): Response {
    const status = this.#stopping ? "stopping" : !this.#parts.engine.healthy ? "store failing" : "ok";
    return Response.json(
      { status },
      { status: status === "ok" ? 200 : 503, headers: { "Cache-Control": "no-store" } },
    );
  }
}

/** How many sockets there may be: what the operator allows, as far as the system does. */
function mostSockets({ maxConnections, maxRooms }: Settings["limits"]): number {
  const { POSITIVE_INFINITY } = Number;
  return Math.min(maxConnections ?? POSITIVE_INFINITY, socketsLeft(maxRooms) ?? POSITIVE_INFINITY);
}

/** Resolves when the log is written, or has had its time. */
async function flushed(log: Log): Promise<void> {
  await Promise.race([log.flush(), Bun.sleep(STOP_LOG_MS)]);
}

/** Where the history is, without secrets. */
export function historyOf({ database, dataFile }: Settings): string {
  return database === null ? dataFile : nameOfDatabase(database.url);
}

function keptAssetsOf(
  { keepAssetsMs }: Settings,
  { assets }: Engine,
  pages: Pages,
  log: Log,
): KeptAssets | null {
  if (keepAssetsMs === 0) return null;
  return new KeptAssets(assets, pages.assets, keepAssetsMs, (error) =>
    log.warn(
      { category: "server", event: "assets", err: error },
      `the page's files cannot be shared with other servers now: ${error}`,
    ),
  );
}

function openEngine(
  settings: Settings,
  timestamps: TimestampFormat,
  fanout: Fanout,
  reports: Reports,
): Promise<Engine> {
  const { limits, getBudgetBytes, graceMs, restartGraceMs, database, dataFile, fsync } = settings;
  const options = {
    getBudgetBytes,
    historyMemoryBytes: limits.historyMemoryBytes,
    maxRooms: limits.maxRooms,
    graceMs,
    restartGraceMs,
    sendKeys: limits.sendKeys,
    pastSessions: limits.pastSessions,
    retention: settings.retention,
    trustClock: settings.trustClock,
    now: () => {
      const time = Date.now();
      return { time, timestamp: timestamps.format(time) };
    },
    deliver: (room: string, outcomes: Iterable<Outcome>) => fanout.deliver(room, outcomes),
    observer: reports,
  };
  return database === null
    ? LocalEngine.open({ ...options, dataFile, fsync, timeOf: (timestamp) => timestamps.parse(timestamp) })
    : PostgresEngine.open({ ...options, database, lost: () => fanout.cutAll() });
}

function offeredSubprotocols(request: Request): string[] {
  const offered = request.headers.get("sec-websocket-protocol")?.split(",") ?? [];
  return offered.map((each) => each.trim()).filter((each) => each !== "");
}

/**
 * The subprotocol to confirm to a client of the classic protocol: the first it offers, if it offers any. Browsers give
 * up a connection whose offer is left unanswered. One of this protocol's later versions is not confirmed: who offers it
 * would then expect it to be spoken.
 */
function classicSubprotocol(offered: readonly string[]): string | null {
  return offered.find((each) => !each.startsWith("classic-chatbox.")) ?? null;
}

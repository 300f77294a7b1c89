import type { Engine } from "../engine/engine.ts";
import { LocalEngine } from "../engine/local/local.ts";
import { nameOfDatabase } from "../engine/postgres/database.ts";
import { PostgresEngine } from "../engine/postgres/postgres.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { roomOfPath } from "../protocol/room-name.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import { SUBPROTOCOL_V3 } from "../protocol/version.ts";
import type { Outcome } from "../room/operation.ts";
import { AddressTable, addressKey, clientAddress, isTrusted } from "./addresses.ts";
import { Connection, type Shared } from "./connection.ts";
import { Fanout } from "./fanout.ts";
import { type Admission, type Listener, listen } from "./listener.ts";
import { LivenessWheel } from "./liveness.ts";
import { createLog, type Log, routeConsole } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { buildPages, type Pages } from "./pages.ts";
import { acceptsDeflate } from "./permessage-deflate.ts";
import { Reports } from "./reports.ts";
import { createSecret } from "./session-secret.ts";
import type { Settings } from "./settings.ts";

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
/** The query by which a room's page is asked for as text, and how many messages it then has. */
const READ = "?read";
const READABLE = 100;
const TRIES_FOR_A_FREE_PORT = 5;
/** So many clients a second may come back after a restart, as far as they do what the welcome tells them. */
const RETURNS_PER_S = 1000;
const RETRY_MOST_S = 10;

/** What a server is made of, beside its sockets. */
interface Parts {
  readonly settings: Settings;
  readonly log: Log;
  readonly reports: Reports;
  readonly metrics: Metrics;
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly pages: Pages;
}

/** A running server: the engine, the listening sockets, and all between them. */
export class ChatServer {
  readonly #parts: Parts;
  readonly #addresses: AddressTable;
  readonly #wheel = new LivenessWheel(PING_EVERY_S * 1000, performance.now());
  readonly #shared: Shared;
  readonly #timers: Timer[] = [];
  #listeners: Listener[] = [];
  #sessions = 0;
  /** Sessions of servers that share rooms must not be confused. */
  readonly #sessionPrefix: string;
  #stopping: Promise<boolean> | null = null;
  #proxyHinted = false;

  /**
   * Opens the history, then the sockets.
   *
   * @throws JournalError or DatabaseError when the history cannot be opened; an Error with `code` when the port cannot be had
   */
  static async start(settings: Settings): Promise<ChatServer> {
    const metrics = new Metrics();
    const log = createLog(settings.log, () => metrics.logLost.inc());
    routeConsole(log);
    try {
      return await ChatServer.#start(settings, metrics, log);
    } catch (error) {
      // It may say what was done to a history on the way.
      await flushed(log);
      throw error;
    }
  }

  static async #start(settings: Settings, metrics: Metrics, log: Log): Promise<ChatServer> {
    const reports = new Reports(log, metrics, settings.log);
    const timestamps = new TimestampFormat(settings.timestamp, settings.timezone);
    const fanout = new Fanout(
      (time) => timestamps.format(time),
      reports,
      settings.compressFromBytes ?? Number.POSITIVE_INFINITY,
    );
    const pages = await buildPages();
    const engine = await openEngine(settings, timestamps, fanout, reports);
    const server = new ChatServer({ settings, log, reports, metrics, engine, fanout, pages });
    try {
      server.#listen();
    } catch (error) {
      await engine.close();
      throw error;
    }
    server.#startTimers();
    const { port, authority } = server;
    log.info(
      { category: "server", event: "listening", port, hosts: settings.hosts, data: historyOf(settings) },
      `listening: page http://${authority}/ and WebSocket ws://${authority}/`,
    );
    void log.flush();
    return server;
  }

  private constructor(parts: Parts) {
    const { settings, engine, fanout, reports } = parts;
    this.#parts = parts;
    this.#sessionPrefix = settings.database === null ? "" : `${crypto.randomUUID().slice(0, 13)}-`;
    this.#addresses = new AddressTable(settings.limits);
    const addresses = this.#addresses;
    const getMemory = { bytes: 0 };
    this.#shared = {
      engine,
      limits: settings.limits,
      getMemory,
      now: () => performance.now(),
      retryS: () => Math.min(RETRY_MOST_S, Math.ceil((fanout.size + 1) / RETURNS_PER_S)),
      events: {
        opened: (connection) => reports.opened(connection),
        requested: (kind) => reports.requested(kind),
        closed: (connection, name, cause, code) => {
          fanout.remove(connection);
          addresses.leave(addressKey(connection.address));
          reports.closed(connection, name, cause, code);
        },
      },
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
      get pendingSize() {
        return engine.pendingSize;
      },
      get getMemoryBytes() {
        return getMemory.bytes;
      },
    });
  }

  get port(): number {
    return this.#listeners[0]?.port ?? this.#parts.settings.port;
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
    while (this.#listeners.some((each) => each.unsettled > 0) && performance.now() < leaveBy)
      await Bun.sleep(5);
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
    const { hosts, limits, port, trustProxy } = this.#parts.settings;
    for (let attempt = 1; ; attempt++) {
      try {
        for (const host of hosts) {
          this.#listeners.push(
            listen({
              host,
              // With port 0 the system chooses for the first address, and the others take the same.
              port: this.#listeners[0]?.port ?? port,
              frameBytes: limits.frameBytes,
              handshakeMs: limits.handshakeMs,
              unsettledPerPeer: (peer) =>
                isTrusted(peer, trustProxy)
                  ? Number.POSITIVE_INFINITY
                  : (limits.connectionsPerAddress ?? Number.POSITIVE_INFINITY),
              admit: (path, request, peer) => this.#admit(path, request, peer),
              respond: (path, request, peer) => this.#respond(path, request, peer),
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
        this.#addresses.shed(performance.now());
      }, 1000),
    );
  }

  #admit(path: string, request: Request, peer: string): Admission | Response {
    const room = roomOfPath(path);
    if (room === undefined) return this.#reject(404, "There is no such room.");
    const { allowOrigins, trustProxy, compressFromBytes } = this.#parts.settings;
    const origin = request.headers.get("origin");
    if (allowOrigins !== null && origin !== null && !allowOrigins.includes(origin)) {
      return this.#reject(403, "Pages of this origin may not connect.");
    }
    const forwardedFor = request.headers.get("x-forwarded-for");
    const address = clientAddress(peer, forwardedFor, trustProxy);
    if (forwardedFor !== null && address === peer) this.#hintAtProxy(peer);
    const wait = this.#addresses.admit(addressKey(address), performance.now());
    if (wait > 0) {
      return this.#reject(429, "Too many connections from this address.", {
        "Retry-After": `${Math.ceil(wait)}`,
      });
    }
    const shared = this.#shared;
    if (this.#stopping) return this.#reject(503, "The server stops.", { "Retry-After": "5" });
    if (!shared.engine.enter(room)) {
      this.#addresses.leave(addressKey(address));
      return this.#reject(503, "There is no place for another room now.", { "Retry-After": "5" });
    }
    const session = `${this.#sessionPrefix}${++this.#sessions}`;
    const offered = offeredSubprotocols(request);
    const secret = offered.includes(SUBPROTOCOL_V3) ? createSecret() : null;
    const mayDeflate = secret !== null && compressFromBytes !== null;
    return {
      subprotocol: secret === null ? classicSubprotocol(offered) : SUBPROTOCOL_V3,
      deflates: mayDeflate && acceptsDeflate(request.headers.get("sec-websocket-extensions")),
      open: (wire) => {
        const connection = new Connection(session, room, address, secret, wire, shared, this.#wheel);
        this.#parts.fanout.add(connection, wire);
        return connection;
      },
    };
  }

  /** Says once that a proxy on this machine is not trusted: all its clients then share one address's limits. */
  #hintAtProxy(peer: string): void {
    if (this.#proxyHinted || !["127.0.0.1", "::1"].includes(peer)) return;
    this.#proxyHinted = true;
    this.#parts.log.warn(
      { category: "server", event: "proxy" },
      `a proxy on this machine sends X-Forwarded-For; its clients count as one address until you start with --trust-proxy ${peer}`,
    );
  }

  #reject(status: number, sentence: string, headers: Record<string, string> = {}): Response {
    this.#parts.reports.rejected(status);
    return new Response(`${sentence}\n`, { status, headers });
  }

  async #respond(path: string, request: Request, peer: string): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Only GET is answered here.\n", { status: 405, headers: { Allow: "GET, HEAD" } });
    }
    if (path === "/healthz") return this.#health();
    if (path === "/metrics") {
      return new Response(await this.#parts.metrics.text(), {
        headers: { "Content-Type": this.#parts.metrics.contentType },
      });
    }
    const room = roomOfPath(path);
    if (room !== undefined && new URL(request.url).search === READ) return this.#read(room, request, peer);
    const isNoRoom = path.startsWith("/rooms") && roomOfPath(path) === undefined;
    const page = isNoRoom ? undefined : this.#parts.pages.respond(path, request);
    return page ?? new Response("There is nothing here.\n", { status: 404 });
  }

  /** The page for browsers without JavaScript. What it costs counts as a new connection does. */
  async #read(room: string, request: Request, peer: string): Promise<Response> {
    const forwardedFor = request.headers.get("x-forwarded-for");
    const key = addressKey(clientAddress(peer, forwardedFor, this.#parts.settings.trustProxy));
    const wait = this.#addresses.admit(key, performance.now());
    if (wait > 0) {
      return this.#reject(429, "Too many requests from this address.", {
        "Retry-After": `${Math.ceil(wait)}`,
      });
    }
    try {
      const messages = await this.#parts.engine.recent(room, READABLE);
      if (messages !== null) return this.#parts.pages.reading(room, messages, request);
    } catch (error) {
      this.#parts.reports.fault(room, error);
    } finally {
      this.#addresses.leave(key);
    }
    return this.#reject(503, "The messages cannot be read now.", { "Retry-After": "5" });
  }

  #health(): Response {
    const status = this.#stopping ? "stopping" : !this.#parts.engine.healthy ? "store failing" : "ok";
    return Response.json(
      { status },
      { status: status === "ok" ? 200 : 503, headers: { "Cache-Control": "no-store" } },
    );
  }
}

/** Resolves when the log is written, or has had its time. */
async function flushed(log: Log): Promise<void> {
  await Promise.race([log.flush(), Bun.sleep(STOP_LOG_MS)]);
}

/** Where the history is, without secrets. */
export function historyOf({ database, dataFile }: Settings): string {
  return database === null ? dataFile : nameOfDatabase(database.url);
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

import type { People } from "../engine/people.ts";
import { Admissions } from "./admissions.ts";
import { Api } from "./api/api.ts";
import { gaugesOf } from "./gauges.ts";
import { addressesOf } from "./hosts.ts";
import { listenEverywhere } from "./listen-everywhere.ts";
import type { Listener } from "./listener.ts";
import { createLog, routeConsole } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { historyOf } from "./open-engine.ts";
import { Router } from "./router.ts";
import { routesOf } from "./routes.ts";
import { buildParts, type ServerParts } from "./server-parts.ts";
import type { Settings } from "./settings.ts";
import { logStartWarnings } from "./start-warnings.ts";
import { flushed, stopParts } from "./stop-server.ts";
import { LOOK_EVERY_MS } from "./tls/renewal.ts";
import type { BackupWatch } from "./watching/backup-watch.ts";
import { logNotice } from "./watching/log-notice.ts";
import { listenForMetrics } from "./watching/metrics-listener.ts";
import { Notices } from "./watching/notices.ts";
import { WATCH_EVERY_MS } from "./watching/operator-watch.ts";

/** How long the start may wait until the page's files are kept for other servers. */
const START_KEEP_MS = 1_000;
/** How long owners are told that lines of the log were lost. */
const LOG_LOSS_TOLD_MS = 60 * 60 * 1000;
/** Addresses under which this machine reaches itself as `localhost`. */
const LOCAL_HOSTS = ["127.0.0.1", "::1", "0.0.0.0", "::"];

/** The port that an address with https need not name. */
const HTTPS_PORT = 443;

/** Where a server is found. */
export interface ServerAddresses {
  readonly page: string;
  readonly socket: string;
}

/** A running server: the engine, the listening sockets, and all between them. */
export class ChatServer {
  readonly #parts: ServerParts;
  readonly #api: Api;
  readonly #timers: Timer[] = [];
  #listeners: Listener[] = [];
  #metricsListeners: Listener[] = [];
  #stopping: Promise<boolean> | null = null;

  /**
   * Opens the history, then the sockets.
   *
   * @throws JournalError or DatabaseError when the history cannot be opened; ListenError when an address or a port is not
   *   available; an Error with `code` when a host has no address
   */
  static async start(settings: Settings): Promise<ChatServer> {
    const listenOn = await addressesOf(settings.hosts);
    const metrics = new Metrics();
    const notices = new Notices(Date.now);
    const log = createLog(settings.log, () => {
      metrics.logLost.inc();
      notices.raise("log", {}, { lapsesAfterMs: LOG_LOSS_TOLD_MS });
    });
    notices.subscribe((state, notice) => logNotice(log, state, notice));
    routeConsole(log);
    for (const warning of settings.warnings) log.warn({ category: "server", event: "settings" }, warning);
    try {
      const server = new ChatServer(await buildParts(settings, listenOn, log, metrics, notices));
      await server.#open();
      return server;
    } catch (error) {
      // It may say what was done to a history on the way.
      await flushed(log);
      throw error;
    }
  }

  private constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#api = new Api(parts, () => this.#stopping !== null);
    parts.metrics.watch(gaugesOf(parts));
  }

  async #open(): Promise<void> {
    const { keptAssets, engine, settings, log, watch } = this.#parts;
    try {
      // Before the page is served: from then on its files may be requested from any server.
      if (keptAssets !== null) await Promise.race([keptAssets.start(), Bun.sleep(START_KEEP_MS)]);
      this.#listen();
      this.#metricsListeners = await listenForMetrics(this.#parts, () => this.#stopping !== null);
    } catch (error) {
      for (const listener of this.#listeners) listener.stop();
      keptAssets?.stop();
      await engine.close();
      throw error;
    }
    this.#startTimers();
    const { page, socket } = this.addresses;
    this.#parts.webhooks.start();
    log.info(
      {
        category: "server",
        event: "listening",
        port: this.port,
        hosts: settings.hosts,
        data: historyOf(settings),
      },
      `listening: page ${page} and WebSocket ${socket}`,
    );
    const [metricsListener] = this.#metricsListeners;
    if (metricsListener !== undefined)
      log.info(
        { category: "server", event: "metrics", port: metricsListener.port },
        `metrics are at port ${metricsListener.port}, and not at that of the chat`,
      );
    logStartWarnings(this.#parts);
    void watch.look();
    void log.flush();
  }

  #listen(): void {
    const isStopping = () => this.#stopping !== null;
    const { guard, addresses, settings } = this.#parts;
    const admissions = new Admissions(this.#parts, isStopping);
    const router = new Router(
      routesOf(this.#parts, this.#api, isStopping),
      guard,
      addresses,
      settings.basePath,
    );
    this.#listeners = listenEverywhere(this.#parts, admissions, router);
  }

  #startTimers(): void {
    const { wheel, connections, absentMembers, addresses, roomSends, reports, raidWatch } = this.#parts;
    const { certificate, watch } = this.#parts;
    this.#timers.push(setInterval(() => void watch.look(), WATCH_EVERY_MS));
    if (certificate !== null)
      this.#timers.push(
        setInterval(() => void certificate.look().catch((error) => reports.defect(error)), LOOK_EVERY_MS),
      );
    this.#timers.push(
      setInterval(() => wheel.turn(performance.now()), wheel.slotMs),
      setInterval(() => {
        connections.checkUnsent();
        const now = performance.now();
        absentMembers.shed(now);
        addresses.shed(now);
        roomSends.shed(now);
        this.#api.tend(now);
        raidWatch.shed();
        reports.summarizeRejections(now);
      }, 1000),
    );
  }

  get port(): number {
    return this.#listeners[0]?.port ?? this.#parts.settings.port;
  }

  /** Whether only this machine can connect. */
  get isLoopbackOnly(): boolean {
    return this.#parts.access.isLoopbackOnly;
  }

  /** Where the page and the main room are, for people on this machine. */
  get addresses(): ServerAddresses {
    const { settings, certificate } = this.#parts;
    const root = `${this.#authority}${settings.basePath}/`;
    return certificate === null
      ? { page: `http://${root}`, socket: `ws://${root}` }
      : { page: `https://${root}`, socket: `wss://${root}` };
  }

  get #authority(): string {
    // A browser takes a certificate only for its own names.
    const name = this.#parts.certificate?.current.names.find((each) => !each.includes("*"));
    if (name !== undefined) return this.port === HTTPS_PORT ? name : `${name}:${this.port}`;
    const host = this.#parts.settings.hosts[0] ?? "localhost";
    const shown = LOCAL_HOSTS.includes(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
    return `${shown}:${this.port}`;
  }

  get people(): People {
    return this.#parts.engine.people;
  }

  /** How the backups get on that this server should make; null if it should make none. */
  get backups(): BackupWatch | null {
    return this.#parts.backups;
  }

  /** Logs what the operator should know. */
  notice(event: string, sentence: string): void {
    this.#parts.log.info({ category: "server", event }, sentence);
  }

  /** Logs what the operator should do something about. */
  alarm(event: string, sentence: string): void {
    this.#parts.log.error({ category: "server", event }, sentence);
  }

  /** Writes text for people to where the log goes. */
  print(text: string): void {
    this.#parts.log.print(text);
    void this.#parts.log.flush();
  }

  /**
   * Stops in good order: no new connections, what was sent so far is stored and delivered, clients are closed with
   * 1012. Takes less than 5 s in any case.
   *
   * @returns false when the store did not finish in time
   */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #stop(): Promise<boolean> {
    const { log, keptAssets, reports } = this.#parts;
    log.info({ category: "server", event: "stopping" }, "stopping");
    for (const listener of [...this.#listeners, ...this.#metricsListeners]) listener.stop();
    for (const timer of this.#timers) clearInterval(timer);
    keptAssets?.stop();
    reports.summarizeRejections(Number.POSITIVE_INFINITY);
    return stopParts(this.#parts);
  }
}

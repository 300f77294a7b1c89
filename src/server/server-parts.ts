import { dirname } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { isEnding } from "../engine/failure.ts";
import { PING_EVERY_S } from "../protocol/limits.ts";
import { TimestampFormat } from "../protocol/timestamp.ts";
import { AbsentMembers } from "./absent-members.ts";
import { Access } from "./access.ts";
import { AddressTable, type SharedMemory } from "./address-table.ts";
import { ByteAccount } from "./byte-account.ts";
import type { ClientSocket } from "./client-socket.ts";
import { ConnectionTable } from "./connection-table.ts";
import { socketsLeft } from "./descriptors.ts";
import { Fanout, type FanoutEvents } from "./fanout.ts";
import { KeptAssets } from "./kept-assets.ts";
import { KeyedRates } from "./keyed-rates.ts";
import { LivenessWheel } from "./liveness.ts";
import type { Log } from "./log.ts";
import type { KeyNotice } from "./login/host-keys.ts";
import { HostLogin } from "./login/host-login.ts";
import { Marks } from "./marks.ts";
import type { Metrics } from "./metrics.ts";
import { ModerationDesk } from "./moderation/desk.ts";
import { Enforcer } from "./moderation/enforcer.ts";
import { RaidWatch } from "./moderation/raid-watch.ts";
import { openEngine } from "./open-engine.ts";
import { Reports } from "./reports.ts";
import { RequestGuard } from "./request-guard.ts";
import { RoomDirectory } from "./room-directory.ts";
import type { Settings } from "./settings.ts";
import { SocketTable } from "./socket-table.ts";
import { RenewedCertificate } from "./tls/renewal.ts";
import { BackupWatch } from "./watching/backup-watch.ts";
import { Health } from "./watching/health.ts";
import type { Notices } from "./watching/notices.ts";
import { OperatorWatch, type WatchContext } from "./watching/operator-watch.ts";
import { Storage } from "./watching/storage.ts";
import { buildWebPages, type WebPages } from "./web-pages.ts";
import { WebhookDelivery } from "./webhooks/webhook-delivery.ts";

/** The name under which the chat itself says something. */
const CHAT_NAME = "Chat";

/** What a server is made of besides its listeners. */
export interface ServerParts {
  readonly settings: Settings;
  /** The addresses to listen on. */
  readonly listenOn: readonly string[];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly reports: Reports;
  readonly notices: Notices;
  readonly watch: OperatorWatch;
  readonly storage: Storage;
  /** Null: the server makes no backups. */
  readonly backups: BackupWatch | null;
  readonly access: Access;
  readonly guard: RequestGuard;
  readonly engine: Engine;
  readonly rooms: RoomDirectory;
  /** The login of the host site; null if it has none. */
  readonly login: HostLogin | null;
  readonly connections: ConnectionTable;
  readonly desk: ModerationDesk;
  readonly enforcer: Enforcer;
  readonly raidWatch: RaidWatch;
  readonly webhooks: WebhookDelivery;
  readonly fanout: Fanout;
  readonly absentMembers: AbsentMembers;
  readonly webPages: WebPages;
  /** Null: this server does not keep the files of other servers' pages. */
  readonly keptAssets: KeptAssets | null;
  readonly memory: SharedMemory;
  readonly addresses: AddressTable;
  readonly roomSends: KeyedRates;
  readonly wheel: LivenessWheel;
  readonly sockets: SocketTable<ClientSocket>;
  /** Null: the server speaks http. */
  readonly certificate: RenewedCertificate | null;
}

/**
 * Opens the history and builds all that works with it.
 *
 * @throws CertificateError when the certificate cannot be used; JournalError or DatabaseError when the history cannot be opened
 */
export async function buildParts(
  settings: Settings,
  listenOn: readonly string[],
  log: Log,
  metrics: Metrics,
  notices: Notices,
): Promise<ServerParts> {
  const { limits } = settings;
  const certificate = settings.tls && (await RenewedCertificate.open(settings.tls, log, notices, Date.now));
  const reports = new Reports(log, metrics, settings.log);
  const timestamps = new TimestampFormat(settings.timestamp, settings.timezone);
  const absentMembers = new AbsentMembers(settings.graceMs);
  // The engine, which it needs, delivers by the fan-out.
  let raidWatch: RaidWatch | null = null;
  let webhooks: WebhookDelivery | null = null;
  const fanout = fanoutOf(settings, timestamps, absentMembers, reports, (room, outcome, recipient) => {
    raidWatch?.delivered(room, outcome, recipient);
    webhooks?.delivered(room, outcome);
  });
  const webPages = await buildWebPages(settings);
  const engine = await openEngine(settings, timestamps, fanout, reports, (room) => webhooks?.stirred(room));
  fanout.mark(new Marks(engine.people));
  const connections = new ConnectionTable();
  const failed = (error: unknown) => {
    if (isEnding(error)) return;
    log.error({ category: "moderation", event: "fault", err: error }, `moderation has failed: ${error}`);
  };
  raidWatch = new RaidWatch(engine, settings.raid, Date.now, failed);
  webhooks = new WebhookDelivery({ engine, fanout, settings: settings.webhooks, log, metrics, notices });
  const rooms = new RoomDirectory(settings.rooms, engine, () => performance.now());
  const access = new Access(settings, listenOn);
  const memory = memoryOf(limits);
  const storage = new Storage(engine, settings.database === null ? dirname(settings.dataFile) : null);
  const backups = backupWatchOf(settings, notices);
  const sockets = new SocketTable<ClientSocket>(mostSockets(limits));
  return {
    settings,
    listenOn,
    log,
    metrics,
    reports,
    notices,
    watch: watchOf(settings, { engine, storage, notices, backups }),
    storage,
    backups,
    access,
    guard: new RequestGuard(access, settings.trustProxy, reports, log),
    engine,
    rooms,
    login: loginOf(settings, log),
    connections,
    desk: new ModerationDesk({
      engine,
      rooms,
      now: Date.now,
      chatName: CHAT_NAME,
      keepersOf: (room) => connections.keepersOf(room),
      fault: failed,
      health: new Health({ engine, connections, sockets, metrics, storage, notices, backups }),
    }),
    enforcer: new Enforcer({
      engine,
      connections,
      now: Date.now,
      log,
      acted: (kind) => metrics.actions.inc({ kind }),
    }),
    raidWatch,
    webhooks,
    fanout,
    absentMembers,
    webPages,
    keptAssets: keptAssetsOf(settings, engine, webPages, log),
    memory,
    addresses: new AddressTable(limits, memory, settings.exemptAddresses),
    roomSends: new KeyedRates(limits.roomSends),
    wheel: new LivenessWheel(PING_EVERY_S * 1000, performance.now()),
    sockets,
    certificate,
  };
}

const CLOCKS = { now: Date.now, uptime: () => performance.now() };

function backupWatchOf({ backups }: Settings, notices: Notices): BackupWatch | null {
  return backups && new BackupWatch({ backups, notices, ...CLOCKS });
}

function watchOf(
  { lowDiskBytes, nodeVersion, moderation }: Settings,
  watched: Pick<WatchContext, "engine" | "storage" | "notices" | "backups">,
): OperatorWatch {
  return new OperatorWatch({ ...watched, lowDiskBytes, nodeVersion, moderation, ...CLOCKS });
}

function loginOf({ login }: Settings, log: Log): HostLogin | null {
  if (login === null) return null;
  const notice = ({ level, sentence }: KeyNotice) =>
    log[level]({ category: "server", event: "login" }, sentence);
  return new HostLogin(login, { notice });
}

function fanoutOf(
  { compressFromBytes }: Settings,
  timestamps: TimestampFormat,
  absentMembers: AbsentMembers,
  reports: Reports,
  watched: FanoutEvents["delivered"],
): Fanout {
  return new Fanout(
    (time) => timestamps.format(time),
    {
      delivered: (room, outcome, recipient) => {
        absentMembers.delivered(outcome);
        watched(room, outcome, recipient);
        reports.delivered(room, outcome, recipient);
      },
      refused: (recipient, reason) => reports.refused(recipient, reason),
    },
    compressFromBytes ?? Number.POSITIVE_INFINITY,
  );
}

function memoryOf({ pendingBytes, getMemoryBytes }: Settings["limits"]): SharedMemory {
  return { pending: new ByteAccount(pendingBytes), getMemory: new ByteAccount(getMemoryBytes) };
}

function keptAssetsOf(
  { keepAssetsMs }: Settings,
  { assets }: Engine,
  webPages: WebPages,
  log: Log,
): KeptAssets | null {
  if (keepAssetsMs === 0) return null;
  return new KeptAssets(assets, webPages.assets, keepAssetsMs, (error) =>
    log.warn(
      { category: "server", event: "assets", err: error },
      `the page's files cannot be shared with other servers now: ${error}`,
    ),
  );
}

/** How many sockets there may be: as many as the operator allows, within what the system allows. */
function mostSockets({ maxConnections, maxRooms }: Settings["limits"]): number {
  const { POSITIVE_INFINITY } = Number;
  return Math.min(maxConnections ?? POSITIVE_INFINITY, socketsLeft(maxRooms) ?? POSITIVE_INFINITY);
}

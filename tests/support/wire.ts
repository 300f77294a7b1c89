import type { Engine } from "../../src/engine/engine.ts";
import type { Version } from "../../src/protocol/version.ts";
import type { Operation } from "../../src/room/operation.ts";
import { DEFAULT_SETTINGS, publicSettings } from "../../src/room/room-settings.ts";
import { Acquaintance } from "../../src/server/acquaintance.ts";
import { Address } from "../../src/server/address-table.ts";
import { ByteAccount } from "../../src/server/byte-account.ts";
import { Connection, type ConnectionContext, type Wire } from "../../src/server/connection.ts";
import type { Cause } from "../../src/server/connection-end.ts";
import { settingsKeys } from "../../src/server/kinds/moderation.ts";
import { createSecret } from "../../src/server/session-secret.ts";
import type { Limits } from "../../src/server/settings.ts";
import { moderationInMemory } from "./moderation.ts";
import { peopleInMemory } from "./people.ts";
import { webhooksInMemory } from "./webhook.ts";

/** A socket in memory, which keeps what is done to it. */
export class FakeWire implements Wire {
  readonly written: Uint8Array[] = [];
  readonly deflates: boolean;
  unsentBytes = 0;
  end: { code: number } | "cut" | null = null;
  /** What a real socket calls when it cannot send all at once. */
  backlogged: () => void = () => {};

  constructor(deflates = false) {
    this.deflates = deflates;
  }

  write(frames: Uint8Array): void {
    this.written.push(frames);
    if (this.unsentBytes > 0) this.backlogged();
  }

  close(code: number): void {
    this.end = { code };
  }

  terminate(): void {
    this.end = "cut";
  }
}

export const LIMITS: Limits = {
  frameBytes: 65_536,
  handshakeMs: 10_000,
  requests: { perSecond: 30, burst: 150 },
  names: { perSecond: 2, burst: 20 },
  gets: { perSecond: 5, burst: 10 },
  addressRequests: null,
  tokenRequests: null,
  sends: null,
  addressSends: null,
  roomSends: null,
  addressSendBytes: null,
  addressEvents: null,
  addressPeople: null,
  handshakes: null,
  httpRequests: null,
  roomsPerAddress: null,
  connectionsPerAddress: 200,
  maxConnections: 10_000,
  newConnections: { perSecond: 50, burst: 200 },
  unsentBytes: 1000,
  getGraceMs: 10_000,
  getMemoryBytes: 5000,
  maxRooms: 10,
  historyMemoryBytes: 10_000,
  addressGetMemoryBytes: 5000,
  pendingBytes: 10_000,
  addressPendingBytes: 10_000,
  connectionPendingBytes: 10_000,
  sendKeys: 1000,
  pastSessions: 10,
};

const SETTINGS = settingsKeys(publicSettings(DEFAULT_SETTINGS));

/** A connection over a {@link FakeWire}, with a clock of its own and an engine that only records operations. */
export class ConnectionStage {
  readonly wire = new FakeWire();
  readonly operations: Operation[] = [];
  readonly closings: { name: string | null; cause: Cause; code: number }[] = [];
  readonly connection: Connection;
  readonly context: ConnectionContext;
  readonly getMemory: ByteAccount;
  readonly pending: ByteAccount;
  readonly address: Address;
  /** What a request for history needs of the store. */
  bytesToFetch = 0;
  now = 0;

  constructor(limits: Partial<Limits> = {}, version: Version = 2) {
    const all = { ...LIMITS, ...limits };
    this.getMemory = new ByteAccount(all.getMemoryBytes);
    this.pending = new ByteAccount(all.pendingBytes);
    this.address = new Address(all, { getMemory: this.getMemory, pending: this.pending }, 0);
    const engine: Engine = {
      people: peopleInMemory(),
      moderation: moderationInMemory(),
      webhooks: webhooksInMemory(),
      assets: { names: async () => new Set(), read: async () => null, keep: async () => {} },
      enter: () => true,
      submit: (_room, operation) => void this.operations.push(operation),
      rooms: 1,
      absent: 0,
      healthy: true,
      recent: () => Promise.resolve(null),
      find: () => Promise.resolve(null),
      present: () => [],
      messagesBy: () => Promise.resolve([]),
      writtenBy: () => Promise.resolve([]),
      arrivals: () => [],
      inhabited: () => [],
      perform: () => Promise.resolve({ decisions: [], isComplete: true }),
      restore: () => Promise.resolve({ count: 0, isComplete: true }),
      bytesToFetch: () => this.bytesToFetch,
      hasHistory: () => Promise.resolve(false),
      headcounts: () => Promise.resolve(new Map()),
      newestIds: () => Promise.resolve(new Map()),
      storedAt: () => Promise.resolve(new Map()),
      countsAfter: () => Promise.resolve(new Map()),
      size: () => Promise.resolve(0),
      close: () => Promise.resolve(),
    };
    this.context = {
      engine,
      identity: {
        people: engine.people,
        login: null,
        isLoginRequired: false,
        acquaintance: new Acquaintance(
          (text) => text,
          () => this.now,
        ),
        now: () => this.now,
      },
      desk: { answer: () => Promise.reject(new Error("Nobody asks for moderation here.")) },
      aboutRoom: () => ({
        settings: SETTINGS,
        announcements: [],
        raid: false,
        keeps: { days: null, messages: null, logsAddresses: false },
      }),
      limits: all,
      roomSends: () => null,
      graceS: 15,
      now: () => this.now,
      retryS: () => 1,
      requested: () => {},
      timed: (payer) => payer,
      events: {
        opened: () => {},
        identified: () => {},
        closed: (_connection, { name, cause, code }) => void this.closings.push({ name, cause, code }),
      },
    };
    const wheel = { add: () => () => {} };
    const secret = version === 3 ? createSecret() : null;
    const client = {
      id: "1",
      room: "/",
      ip: "127.0.0.1",
      address: this.address,
      version,
      secret,
      networks: [],
    };
    this.connection = new Connection(client, this.wire, this.context, wheel);
    this.wire.backlogged = () => this.connection.checkUnsent();
  }

  /** The reason of the newest operation if it is a refusal. */
  get refusal(): string | undefined {
    const last = this.operations.at(-1);
    return last?.kind === "refuse" ? last.refusal.reason : undefined;
  }
}

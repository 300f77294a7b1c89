import { handshake } from "../client.ts";
import type { WireForm } from "../orders.ts";
import type { Dial, DialRate, End, Group, Stream } from "./attack.ts";
import { nameRequest } from "./frames.ts";

/** The addresses of attackers; nobody else uses them. */
export const ONE = ["127.0.0.2"];
export const OTHER = ["127.0.0.3"];

/** Slightly less than the server lets an address open: 50 connections per second, and 200 at once. */
const WITHIN: DialRate = { perSecond: 45, burst: 190 };
/** As many as have ended. */
export const ENDLESS: DialRate = { perSecond: 20_000, burst: 200 };
/** As many connections as an address may have. */
export const ALL = 200;

/** What one connection sends per second; it may make 30 requests, 5 gets and 2 requests for a nickname. */
export const REQUESTS = 29;
export const GETS = 5;
export const NAMES = 2;
/** What one connection sends at once, besides its first nickname. */
export const BURST = 149;
export const NAMES_BURST = 19;

interface SocketOptions extends Partial<Group> {
  readonly form: WireForm;
  /** By default the main room. */
  readonly room?: (dial: Dial) => string;
}

/** By default WebSockets with a nickname each; as many as allowed, opened as fast as allowed. */
export function sockets({ form, room, ...more }: SocketOptions): Group {
  return {
    from: ONE,
    connections: ALL,
    dials: WITHIN,
    opening: (dial) => Buffer.from(handshake({ port: dial.port, form }, room?.(dial) ?? null)),
    greeting: named,
    ...more,
  };
}

/** HTTP requests, one per connection. */
export function requests(path: string | ((dial: Dial) => string), more: Partial<Group> = {}): Group {
  const head = (dial: Dial) => httpHead(typeof path === "string" ? path : path(dial), dial);
  return { from: ONE, connections: 50, dials: WITHIN, opening: (dial) => Buffer.from(head(dial)), ...more };
}

/** @param lines further header fields */
export function httpHead(path: string, { port }: Pick<Dial, "port">, lines: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines, "", ""].join("\r\n");
}

/** A nickname that nobody else has. */
export function named(dial: Dial): readonly Buffer[] {
  return [nameRequest(`attacker ${dial.number}`)];
}

/** A nickname, followed by other frames. */
export function namedThen(...frames: readonly Buffer[]): (dial: Dial) => readonly Buffer[] {
  return (dial) => [...named(dial), ...frames];
}

export function stream(perSecond: number, ...frames: readonly Buffer[]): () => Stream {
  return () => ({ frames, perSecond });
}

export function endAfter(afterMs: number, how: End = "reset"): NonNullable<Group["end"]> {
  return { how, afterMs };
}

export function several(count: number, frame: Buffer): Buffer[] {
  return Array<Buffer>(count).fill(frame);
}

export function connections(count: number): string {
  return count === 1 ? "1 connection" : `${count} connections`;
}

import * as v2 from "../protocol/v2.ts";
import type { Outcome, SessionId } from "../room/operation.ts";
import type { Connection } from "./connection.ts";

/** One listening socket's clients. */
export interface Publisher {
  /** Sends a frame to all that are subscribed to the topic. */
  publish(topic: string, frame: string): number;
}

/** What the server counts and logs of the outcomes. */
export interface FanoutEvents {
  /** `connection` is undefined when the sender has gone in the meantime. */
  told(outcome: Outcome, connection: Connection | undefined): void;
  refused(connection: Connection, reason: string): void;
}

/**
 * Tells each room its outcomes, in order: the reply to who asked, the event to the others. Both take the same way,
 * one socket write queue a client, so that a reply stands between the events where it belongs.
 */
export class Fanout {
  readonly #publishers: Publisher[] = [];
  readonly #connections = new Map<SessionId, { connection: Connection; publisher: Publisher }>();
  readonly #timestampOf: (time: number) => string;
  readonly #topicOf: (room: string) => string;
  readonly #events: FanoutEvents;

  constructor(
    timestampOf: (time: number) => string,
    topicOf: (room: string) => string,
    events: FanoutEvents,
  ) {
    this.#timestampOf = timestampOf;
    this.#topicOf = topicOf;
    this.#events = events;
  }

  get size(): number {
    return this.#connections.size;
  }

  *connections(): Generator<Connection> {
    for (const { connection } of this.#connections.values()) yield connection;
  }

  addPublisher(publisher: Publisher): void {
    this.#publishers.push(publisher);
  }

  add(connection: Connection, publisher: Publisher): void {
    this.#connections.set(connection.session, { connection, publisher });
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection.session);
  }

  /** Tells a batch of outcomes of one room. */
  deliver(room: string, outcomes: Iterable<Outcome>): void {
    const topic = this.#topicOf(room);
    for (const outcome of outcomes) {
      const origin = this.#connections.get(outcome.session);
      const connection = origin?.connection;
      this.#events.told(outcome, connection);
      switch (outcome.kind) {
        case "registered": {
          const timestamp = this.#timestampOf(outcome.time);
          this.#publish(topic, v2.registerEvent(outcome.name, timestamp), origin);
          connection?.send(v2.registered(outcome.name, timestamp));
          connection?.named(outcome.name);
          break;
        }
        case "renamed": {
          const timestamp = this.#timestampOf(outcome.time);
          this.#publish(topic, v2.changeEvent(outcome.oldName, outcome.name, timestamp), origin);
          connection?.send(v2.renamed(outcome.oldName, outcome.name, timestamp));
          connection?.named(outcome.name);
          break;
        }
        case "sent": {
          const { name, content, timestamp } = outcome.message;
          this.#publish(topic, v2.messageEvent(name, content, timestamp), origin);
          connection?.send(v2.sent(name, content, timestamp));
          break;
        }
        case "left":
          if (outcome.name !== null) {
            this.#publish(topic, v2.leaveEvent(outcome.name, this.#timestampOf(outcome.time)), origin);
          }
          break;
        case "got":
          if (connection) {
            const refusal = connection.sendHistory(outcome, this.#timestampOf(outcome.time));
            if (refusal !== null) this.#events.refused(connection, refusal);
          }
          break;
        case "ended":
          connection?.end("flood");
          break;
        default:
          if (connection) {
            connection.send(refusalFrame(outcome));
            this.#events.refused(connection, refusalReason(outcome));
          }
      }
    }
  }

  /** Sends an event to the registered clients of a room, except the one it comes from. */
  #publish(
    topic: string,
    frame: string,
    origin: { connection: Connection; publisher: Publisher } | undefined,
  ): void {
    const wire = origin?.connection.wire;
    for (const publisher of this.#publishers) {
      if (wire && publisher === origin.publisher) wire.publishText(topic, frame);
      else publisher.publish(topic, frame);
    }
  }
}

type Refused = Exclude<Outcome, { kind: "registered" | "renamed" | "sent" | "left" | "got" | "ended" }>;

function refusalFrame(outcome: Refused): string {
  switch (outcome.kind) {
    case "name-refused":
      return v2.nameRefused(outcome.oldName, outcome.name, outcome.reason);
    case "name-failed":
      return v2.nameFailed(outcome.oldName, outcome.name, outcome.error);
    case "send-refused":
      return v2.sendRefused(outcome.name, outcome.content);
    case "send-failed":
      return v2.sendFailed(outcome.name, outcome.content, outcome.error);
    case "get-failed":
      return v2.getFailed(outcome.name, outcome.error);
    case "unregistered":
      return outcome.request === "send" ? v2.sendUnregistered() : v2.getUnregistered();
    case "refused":
      return v2.refused(outcome.refusal);
  }
}

function refusalReason(outcome: Refused): string {
  switch (outcome.kind) {
    case "name-refused":
      return outcome.reason;
    case "name-failed":
      return outcome.oldName === null ? "ErrorWhenRegister" : "ErrorWhenChange";
    case "send-refused":
      return "WrongFormatContent";
    case "send-failed":
      return "ErrorWhenSend";
    case "get-failed":
      return "ErrorWhenGet";
    case "unregistered":
      return "UnknownRegister";
    case "refused":
      return outcome.refusal.reason;
  }
}

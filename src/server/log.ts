import pino from "pino";
import pretty from "pino-pretty";
import type { LogSettings } from "./settings.ts";

const GATHER_MS = 100;
const GATHER_LENGTH = 32 * 1024;

/** What a line of the log is about. */
export type Category =
  | "connect"
  | "disconnect"
  | "register"
  | "change"
  | "resume"
  | "send"
  | "get"
  | "refusal"
  | "server";

/** A line's fields. Never a message's content or a client's address, unless the operator asked for them. */
export interface LogFields {
  readonly category: Category;
  readonly [field: string]: unknown;
}

export interface Log {
  info(fields: LogFields, text: string): void;
  warn(fields: LogFields, text: string): void;
  error(fields: LogFields, text: string): void;
  /** Writes out what is gathered. Resolves when the system has it, which may take as long as a slow reader likes. */
  flush(): Promise<void>;
}

/** The console log: for people on a terminal, or one JSON object a line. */
export function createLog(settings: LogSettings): Log {
  const isPretty = settings.format === "pretty";
  const stream = isPretty ? prettyLines() : new GatheredLines();
  const logger = pino({ level: settings.level, base: null, timestamp: timestampField() }, stream);
  return {
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    flush: () => stream.written(),
  };
}

/** For people: each line is written at once. */
function prettyLines() {
  const destination = pino.destination({ fd: 1, sync: true });
  const stream = pretty({
    destination,
    sync: true,
    ignore: "pid,hostname,category,event",
    translateTime: "SYS:HH:MM:ss",
    messageFormat: (line, messageKey) => `${String(line.category).padEnd(10)} ${String(line[messageKey])}`,
  });
  return Object.assign(stream, { written: () => Promise.resolve() });
}

/**
 * Lines that are written in the background, many at once: people who talk must not wait for a slow log. The destination
 * measures each text that it is given, which for single lines cost more than all the rest of a line together.
 */
class GatheredLines {
  readonly #destination = pino.destination({ fd: 1, sync: false, minLength: 1 });
  #lines = "";

  constructor() {
    setInterval(() => this.#pass(), GATHER_MS).unref();
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length > GATHER_LENGTH) this.#pass();
  }

  written(): Promise<void> {
    this.#pass();
    return new Promise((resolve) => this.#destination.flush(() => resolve()));
  }

  #pass(): void {
    if (this.#lines === "") return;
    this.#destination.write(this.#lines);
    this.#lines = "";
  }
}

/** The time of a line as a part of its JSON, made once for all lines of a millisecond. */
function timestampField(): () => string {
  let madeAt = 0;
  let field = "";
  return () => {
    const now = Date.now();
    if (now !== madeAt) field = `,"time":"${new Date(now).toISOString()}"`;
    madeAt = now;
    return field;
  };
}

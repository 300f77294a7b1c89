import pino from "pino";
import pretty from "pino-pretty";
import type { LogSettings } from "./settings.ts";

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
  /** Writes out what is buffered. */
  flush(): void;
}

/** The console log: for people on a terminal, or one JSON object a line. */
export function createLog(settings: LogSettings): Log {
  const isPretty = settings.format === "pretty";
  // Lines are gathered and written in the background each 100 ms, or when there are 8 KiB: people who talk must
  // not wait for a slow log.
  const destination = pino.destination({ fd: 1, sync: isPretty, minLength: isPretty ? 0 : 8 * 1024 });
  const stream = isPretty
    ? pretty({
        destination,
        sync: true,
        ignore: "pid,hostname,category,event",
        translateTime: "SYS:HH:MM:ss",
        messageFormat: (line, messageKey) =>
          `${String(line.category).padEnd(10)} ${String(line[messageKey])}`,
      })
    : destination;
  const logger = pino(
    { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  );
  if (!isPretty) setInterval(() => destination.flush(), 100).unref();
  return {
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    flush: () => destination.flushSync(),
  };
}

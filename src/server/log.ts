import pino from "pino";
import { prettyFactory } from "pino-pretty";
import { printableJson, printableValue } from "../protocol/printable.ts";
import { LogOutput } from "./log-output.ts";
import type { LogSettings } from "./settings.ts";

const STANDARD_OUTPUT = 1;

/** The subject of a line in the log. */
export type Category =
  | "connect"
  | "disconnect"
  | "register"
  | "change"
  | "resume"
  | "send"
  | "get"
  | "moderation"
  | "refusal"
  | "webhook"
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
  /** Writes text unchanged. */
  print(text: string): void;
  /** Writes out what has gathered. Resolves when the system has it, which may be never. */
  flush(): Promise<void>;
}

/**
 * The log on standard output: lines for people on a terminal, or one JSON object a line.
 *
 * @param lost called for each line that could not be written
 */
export function createLog(settings: LogSettings, lost: () => void): Log {
  const output = new LogOutput(STANDARD_OUTPUT, settings.memoryBytes, (count) => {
    logger.error(
      { category: "server", event: "log", lost: count },
      `the log could not be written for a while: ${count} lines of it are lost`,
    );
  });
  const print = (text: string) => {
    if (!output.write(text)) lost();
  };
  const forPeople = settings.format === "pretty" ? prettyLines() : printableJson;
  const options = { level: settings.level, base: null, timestamp: timestampField() };
  const logger = pino(options, { write: (line: string) => print(forPeople(line)) });
  return {
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    print,
    flush: () => output.flush(),
  };
}

/** Has the runtime's own messages go to the log: otherwise they would stand between its lines, in another form. */
export function routeConsole(log: Log): void {
  const line = (...parts: unknown[]) =>
    log.warn({ category: "server", event: "runtime" }, parts.map(String).join(" "));
  for (const method of ["log", "info", "warn", "error"] as const) console[method] = line;
}

function prettyLines(): (line: string) => string {
  const prettify = prettyFactory({
    ignore: "pid,hostname,category,event",
    translateTime: "SYS:HH:MM:ss",
    messageFormat: (line, messageKey) => `${String(line.category).padEnd(10)} ${String(line[messageKey])}`,
  });
  return (line) => prettify(printableValue(JSON.parse(line)));
}

/** The time of a line as a piece of JSON, made once for all lines of a millisecond. */
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

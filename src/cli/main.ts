import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isatty } from "node:tty";
import { CommanderError, InvalidArgumentError } from "commander";
import { version } from "../../package.json";
import { JournalError } from "../engine/local/journal.ts";
import { MoveError } from "../engine/moving/move.ts";
import { DatabaseError } from "../engine/postgres/fault.ts";
import { ChatServer } from "../server/chat-server.ts";
import type { Settings } from "../server/settings.ts";
import { banner } from "./banner.ts";
import { dropUnset } from "./environment.ts";
import { type Move, runMove } from "./move.ts";
import { createCommand, moveOf, settingsOf } from "./options.ts";

/** Exit codes: 0 all went well, 1 the server could not start or finish, 2 the command was wrong. */
const FAILED = 1;
const WRONG_COMMAND = 2;
/** A stop takes less than this by itself, unless something is wrong with the machine. */
const STOP_MOST_MS = 4_800;
const LOOK_FOR_NPM_EVERY_MS = 1_000;

const { settings, move } = readSettings();
if (move !== null) {
  for (const warning of settings.warnings) process.stderr.write(`${warning}\n`);
  try {
    await runMove(move, settings);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${sentenceFor(error, settings)}\n`);
    process.exit(FAILED);
  }
}
let server: ChatServer | null = null;
const stopSignals: NodeJS.Signals[] = isHangupIgnored()
  ? ["SIGTERM", "SIGINT"]
  : ["SIGTERM", "SIGINT", "SIGHUP"];
// A second signal changes nothing: the stop ends by itself within seconds.
for (const signal of stopSignals) process.on(signal, stop);

watchNpm();
try {
  server = await ChatServer.start(settings);
  if (settings.log.format === "pretty") server.print(banner(settings, server));
} catch (error) {
  process.stderr.write(`${sentenceFor(error, settings)}\n`);
  process.exit(FAILED);
}

function readSettings(): { settings: Settings; move: Move | null } {
  const command = createCommand(version).exitOverride();
  for (const each of command.commands) each.exitOverride();
  try {
    dropUnset(command.options, process.env);
    const settings = settingsOf(command.parse(), isatty(1));
    return { settings, move: moveOf(command) };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    // Commander has written its own sentence, except for values that only the whole command shows to be wrong.
    if (error instanceof InvalidArgumentError) process.stderr.write(`error: ${error.message}\n`);
    else if (!(error instanceof CommanderError)) throw error;
    process.exit(WRONG_COMMAND);
  }
}

function stop(): void {
  if (server === null) process.exit(0);
  setTimeout(() => process.exit(FAILED), STOP_MOST_MS);
  void server.stop().then((clean) => process.exit(clean ? 0 : FAILED));
}

/**
 * Stops when npm started this process, or the one in whose place it is, and is gone: npm passes on SIGINT and SIGTERM, and
 * when anything else ends it, only its absence tells.
 */
function watchNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, LOOK_FOR_NPM_EVERY_MS);
}

/**
 * Whoever starts the server by `nohup` wants it to outlive the terminal. Linux says which signals are ignored; elsewhere the
 * shell tells what was started, for as long as no other program stands between.
 */
function isHangupIgnored(): boolean {
  try {
    const [, ignored = "0"] =
      /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return basename(process.env._ ?? "") === "nohup";
  }
}

function sentenceFor(error: unknown, { hosts, port }: Settings): string {
  if (error instanceof JournalError || error instanceof DatabaseError || error instanceof MoveError)
    return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const address = hosts.join(" and ");
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is already in use on ${address}. Choose another with --port.`;
    case "EACCES":
      return `This user may not listen on port ${port}. Choose a port above 1023 with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return `${address} is no address of this machine. Choose another with --host.`;
    case "EAFNOSUPPORT":
      return `This machine has no network of the kind of ${address}. Choose another with --host.`;
    case "EMFILE":
    case "ENFILE":
      return "The system gives this server too few files. Raise the limit (ulimit -n).";
    default:
      return `The server could not start: ${error instanceof Error ? error.message : error}`;
  }
}

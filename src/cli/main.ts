import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isatty } from "node:tty";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { version } from "../../package.json";
import { BackupError } from "../engine/backup/backup-error.ts";
import { JournalError } from "../engine/local/journal.ts";
import { ModerationError } from "../engine/moderation.ts";
import { MoveError } from "../engine/moving/move.ts";
import { FIRST_CODE_MS, PeopleError } from "../engine/people.ts";
import { DatabaseError } from "../engine/postgres/fault.ts";
import { WebhookError } from "../engine/webhooks.ts";
import { printable } from "../protocol/printable.ts";
import { ChatServer } from "../server/chat-server.ts";
import { ListenError } from "../server/listen-everywhere.ts";
import type { Settings } from "../server/settings.ts";
import { CertificateError } from "../server/tls/certificate.ts";
import { TerminalError } from "../terminal/failure.ts";
import { runTerminalCommand, type TerminalCommand } from "../terminal/index.ts";
import { type BackupCommand, runBackupCommand } from "./backup.ts";
import { BackupSchedule } from "./backup-schedule.ts";
import { banner } from "./banner.ts";
import { runCrowd } from "./bench/crowd.ts";
import { type BenchCommand, benchHere } from "./bench/here.ts";
import { CommandError } from "./command-error.ts";
import { type ConfigCommand, configText } from "./config-command.ts";
import { type DoctorCommand, runDoctor } from "./doctor/doctor.ts";
import { type ModerationCommand, runModerationCommand } from "./moderation.ts";
import { type Move, runMove } from "./move.ts";
import {
  backupCommandOf,
  benchCommandOf,
  configCommandOf,
  createCommand,
  doctorCommandOf,
  moderationCommandOf,
  moveOf,
  peopleCommandOf,
  SettingsError,
  settingsOf,
  terminalCommandOf,
  webhookCommandOf,
} from "./options.ts";
import { ownCommand } from "./own-command.ts";
import { ownerLink, type PeopleCommand, runPeopleCommand } from "./people.ts";
import { PROGRAM } from "./program-name.ts";
import { runWebhookCommand, type WebhookCommand } from "./webhooks.ts";

/** Exit codes: 0 means success, 1 that the server could not start or finish, 2 that the command was wrong. */
const FAILED = 1;
const WRONG_COMMAND = 2;
/** A stop finishes in less than this time, unless something is wrong with the machine. */
const STOP_MAX_MS = 4_800;
const NPM_CHECK_EVERY_MS = 1_000;

const { settings, move, backup, people, moderation, webhooks, terminal, doctor, bench } = readSettings();
if ([move, backup, people, moderation, webhooks, terminal, doctor, bench].some((asked) => asked !== null))
  endWithReader();
const printLines = (text: string) =>
  void process.stdout.write(`${text.split("\n").map(printable).join("\n")}\n`);
if (bench !== null) {
  try {
    if (bench.kind === "crowd") await runCrowd(bench.socketUrl);
    else await benchHere(bench, settings, printLines);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${sentenceFor(error, settings)}\n`);
    process.exit(FAILED);
  }
}
if (doctor !== null) {
  process.exit((await runDoctor(doctor, settings, printLines)) ? 0 : FAILED);
}
if (terminal !== null) {
  try {
    await runTerminalCommand(terminal);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    process.stderr.write(`${printable(error.message)}\n`);
    process.exit(FAILED);
  }
}
if (move !== null || backup !== null || people !== null || moderation !== null || webhooks !== null) {
  for (const warning of settings.warnings) process.stderr.write(`${warning}\n`);
  try {
    if (move !== null) await runMove(move, settings);
    if (backup !== null) await runBackupCommand(backup, settings);
    if (people !== null) await runPeopleCommand(people, settings);
    if (moderation !== null) await runModerationCommand(moderation, settings);
    if (webhooks !== null) await runWebhookCommand(webhooks, settings);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${sentenceFor(error, settings)}\n`);
    process.exit(FAILED);
  }
}
let server: ChatServer | null = null;
let schedule: BackupSchedule | null = null;
const stopSignals: NodeJS.Signals[] = isHangupIgnored()
  ? ["SIGTERM", "SIGINT"]
  : ["SIGTERM", "SIGINT", "SIGHUP"];
// A second signal changes nothing: the first stop finishes within seconds.
for (const signal of stopSignals) process.on(signal, stop);

watchNpm();
try {
  server = await ChatServer.start(settings);
  const link = await firstOwnerLink(server);
  if (settings.log.format === "pretty") server.print(banner(settings, server, link));
  schedule = scheduleOf(server);
  schedule?.start();
} catch (error) {
  process.stderr.write(`${sentenceFor(error, settings, "The server could not start")}\n`);
  process.exit(FAILED);
}

/**
 * The link to own the chat, at its first start, if a person is there to read it. A log is kept, so it must not contain the
 * link: there, it says how to get one.
 */
async function firstOwnerLink(server: ChatServer): Promise<string | null> {
  // If it cannot be stored that the chat has started, the next start is the first one.
  const isFirst = await server.people.takeFirstStart().catch(() => false);
  if (!isFirst) return null;
  if (settings.log.format === "pretty" && isatty(1)) {
    const code = await server.people.createOwnerCode(FIRST_CODE_MS).catch(() => null);
    return code && ownerLink(server.addresses.page, code);
  }
  server.notice(
    "owner",
    `nobody owns this chat yet; \`${PROGRAM} owner-link\` prints a link that makes an owner`,
  );
  return null;
}

/** Ends a command whose output nobody reads any more, such as that of `doctor | head`. */
function endWithReader(): void {
  process.stdout.on("error", () => process.exit(FAILED));
}

function scheduleOf(server: ChatServer): BackupSchedule | null {
  const { backups } = server;
  if (settings.backups === null || backups === null) return null;
  const command = [...ownCommand(), ...process.argv.slice(2), "backup"];
  return new BackupSchedule(settings.backups, command, {
    found: (newestAt) => backups.found(newestAt),
    made: (sentence) => {
      backups.made();
      server.notice("backup", sentence);
    },
    failed: (reason) => {
      backups.failed(reason);
      server.alarm("backup", `No backup could be made; earlier ones are kept. ${reason}`);
    },
  });
}

/** What the command line asks for. */
interface Asked {
  readonly settings: Settings;
  readonly move: Move | null;
  readonly backup: BackupCommand | null;
  readonly people: PeopleCommand | null;
  readonly moderation: ModerationCommand | null;
  readonly webhooks: WebhookCommand | null;
  readonly terminal: TerminalCommand | null;
  readonly doctor: DoctorCommand | null;
  readonly bench: BenchCommand | null;
}

function readSettings(): Asked {
  const command = createCommand(version).exitOverride();
  for (const each of command.commands) each.exitOverride();
  try {
    const settings = settingsOf(command.parse(), isatty(1));
    const config = configCommandOf(command);
    if (config !== null) runConfigCommand(config, command, settings);
    return {
      settings,
      move: moveOf(command),
      backup: backupCommandOf(command),
      people: peopleCommandOf(command),
      moderation: moderationCommandOf(command),
      webhooks: webhookCommandOf(command),
      terminal: terminalCommandOf(command),
      doctor: doctorCommandOf(command),
      bench: benchCommandOf(command),
    };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    // Commander has printed its own sentence, except for what it does not know.
    if (error instanceof SettingsError) failWith(error.faults);
    if (error instanceof InvalidArgumentError) failWith([error.message]);
    if (!(error instanceof CommanderError)) throw error;
    process.exit(WRONG_COMMAND);
  }
}

/** Prints what is in force, or that nothing is wrong, and ends. */
function runConfigCommand(config: ConfigCommand, command: Command, { warnings }: Settings): never {
  if (config.kind === "check" && warnings.length > 0) failWith(warnings);
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  process.stdout.write(configText(config, command));
  process.exit(0);
}

/** Ends because of what the operator has set. */
function failWith(faults: readonly string[]): never {
  for (const fault of faults) process.stderr.write(`error: ${printable(fault)}\n`);
  process.exit(WRONG_COMMAND);
}

function stop(): void {
  if (server === null) process.exit(0);
  setTimeout(() => process.exit(FAILED), STOP_MAX_MS);
  schedule?.stop();
  void server.stop().then((clean) => process.exit(clean ? 0 : FAILED));
}

/**
 * Stops the server when npm started it and is gone. npm passes on SIGINT and SIGTERM; when anything else ends npm,
 * its absence is the only sign.
 */
function watchNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, NPM_CHECK_EVERY_MS);
}

/**
 * Whether the process was started with `nohup`, and so must outlive the terminal. Linux reports which signals are
 * ignored. Elsewhere the shell's `_` variable names the program it started, unless another program ran in between.
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

/** @param failure what to say of an error that says nothing of itself */
function sentenceFor(error: unknown, settings: Settings, failure = "The command has failed"): string {
  const isForMetrics = error instanceof ListenError && error.place.port === settings.metricsAt?.port;
  const { hosts, port } = error instanceof ListenError ? error.place : settings;
  const [hostFlag, portFlag] = isForMetrics ? ["--metrics-host", "--metrics-port"] : ["--host", "--port"];
  const KNOWN = [
    BackupError,
    CertificateError,
    CommandError,
    DatabaseError,
    JournalError,
    ModerationError,
    MoveError,
    PeopleError,
    WebhookError,
  ];
  if (error instanceof Error && KNOWN.some((kind) => error instanceof kind)) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const address = hosts.join(" and ");
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is already in use on ${address}. Choose another with ${portFlag}.`;
    case "EACCES":
      return `This user is not allowed to listen on port ${port}. Choose a port above 1023 with ${portFlag}.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return `${address} is not an address of this machine. Choose another with ${hostFlag}.`;
    case "EAFNOSUPPORT":
      return `This machine does not support the type of network address that ${address} is. Choose another with ${hostFlag}.`;
    case "EMFILE":
    case "ENFILE":
      return "The system lets this server open too few files. Raise the limit (ulimit -n).";
    default:
      return `${failure}: ${error instanceof Error ? error.message : error}`;
  }
}

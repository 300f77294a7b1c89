// @ts-check
// Plain Node: this runs before any package is installed.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { outlivesTerminal } from "./hangup.mjs";

/**
 * How a program ended.
 * @typedef {object} Ending
 * @property {number} code its exit code; 128 + n when signal number n ended it
 * @property {boolean} interrupted whether this process was asked to stop while the program was running
 */

/** @type {readonly NodeJS.Signals[]} */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

// A Ctrl-C reaches this process from the terminal and again from npm; both are one request to stop.
const SAME_REQUEST_MS = 1000;

// npm passes on SIGINT and SIGTERM. If anything else ends npm, only its absence shows it.
const LOOK_FOR_NPM_EVERY_MS = 1000;
/** Whether npm started this process, directly or indirectly. */
const startedByNpm = process.env.npm_lifecycle_event !== undefined;
const parent = process.ppid;

/** Whether a program that is started here keeps running when the terminal is closed, which ends npm. */
export const staysBehind = outlivesTerminal();

/**
 * Runs a program and waits for its end. A signal that asks this process to stop is passed on to the program, and this
 * process keeps waiting, so it ends after the program and with the program's exit code. The program is also asked to stop
 * when npm started this process and is gone. With `nohup`, neither the end of npm nor that of the terminal stops the
 * program.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: import("node:child_process").StdioOptions, shell?: boolean }}
 *   [options] by default, stdio is inherited from this process
 * @returns {Promise<Ending>} rejects when the program cannot be started at all
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    let interrupted = false;
    /** @type {Map<NodeJS.Signals, number>} */
    const passedAtMs = new Map();
    /** @type {import("node:child_process").ChildProcess} */
    let child;

    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      if (signal === "SIGHUP" && staysBehind) return;
      interrupted = true;
      // Windows itself notifies every process of the console, and kill() there ends a program without asking it.
      if (process.platform === "win32") return;
      const nowMs = performance.now();
      if (nowMs - (passedAtMs.get(signal) ?? -SAME_REQUEST_MS) < SAME_REQUEST_MS) return;
      passedAtMs.set(signal, nowMs);
      child.kill(signal);
    };
    const watch = setInterval(() => {
      if (startedByNpm && !staysBehind && process.ppid !== parent) pass("SIGTERM");
    }, LOOK_FOR_NPM_EVERY_MS);
    const release = () => {
      clearInterval(watch);
      for (const signal of STOP_SIGNALS) process.off(signal, pass);
    };

    // Before the start: on a busy machine the program may run for a while before this process gets to its next line.
    for (const signal of STOP_SIGNALS) process.on(signal, pass);
    // Detached, the program does not belong to the terminal's session, so closing the terminal cannot end it.
    child = spawn(program, args, { stdio: "inherit", detached: staysBehind, ...options });
    child.once("error", (error) => {
      release();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      release();
      resolve({ code: signal ? 128 + constants.signals[signal] : (code ?? 1), interrupted });
    });
  });
}

/**
 * Ends this process with one sentence for the person who started it.
 * @param {string} sentence
 * @returns {never}
 */
export function fail(sentence) {
  console.error(`classic-chatbox: ${sentence}`);
  process.exit(1);
}

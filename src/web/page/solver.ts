/**
 * Solves the puzzles that the server sets while too many newcomers come: in a worker, so that the page stays quick meanwhile, and on
 * the page where there can be no worker, as in a sandboxed frame, which has no origin that the worker's script could be of.
 */
import { solve as solveHere } from "../../client/solve.ts";
import type { Challenge } from "../../protocol/kinds/enter.ts";
import { workerAddress } from "./worker-policy.ts";

/** @returns the proof. Rejects with the signal's reason, or with Error if there is none */
export async function solve(challenge: Readonly<Challenge>, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  return (await solveByWorker(challenge, signal)) ?? solveHere(challenge, signal);
}

/** @returns null if there is no worker, or it found nothing */
async function solveByWorker(challenge: Readonly<Challenge>, signal: AbortSignal): Promise<string | null> {
  const worker = startWorker();
  if (!worker) return null;
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      worker.onmessage = ({ data }: MessageEvent<string | null>) => resolve(data);
      // Its script could not be loaded, or run.
      worker.onerror = () => resolve(null);
      worker.postMessage(challenge);
    });
  } finally {
    worker.terminate();
  }
}

function startWorker(): Worker | null {
  try {
    return new Worker(workerAddress("worker"));
  } catch {
    return null;
  }
}

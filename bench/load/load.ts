import { setPriority } from "node:os";
import { join } from "node:path";
import type { AnswerMessage, OrderKind, OrderMessage, Orders } from "./orders.ts";

/** The load generator, in its own process. */
export class Load implements Disposable {
  readonly #child: Bun.Subprocess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  /** @param niceness above 0 for a lower priority than other processes */
  constructor(niceness = 0) {
    this.#child = Bun.spawn([process.execPath, "--no-orphans", join(import.meta.dir, "generator.ts")], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message: AnswerMessage) => this.#answered(message),
      onExit: (_child, code) => {
        const error = new Error(`The load generator exited with code ${code}.`);
        for (const { reject } of this.#waiting.values()) reject(error);
      },
    });
    if (niceness > 0) setPriority(this.#child.pid, niceness);
  }

  /**
   * Sends an order to the generator, and waits until it is carried out.
   *
   * @throws Error with a sentence if it cannot be completed: a client is lost, or nothing more arrives
   */
  async order<K extends OrderKind>(kind: K, takes: Orders[K]["takes"]): Promise<Orders[K]["gives"]> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    const message: OrderMessage = { id, kind, takes };
    this.#child.send(message);
    // Both ends are from one build.
    return answer.promise as Promise<Orders[K]["gives"]>;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }

  #answered(message: AnswerMessage): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.gives);
  }
}

import { type ReadonlySignal, signal } from "@preact/signals";

/** A person who stops typing is forgotten after this time. Clients repeat the event every 2 s. */
const FORGET_MS = 5_000;

/** The people who are typing. */
export class TypingStore {
  readonly #names = signal<readonly string[]>([]);
  readonly names: ReadonlySignal<readonly string[]> = this.#names;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  add(name: string): void {
    this.#stop(name);
    this.#timers.set(
      name,
      setTimeout(() => this.remove(name), FORGET_MS),
    );
    if (!this.#names.value.includes(name)) this.#names.value = [...this.#names.value, name];
  }

  remove(name: string): void {
    if (!this.#stop(name)) return;
    this.#names.value = this.#names.value.filter((each) => each !== name);
  }

  clear(): void {
    for (const name of [...this.#timers.keys()]) this.remove(name);
  }

  #stop(name: string): boolean {
    clearTimeout(this.#timers.get(name));
    return this.#timers.delete(name);
  }
}

import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";

/** What a screen tells. */
export interface ScreenListener {
  /** A line was entered. */
  line(text: string): void;
  /** The user wants to end. */
  end(): void;
  /** What the beginning of a word may become. */
  complete(word: string): readonly string[];
}

/** A terminal with an input line at its bottom, which has history and completion, and what happens above it. */
export class Screen {
  readonly #interface: Interface;
  #isClosed = false;

  constructor(listener: ScreenListener) {
    this.#interface = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      historySize: 500,
      removeHistoryDuplicates: true,
      completer: (line: string) => {
        const word = /\S*$/.exec(line)?.[0] ?? "";
        return [word === "" ? [] : [...listener.complete(word)], word];
      },
    });
    this.#interface.on("line", (text) => {
      listener.line(text);
      if (!this.#isClosed) this.#interface.prompt();
    });
    // Ctrl+C, and Ctrl+D or the end of the input.
    this.#interface.on("SIGINT", () => listener.end());
    this.#interface.on("close", () => listener.end());
  }

  get width(): number {
    return process.stdout.columns || 80;
  }

  /** Shows what comes before the input. */
  prompt(text: string): void {
    this.#interface.setPrompt(text);
    this.#above(() => {});
  }

  /** Writes lines above the input, which stays as it is. */
  print(text: string): void {
    this.#above(() => process.stdout.write(`${text}\n`));
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#interface.removeAllListeners("close");
    this.#interface.close();
    process.stdout.write("\n");
  }

  #above(write: () => void): void {
    if (this.#isClosed) return;
    moveCursor(process.stdout, 0, -this.#interface.getCursorPos().rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    write();
    // It would go up by the rows that the input had, over what was just written.
    Object.assign(this.#interface, { prevRows: 0 });
    this.#interface.prompt(true);
  }
}

import type { Message } from "../client/index.ts";
import { printable, printableJson } from "../protocol/printable.ts";

/** Colours that are legible on dark and on light grounds. */
const NICKNAME_COLOURS = [31, 32, 33, 34, 35, 36];
const DIM = 2;
const BOLD = 1;

/** Writes what happens in a room as lines of a terminal. Nothing that others write can move its cursor. */
export class Lines {
  readonly #hasColours: boolean;
  readonly #width: () => number;

  /** @param width of the terminal in columns; infinite for none */
  constructor(hasColours: boolean, width: () => number) {
    this.#hasColours = hasColours;
    this.#width = width;
  }

  /** A message. @param mark what is said of it, such as `edited` */
  message({ name, content, time, deleted }: Message, mark = ""): string {
    const at = this.#paint(DIM, clockOf(time));
    const text = deleted ? this.#paint(DIM, "(deleted)") : safe(content);
    return this.#wrap(`${at} ${this.nickname(name)}${mark && ` ${this.#paint(DIM, mark)}`}: ${text}`);
  }

  /** What is said beside the messages. */
  notice(text: string): string {
    return this.#wrap(this.#paint(DIM, `* ${printable(text)}`));
  }

  nickname(name: string): string {
    const sum = [...name].reduce((before, character) => before + (character.codePointAt(0) ?? 0), 0);
    const colour = NICKNAME_COLOURS[sum % NICKNAME_COLOURS.length] ?? BOLD;
    return this.#paint(BOLD, this.#paint(colour, printable(name)));
  }

  #paint(code: number, text: string): string {
    return this.#hasColours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #wrap(text: string): string {
    const width = this.#width();
    return Number.isFinite(width)
      ? Bun.wrapAnsi(text, Math.max(width, 20), { hard: true, trim: false })
      : text;
  }
}

/** A message as one line of JSON, for programs. */
export function jsonLine({ id, time, name, content, by }: Message): string {
  return printableJson(JSON.stringify({ id, time, name, content, by }));
}

/** A message as one line of text, for programs. */
export function textLine({ name, content }: Message): string {
  return `${printable(name)}: ${printable(content)}`;
}

/** A text of several lines. Further lines are indented, so that none looks like a message of its own. */
function safe(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map(printable)
    .join("\n      ");
}

function clockOf(time: number | null): string {
  return time === null ? "--:--" : new Date(time).toTimeString().slice(0, 5);
}

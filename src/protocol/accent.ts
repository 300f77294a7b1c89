/**
 * The accent colour that an operator or a host site chooses. Text in it, and text on it, must be legible on the grounds of both
 * looks, so it is made darker or lighter until it is.
 */

/** Red, green and blue, from 0 to 255. */
type Colour = readonly [number, number, number];

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];
const NEAR_BLACK: Colour = [16, 18, 20];
/** The grounds of the light and of the dark look that are hardest to read on. */
const LIGHT_GROUND: Colour = [241, 238, 232];
const DARK_GROUND: Colour = [38, 41, 44];
/** What WCAG asks of text (AA), and a little for rounding. */
const CONTRAST_LEAST = 4.6;
const STEPS = 20;
/** How much of the accent is in the ground below what the pointer is over. */
const TINT = 0.08;

/** The colours of one look, as CSS. */
export interface Accent {
  readonly accent: string;
  /** The colour of text on the accent. */
  readonly on: string;
  /** The ground below what the pointer is over. */
  readonly tint: string;
}

/** The colours of both looks that come of a colour such as `#0b6e69` or `#06c`; null if the text is not one. */
export function accentOf(text: string): { readonly light: Accent; readonly dark: Accent } | null {
  const colour = parse(text);
  return colour && { light: legible(colour, LIGHT_GROUND, BLACK), dark: legible(colour, DARK_GROUND, WHITE) };
}

/** The values of the style sheet's variables, by their names. */
export function accentVariables(text: string): Readonly<Record<string, string>> {
  const both = accentOf(text);
  if (both === null) return {};
  const { light, dark } = both;
  return {
    "--accent": `light-dark(${light.accent}, ${dark.accent})`,
    "--on-accent": `light-dark(${light.on}, ${dark.on})`,
    "--tint": `light-dark(${light.tint}, ${dark.tint})`,
  };
}

function parse(text: string): Colour | null {
  const [, digits = ""] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim()) ?? [];
  if (digits === "") return null;
  const size = digits.length / 3;
  const part = (at: number) => Number.parseInt(digits.slice(at * size, (at + 1) * size).repeat(3 - size), 16);
  return [part(0), part(1), part(2)];
}

function legible(colour: Colour, ground: Colour, towards: Colour): Accent {
  for (let step = 0; step <= STEPS; step++) {
    const accent = mixed(colour, towards, step / STEPS);
    const tint = mixed(ground, accent, TINT);
    if (contrast(accent, tint) < CONTRAST_LEAST && step < STEPS) continue;
    const on = contrast(accent, WHITE) >= CONTRAST_LEAST ? WHITE : NEAR_BLACK;
    return { accent: css(accent), on: css(on), tint: css(tint) };
  }
  throw new Error("the last step is always taken");
}

function mixed(from: Colour, to: Colour, share: number): Colour {
  const part = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return [part(0), part(1), part(2)];
}

/** The contrast of two colours, as WCAG 2 defines it. */
function contrast(one: Colour, other: Colour): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  const linear = (part: number) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function css(colour: Colour): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

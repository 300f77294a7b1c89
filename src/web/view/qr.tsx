import { correction, generate } from "lean-qr";
import { useMemo } from "preact/hooks";

export interface QrCodeProps {
  /** At most about 2,300 bytes, as UTF-8. */
  readonly text: string;
  /** Says what the picture is, to those who cannot see it. */
  readonly label: string;
}

/** The blank space that readers need on each side, in modules. */
const QUIET = 4;

/**
 * Draws a QR code: always dark on light, in the dark theme as well, since many readers do not see it the other way round.
 *
 * @throws Error when the text is too long for any QR code
 */
export function QrPicture({ text, label }: QrCodeProps) {
  const { size, path } = useMemo(() => qrPath(text), [text]);
  const whole = size + 2 * QUIET;
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`${-QUIET} ${-QUIET} ${whole} ${whole}`}
      shape-rendering="crispEdges"
    >
      <rect x={-QUIET} y={-QUIET} width={whole} height={whole} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}

/**
 * The dark modules of a QR code that is readable if 15 % of it are damaged, or more where that takes no more space.
 *
 * @returns the number of modules on each side, without the quiet zone, and a path in which each module is a unit
 * @throws Error when the text is too long for any QR code
 */
export function qrPath(text: string): { readonly size: number; readonly path: string } {
  const code = generate(text, { minCorrectionLevel: correction.M });
  let path = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (!code.get(x, y)) continue;
      const from = x;
      // Modules side by side are one piece: between two, some browsers would leave a light line.
      while (code.get(x + 1, y)) x++;
      path += `M${from} ${y}h${x + 1 - from}v1h${from - x - 1}z`;
    }
  }
  return { size: code.size, path };
}

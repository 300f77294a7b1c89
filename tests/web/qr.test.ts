/** The QR codes of the page, read by a program that has nothing in common with the one that makes them. */
import { expect, test } from "bun:test";
import decodeQR from "qr/decode.js";
import { qrPath } from "../../src/web/view/qr.tsx";

const QUIET = 4;
const PIXELS = 5;

test.each([
  ["an address", "https://chat.example.org/rooms/help#key=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"],
  ["a short text", "x"],
  ["letters of other alphabets, and emoji", "Xin chào, tiếng Việt. مرحبا 👋🏽"],
  ["a long text", "abcdefghij".repeat(200)],
])("what is drawn of %s can be read", (_, text) => {
  expect(decodeQR(drawn(text), { timeLimit: 60_000 })).toBe(text);
});

test("a code can be read when a twelfth of the picture is covered", () => {
  const text = "classic-chatbox ".repeat(8);
  const image = drawn(text);
  // A spot in the middle, away from what readers find their way by.
  const half = Math.floor((Math.sqrt(1 / 12) * image.width) / 2);
  const middle = image.width / 2;
  for (let y = middle - half; y < middle + half; y++) paint(image, middle - half, y, 2 * half, 255);
  expect(decodeQR(image, { timeLimit: 60_000 })).toBe(text);
});

test("a text that is too long is refused", () => {
  expect(() => qrPath("x".repeat(3_000))).toThrow();
});

/** Paints the path as a browser does. */
function drawn(text: string) {
  const { size, path } = qrPath(text);
  const width = (size + 2 * QUIET) * PIXELS;
  const image = { width, height: width, data: new Uint8Array(width * width * 4).fill(255) };
  const pieces = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)];
  expect(pieces.map(([piece]) => piece).join("")).toBe(path);
  for (const [, x, y, modules] of pieces) {
    for (let row = 0; row < PIXELS; row++)
      paint(
        image,
        (Number(x) + QUIET) * PIXELS,
        (Number(y) + QUIET) * PIXELS + row,
        Number(modules) * PIXELS,
        0,
      );
  }
  return image;
}

function paint(
  image: { width: number; data: Uint8Array },
  x: number,
  y: number,
  count: number,
  shade: number,
) {
  for (let at = Math.floor(x); at < x + count; at++) {
    const pixel = (Math.floor(y) * image.width + at) * 4;
    image.data.fill(shade, pixel, pixel + 3);
  }
}

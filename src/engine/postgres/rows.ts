/** Reads what the database returns, field by field: it is checked like any other input. */

export type Row = Readonly<Record<string, unknown>>;

/** The rows of a result. @throws TypeError if it has none */
export function rowsOf(result: unknown): Row[] {
  if (!Array.isArray(result)) throw new TypeError("The database did not return rows.");
  return result.map((row: unknown) => {
    if (typeof row !== "object" || row === null)
      throw new TypeError("The database returned a row that is not an object.");
    return { ...row };
  });
}

export function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("A text is expected here.");
  return value;
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : textOf(value);
}

export function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError("A list of texts is expected here.");
  return value.map(textOf);
}

/** A whole number that a double holds exactly, in whichever form the driver returns it. */
export function integerOf(value: unknown): number {
  const number = typeof value === "bigint" || typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number)) {
    throw new TypeError("A whole number is expected here.");
  }
  return number;
}

export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new TypeError("Bytes are expected here.");
  return new Uint8Array(value);
}

export function booleanOf(value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError("True or false is expected here.");
  return value;
}

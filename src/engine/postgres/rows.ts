/** Reads what the database gives, field by field: a row is as foreign as any text from outside. */

export type Row = Readonly<Record<string, unknown>>;

/** The rows of a result. @throws TypeError when it is none */
export function rowsOf(result: unknown): Row[] {
  if (!Array.isArray(result)) throw new TypeError("The database gave no rows.");
  return result.map((row: unknown) => {
    if (typeof row !== "object" || row === null) throw new TypeError("The database gave a row that is none.");
    return { ...row };
  });
}

export function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("The database gave something else than a text.");
  return value;
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : textOf(value);
}

/** A whole number that a double holds exactly, however the driver gives it. */
export function integerOf(value: unknown): number {
  const number = typeof value === "bigint" || typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number)) {
    throw new TypeError("The database gave something else than a whole number.");
  }
  return number;
}

export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new TypeError("The database gave something else than bytes.");
  return new Uint8Array(value);
}

export function booleanOf(value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError("The database gave something else than true or false.");
  return value;
}

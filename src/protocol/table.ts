/** Whether a value that came from outside is a key of a table: its own, not one that every object has. */
export function isKeyOf<T extends object>(table: T, key: unknown): key is keyof T {
  return typeof key === "string" && Object.hasOwn(table, key);
}

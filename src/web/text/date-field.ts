/** Days as date fields have them (`2026-11-26`), in the user's time zone. */

/** The day of a time in Unix milliseconds. */
export function fieldOfDay(time: number): string {
  const date = new Date(time);
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/** When a day begins, in Unix milliseconds; null if it is not one. Where the clocks skip midnight it begins later. */
export function startOfDay(field: string): number | null {
  const time = Date.parse(`${field}T00:00`);
  return Number.isNaN(time) ? null : time;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

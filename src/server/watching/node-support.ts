/** When the versions of Node.js that can start the server stop getting security updates (nodejs.org/en/about/previous-releases). */
const ENDS: Readonly<Record<string, string>> = {
  20: "2026-04-30",
  21: "2024-06-01",
  22: "2027-04-30",
  23: "2025-06-01",
  24: "2028-04-30",
  25: "2026-06-01",
};

/** @param version such as `v20.11.1` @returns Unix milliseconds; null for versions whose end is not known here */
export function endOfSupport(version: string): number | null {
  const [, major = ""] = /^v(\d+)\./.exec(version) ?? [];
  const end = ENDS[major];
  return end === undefined ? null : Date.parse(end);
}

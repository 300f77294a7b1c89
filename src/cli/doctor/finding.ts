/** What the doctor has found out. */

/** `unknown`: it could not be found out. */
export type Level = "ok" | "warning" | "fault" | "unknown";

export interface Finding {
  readonly level: Level;
  /** What it is about, in a word or two. */
  readonly about: string;
  /** What was found: one sentence. */
  readonly found: string;
  /** What to do about it; empty if nothing. */
  readonly todo: string;
}

/** Makes findings about one thing. */
export function about(name: string) {
  const finding =
    (level: Level) =>
    (found: string, todo = ""): Finding => ({ level, about: name, found, todo });
  return {
    ok: finding("ok"),
    warning: finding("warning"),
    fault: finding("fault"),
    unknown: finding("unknown"),
  };
}

/** A finding as it is printed. */
export function findingText({ level, about: name, found, todo }: Finding): string {
  const line = `${level.padEnd(8)} ${name}: ${found}`;
  return todo === "" ? line : `${line}\n         -> ${todo}`;
}

/** A time for people to read. */
export function msText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 2000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}

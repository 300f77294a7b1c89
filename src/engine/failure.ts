/**
 * One short sentence for the people in a room about a fault of the store. It names no path and no address; the
 * details are for the log.
 */
export function sentenceFor(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return (typeof code === "string" && SENTENCES[code]) || "The server could not reach its history.";
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: "The server's disk is full.",
  EDQUOT: "The server's disk is full.",
  EFBIG: "The server's history file cannot grow any more.",
  EIO: "The server's disk has a fault.",
  EROFS: "The server's disk is read-only.",
  EACCES: "The server may not write its history.",
  EPERM: "The server may not write its history.",
};

/**
 * One short sentence for the people in a room about a fault of the store. It contains no path and no address; the
 * details go to the log.
 */
export function sentenceFor(error: unknown): string {
  if (!(error instanceof Error)) return GENERAL;
  const codes = ["code" in error ? error.code : undefined, "errno" in error ? error.errno : undefined];
  const known = codes.find((code) => typeof code === "string" && code in SENTENCES);
  return SENTENCES[String(known)] ?? GENERAL;
}

/** Nothing is wrong with the store: the server is ending, and does not begin anything any more. */
export class EndingError extends Error {
  override readonly name = "EndingError";

  constructor() {
    super("the server is ending");
  }
}

/** Whether something was not done because the server is ending. */
export function isEnding(error: unknown): boolean {
  return error instanceof EndingError || (error instanceof Error && error.cause instanceof EndingError);
}

const GENERAL = "The server could not reach its history.";

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: "The server's disk is full.",
  EDQUOT: "The server's disk is full.",
  EFBIG: "The server's history file cannot grow any more.",
  EIO: "The server's disk is failing.",
  EROFS: "The server's disk is read-only.",
  EACCES: "The server is not allowed to write its history.",
  EPERM: "The server is not allowed to write its history.",
  // SQLSTATEs.
  "53100": "The server's disk is full.",
  "42501": "The server is not allowed to write its history.",
  "25006": "The server is not allowed to write its history.",
};

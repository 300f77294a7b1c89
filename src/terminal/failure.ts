/** A command for the terminal could not do what it was asked for. The message is one sentence for the person. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

/** What went wrong, in a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

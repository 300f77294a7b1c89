/** The database cannot be used. The message is one sentence for the operator, without a password. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** The connection was lost while a transaction was being committed: nobody knows yet what came of it. */
export class CommitInDoubt extends Error {
  override readonly name = "CommitInDoubt";
}

/** Nothing came of the database in time. */
export class DatabaseTimeout extends Error {
  override readonly name = "DatabaseTimeout";
}

/** The others have taken this server for dead: what it had is theirs. */
export class Evicted extends Error {
  override readonly name = "Evicted";
}

/** This server was away for longer than the log is kept, or what it knows of the room is not what the database has. */
export class FallenBehind extends Error {
  override readonly name = "FallenBehind";
}

/** The server's code (SQLSTATE) of an error, or undefined. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errno" in error)) return undefined;
  return typeof error.errno === "string" ? error.errno : undefined;
}

/**
 * Whether the database itself has refused a statement, and with it the statement's transaction: of a `COMMIT`, that nothing
 * is committed. A connection that the database ends is told so by an error of another severity, and then a commit may stand.
 */
export function isRefusal(error: unknown): boolean {
  return (
    sqlState(error) !== undefined &&
    error instanceof Error &&
    "severity" in error &&
    error.severity === "ERROR"
  );
}

/**
 * Whether the same may work a moment later: the connection is gone, or the database starts, stops, or has no place now. A
 * full disk or a missing right is not of that kind.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof CommitInDoubt) return true;
  if (error instanceof DatabaseTimeout || error instanceof Evicted || !(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return /^(08|40|57P|53300|55P03|55006|25P0[23]|57014)/.test(state);
  return "code" in error && String(error.code).startsWith("ERR_POSTGRES");
}

/** What is to be done where connections are no sessions. @param where the host and name of the database */
export function poolerSentence(where: string): string {
  return `The database at ${where} seems to be behind a pooler that shares connections by transaction; connect to PostgreSQL itself, or have the pooler share them by connection (PgBouncer: pool_mode = connection).`;
}

/** Why the database cannot be used at the start, in one sentence. @param where its host and name */
export function startSentence(error: unknown, where: string): string {
  if (error instanceof DatabaseError) return error.message;
  if (error instanceof DatabaseTimeout) return `The database at ${where} does not answer.`;
  const detail = error instanceof Error ? error.message : String(error);
  switch (sqlState(error)) {
    case "28P01":
      return `The database at ${where} refuses the password; it is taken from the URL, where its special characters must be percent-encoded, or from PGPASSWORD, and never from a .pgpass file.`;
    case "28000":
      return `The database at ${where} does not let this user in: ${detail}.`;
    case "3D000":
      return `There is no such database at ${where}: ${detail}.`;
    case "42501":
      return `The user of the database at ${where} lacks a right: ${detail}.`;
    case "53300":
      return `The database at ${where} has no connection left: ${detail}.`;
    // A prepared statement that is there already, or is not, though this connection never made one, or did.
    case "42P05":
    case "26000":
      return poolerSentence(where);
    case undefined:
      return `The database at ${where} cannot be reached (${detail}).`;
    default:
      return `The database at ${where} cannot be used: ${detail}.`;
  }
}

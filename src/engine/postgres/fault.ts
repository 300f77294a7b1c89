/** The database cannot be used. The message is one sentence for the operator, without a password. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** The connection was lost while a transaction was being committed: it is not known whether it was. */
export class CommitInDoubt extends Error {
  override readonly name = "CommitInDoubt";
}

/** The database did not answer in time. */
export class DatabaseTimeout extends Error {
  override readonly name = "DatabaseTimeout";
}

/** The other servers considered this one dead, and have taken over its members. */
export class Evicted extends Error {
  override readonly name = "Evicted";
}

/** This server was away for longer than the log is kept, or the room that it knows is not the one in the database. */
export class FallenBehind extends Error {
  override readonly name = "FallenBehind";
}

/** The SQLSTATE of an error of PostgreSQL; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errno" in error)) return undefined;
  return typeof error.errno === "string" ? error.errno : undefined;
}

/**
 * Whether the database itself has refused a statement, and with it the statement's transaction: of a `COMMIT`, that
 * nothing is committed. A connection that the database ends gets an error of another severity, and then a commit may
 * stand.
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
 * Whether the same may work a moment later: the connection is lost, or the database is starting, stopping or out of
 * connections. A full disk or a missing right is not transient.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof CommitInDoubt) return true;
  if (error instanceof DatabaseTimeout || error instanceof Evicted || !(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return /^(08|40|57P|53300|55P03|55006|25P0[23]|57014)/.test(state);
  return "code" in error && String(error.code).startsWith("ERR_POSTGRES");
}

/** What to do about a pooler that shares connections by transaction. @param where the host and name of the database */
export function poolerSentence(where: string): string {
  return `The database at ${where} seems to be behind a pooler that shares connections by transaction; connect to PostgreSQL itself, or have the pooler share them by session (PgBouncer: pool_mode = session).`;
}

/** Why the server cannot start with the database, in one sentence. @param where its host and name */
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
      return `The database user at ${where} lacks a privilege: ${detail}.`;
    case "53300":
      return `The database at ${where} has no connection left: ${detail}.`;
    // A prepared statement is there that this connection has not made, or one is missing that it has.
    case "42P05":
    case "26000":
      return poolerSentence(where);
    case undefined:
      return `The database at ${where} cannot be reached (${detail}).`;
    default:
      return `The database at ${where} cannot be used: ${detail}.`;
  }
}

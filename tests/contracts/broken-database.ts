/** Ways in which a database keeps a batch from being stored. */
import { SQL } from "bun";
import { rowsOf } from "../../src/engine/postgres/rows.ts";
import { administer } from "../support/postgres.ts";
import type { BesideFailure, StoreFailure } from "./failures.ts";
import type { EngineStage } from "./suite.ts";

/** Installs a trigger that acts on each message as it is stored: at once, or as the last step of its transaction. */
async function trigger(
  url: string,
  when: "at the commit" | "at once",
  act: string,
): Promise<() => Promise<void>> {
  const kind = when === "at once" ? "TRIGGER broken AFTER" : "CONSTRAINT TRIGGER broken AFTER";
  const deferred = when === "at once" ? "" : "DEFERRABLE INITIALLY DEFERRED";
  await administer(
    url,
    `CREATE SEQUENCE public.tries;
     CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN PERFORM nextval('public.tries'); ${act}; RETURN NULL; END $$;
     CREATE ${kind} INSERT ON chatbox.messages ${deferred} FOR EACH ROW EXECUTE FUNCTION public.broken()`,
  );
  return async () => {
    await administer(url, "DROP FUNCTION public.broken CASCADE; DROP SEQUENCE public.tries");
  };
}

const REFUSE = "RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'disk full'";
const CUT_OFF = "PERFORM pg_terminate_backend(pg_backend_pid())";

const WAITING =
  "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE NOT granted AND datname = current_database()";

/** Breaks the connection during a commit, and then keeps everybody from the lock that would show whether it succeeded. */
async function leaveInDoubt(url: string): Promise<() => Promise<void>> {
  const stop = "IF currval('public.tries') = 1 THEN PERFORM pg_advisory_lock(1); END IF";
  const repair = await trigger(url, "at the commit", `${stop}; ${CUT_OFF}`);
  const sql = new SQL(url, { max: 3 });
  const holder = await sql.reserve();
  await holder`SELECT pg_advisory_lock(1)`;
  const untilWaiting = async (condition: string) => {
    while (rowsOf(await sql.unsafe(`${WAITING} AND ${condition}`)).length === 0);
  };
  const hiding = (async () => {
    await untilWaiting("locktype = 'advisory'");
    // It is the next in the queue for the lock, before any new attempt.
    const hidden = sql`ALTER TABLE chatbox.rooms RENAME TO hidden`.execute();
    await untilWaiting("mode = 'AccessExclusiveLock'");
    await holder`SELECT pg_advisory_unlock(1)`;
    await hidden;
  })();
  return async () => {
    await hiding;
    await sql`ALTER TABLE chatbox.hidden RENAME TO rooms`;
    await sql.close({ timeout: 0 });
    await repair();
  };
}

/** @param urlOf the database of a stage */
export function databaseFailures(urlOf: (stage: EngineStage) => string): [StoreFailure, ...StoreFailure[]] {
  return [
    {
      title: "the database refuses what is written",
      begin: (stage) => trigger(urlOf(stage), "at once", REFUSE),
      sends: "send-failed",
    },
    {
      title: "the database refuses the commit",
      begin: (stage) => trigger(urlOf(stage), "at the commit", REFUSE),
      sends: "send-failed",
    },
    {
      title: "the connection is lost before the commit",
      begin: (stage) => trigger(urlOf(stage), "at once", CUT_OFF),
      sends: "send-failed",
    },
    {
      title: "the connection is lost in the commit and nobody says what came of it",
      begin: (stage) => leaveInDoubt(urlOf(stage)),
      sends: "store-lost",
    },
  ];
}

export const BESIDE_A_FAILURE: BesideFailure = {
  reason: "a batch is one transaction of the database, in which nicknames and sessions are as well",
  register: "name-failed",
  rename: "name-failed",
  resume: "store-lost",
  repeat: "send-failed",
  leave: "later",
};

/** The database that the servers share. */
import { Database, type DatabaseOptions, nameOfDatabase } from "../../engine/postgres/database.ts";
import { startSentence } from "../../engine/postgres/fault.ts";
import { clockFinding } from "./clock.ts";
import { about, type Finding, msText } from "./finding.ts";

const WITHIN_MS = 10_000;
const MIN_VERSION = 14;
const ROUND_TRIPS = 10;
const SLOW_MS = 20;
const LAG_WARNING_S = 10;

interface State {
  readonly version: number;
  readonly isStandby: boolean;
  readonly may_create: boolean;
  readonly fsync: string;
  readonly synchronous: string;
  readonly connections: number;
  readonly most: number;
  readonly lag: number | null;
  readonly now: number;
}

export async function databaseFindings(options: DatabaseOptions): Promise<Finding[]> {
  const { fault } = about("database");
  const where = nameOfDatabase(options.url);
  const database = new Database(options);
  try {
    const tripsMs: number[] = [];
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const begunAt = performance.now();
      await database.query(WITHIN_MS, (sql) => sql`SELECT 1`);
      tripsMs.push(performance.now() - begunAt);
    }
    const askedAt = Date.now();
    const [state] = await database.query(WITHIN_MS, stateOf);
    const clock = clockFinding("the database", Number(state?.now), askedAt, Date.now());
    return state === undefined
      ? [fault("it says nothing about itself", "")]
      : [...stateFindings(state, where, options.poolSize), tripFinding(tripsMs), clock];
  } catch (error) {
    return [
      fault(
        startSentence(error, where).replace(/\.$/, ""),
        "Check --database-url, and that the database runs.",
      ),
    ];
  } finally {
    await database.close();
  }
}

function stateOf(sql: Bun.SQL): Promise<State[]> {
  return sql<State[]>`
    SELECT current_setting('server_version_num')::int / 10000 AS version, pg_is_in_recovery() AS "isStandby",
      has_schema_privilege(current_schema(), 'CREATE') AS may_create,
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous,
      (SELECT count(*) FROM pg_stat_activity)::int AS connections, current_setting('max_connections')::int AS most,
      (SELECT extract(epoch FROM max(replay_lag)) FROM pg_stat_replication)::float8 AS lag,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`;
}

function stateFindings(state: State, where: string, poolSize: number): Finding[] {
  const { ok, warning, fault } = about("database");
  const findings = [
    state.version < MIN_VERSION
      ? warning(`${where} is PostgreSQL ${state.version}`, `Upgrade it to ${MIN_VERSION} or later.`)
      : ok(`${where} is PostgreSQL ${state.version}`),
  ];
  if (state.isStandby)
    findings.push(fault("it is a standby, which takes no writes", "Name the primary by --database-url."));
  if (!state.may_create)
    findings.push(fault("the user may not create tables", "GRANT CREATE ON SCHEMA public TO the user."));
  if (state.fsync !== "on" || state.synchronous === "off")
    findings.push(
      warning("a crash can lose what was acknowledged (fsync or synchronous_commit is off)", "Turn both on."),
    );
  const left = state.most - state.connections;
  if (left < poolSize + 1)
    findings.push(
      warning(
        `it has ${left} connections left of ${state.most}`,
        "Raise max_connections, or lower --database-connections.",
      ),
    );
  if (state.lag !== null)
    findings.push(
      state.lag > LAG_WARNING_S
        ? warning(
            `a standby is ${Math.round(state.lag)} s behind`,
            "See why: it would lack that much after a failover.",
          )
        : ok(`its standbys are ${state.lag.toFixed(1)} s behind at most`),
    );
  return findings;
}

function tripFinding(tripsMs: readonly number[]): Finding {
  const { ok, warning } = about("database time");
  const [median = 0] = tripsMs.toSorted((a, b) => a - b).slice(ROUND_TRIPS / 2);
  const text = `a question is answered after ${msText(median)}`;
  return median > SLOW_MS ? warning(text, "Put the server nearer to the database.") : ok(text);
}

import { afterAll } from "bun:test";
import { SQL } from "bun";
import type { Deliver } from "../../src/engine/engine.ts";
import { PostgresEngine, type PostgresEngineOptions } from "../../src/engine/postgres/postgres.ts";
import { createDatabase } from "../support/postgres.ts";
import { type EngineStage, engineContract } from "./suite.ts";

const urlOf = new WeakMap<Deliver, string>();
const engines = new Set<PostgresEngine>();
afterAll(() => Promise.all([...engines].map((engine) => engine.close())));

async function open(deliver: Deliver, options: Partial<PostgresEngineOptions> & { url?: string } = {}) {
  const url = options.url ?? (await createDatabase());
  urlOf.set(deliver, url);
  const engine = await PostgresEngine.open({
    database: { url, poolSize: 4, statementTimeoutMs: 4000, connectTimeoutMs: 3000 },
    getBudgetBytes: 1024 * 1024,
    historyMemoryBytes: 1024 * 1024,
    maxRooms: 10,
    graceMs: 15_000,
    restartGraceMs: 30_000,
    sendKeys: 1000,
    pastSessions: 10,
    now: () => ({ time: 1_000, timestamp: "01/01/2030 00:00:01" }),
    deliver,
    observer: { notice: () => {}, fault: () => {}, stored: () => {} },
    lost: () => {},
    ...options,
  });
  engines.add(engine);
  return engine;
}

/** Runs statements on the database of a stage, as an administrator would. */
async function administer(stage: EngineStage, statement: string): Promise<unknown> {
  const sql = new SQL(urlOf.get(stage.deliver) ?? "", { max: 1 });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.close({ timeout: 0 });
  }
}

engineContract({
  name: "postgres",
  open: (deliver, previous, times) => {
    const url = previous && urlOf.get(previous.deliver);
    return open(deliver, { ...(url ? { url } : {}), ...times });
  },
  // The others take a server that is silent for dead, and that is all that a kill is to them.
  abandon: async (stage) => {
    await administer(stage, "DELETE FROM chatbox.servers");
  },
});

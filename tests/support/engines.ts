/** Engines of both kinds as tests open them, over a file or a database that is there already. */
import type { Deliver, EngineOptions } from "../../src/engine/engine.ts";
import { LocalEngine } from "../../src/engine/local/local.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres.ts";
import { ChangeStage } from "../contracts/message-changes.ts";

const OPTIONS = {
  getBudgetBytes: 1024 * 1024,
  historyMemoryBytes: 1024 * 1024,
  maxRooms: 10,
  graceMs: 600_000,
  restartGraceMs: 600_000,
  sendKeys: 1000,
  pastSessions: 10,
  retention: { keepMs: null, keepMessages: null, keepBytes: null, everyMs: 600_000 },
  now: () => ({ time: 1_000, timestamp: "01/01/2030 00:00:01" }),
  observer: { notice: () => {}, fault: () => {}, stored: () => {} },
} as const;

export async function overFile(dataFile: string): Promise<ChangeStage> {
  return await staged((deliver) =>
    LocalEngine.open({ ...OPTIONS, deliver, dataFile, fsync: "off", timeOf: () => undefined }),
  );
}

export async function overDatabase(url: string, options: Partial<EngineOptions> = {}): Promise<ChangeStage> {
  const database = { url, poolSize: 4, statementTimeoutMs: 4000, connectTimeoutMs: 3000 };
  return await staged((deliver) =>
    PostgresEngine.open({ ...OPTIONS, lost: () => {}, ...options, deliver, database }),
  );
}

async function staged(
  open: (deliver: Deliver) => Promise<LocalEngine | PostgresEngine>,
): Promise<ChangeStage> {
  const stage = new ChangeStage();
  stage.engine = await open(stage.deliver);
  return stage;
}

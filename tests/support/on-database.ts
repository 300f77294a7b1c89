/** Has the servers of the test file that imports this first use a database, as `CHAT_ENGINE=postgres` does for a whole run. */
import { afterAll } from "bun:test";

const { CHAT_ENGINE } = process.env;
process.env.CHAT_ENGINE = "postgres";
afterAll(() => {
  if (CHAT_ENGINE === undefined) delete process.env.CHAT_ENGINE;
  else process.env.CHAT_ENGINE = CHAT_ENGINE;
});

/**
 * What all test files of a run share, which `npm test` has ready before the first: the browser is unpacked, and a PostgreSQL
 * runs, whose URL is printed. It ends with standard input.
 */
import { prepareBrowser } from "./browser.ts";
import { PostgresServer } from "./postgres.ts";

// From a terminal they come to all processes of a run, and the tests end first.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
// The tests that need a browser say what is wrong with it.
const [server] = await Promise.all([PostgresServer.start(), prepareBrowser().catch(() => {})]);
console.log(server.url());
for await (const _ of Bun.stdin.stream());
await server[Symbol.asyncDispose]();
process.exit();

/** `npm test` runs this beside all tests: a PostgreSQL whose URL is printed, and which ends with standard input. */
import { PostgresServer } from "./postgres.ts";

// From a terminal they come to all processes of a run, and the tests end first.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
const server = await PostgresServer.start();
console.log(server.url());
for await (const _ of Bun.stdin.stream());
await server[Symbol.asyncDispose]();
process.exit();

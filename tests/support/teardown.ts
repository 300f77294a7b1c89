/** Runs behind the last test of all: `bun test` ends without the events by which a process could clean up. */
import { afterAll } from "bun:test";
import { stopShared } from "./postgres.ts";

afterAll(stopShared);

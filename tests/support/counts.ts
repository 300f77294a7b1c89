import { expect } from "bun:test";
import type { ChatServer } from "./server.ts";

/** What a server counts, by name and labels as in `/metrics`. */
export async function countsOf(server: ChatServer): Promise<Map<string, number>> {
  const response = await fetch(server.http("/metrics"));
  expect(response.status).toBe(200);
  const text = await response.text();
  return new Map(
    [...text.matchAll(/^(chatbox_\S+) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

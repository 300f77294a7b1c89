import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections: one of those could take a server's while it is down, or
 * before it is up.
 */
const PORTS = [10_000, 32_000] as const;

/** A free port of this machine, for servers that must get the same one again after a restart. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS[0] + Math.floor(Math.random() * (PORTS[1] - PORTS[0]));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

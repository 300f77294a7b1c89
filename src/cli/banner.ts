import type { ChatServer } from "../server/chat-server.ts";
import { historyOf } from "../server/open-engine.ts";
import type { Settings } from "../server/settings.ts";

/** What a person who started the server needs to know: where to point a browser and a client. */
export function banner(
  settings: Settings,
  { authority, isLoopbackOnly }: Pick<ChatServer, "authority" | "isLoopbackOnly">,
): string {
  const root = `${authority}${settings.basePath}/`;
  const lines = [
    "",
    `  Page       http://${root}`,
    `  WebSocket  ws://${root}`,
    `  Rooms      http://${root}rooms/NAME`,
    `  History    ${historyOf(settings)}`,
    "",
    isLoopbackOnly
      ? "  Only this machine can connect. To open it to your network: --host 0.0.0.0"
      : "  Other machines can connect. Put a proxy with TLS before it to open it to the internet.",
    ...(settings.limits.requests === null ? ["  Rates and connections are not limited (--no-limits)."] : []),
    "  Stop it with Ctrl+C.",
    "",
    "",
  ];
  return lines.join("\n");
}

import type { ChatServer } from "../server/chat-server.ts";
import { historyOf } from "../server/open-engine.ts";
import type { Settings } from "../server/settings.ts";
import { PROGRAM } from "./program-name.ts";

/**
 * What the person who starts the server needs to know: the addresses for browsers and clients.
 *
 * @param ownerLink is only printed at the first start, and never logged
 */
export function banner(
  settings: Settings,
  { addresses: { page, socket }, isLoopbackOnly }: Pick<ChatServer, "addresses" | "isLoopbackOnly">,
  ownerLink: string | null,
): string {
  const lines = [
    "",
    `  Page       ${page}`,
    `  WebSocket  ${socket}`,
    `  Rooms      ${page}rooms/NAME`,
    `  History    ${historyOf(settings)}`,
    "",
    ...(ownerLink === null
      ? []
      : [
          "  Open this link to own the chat. It works once, within 7 days, for anybody who has it:",
          `  ${ownerLink}`,
          `  Another one: ${PROGRAM} owner-link`,
          "",
        ]),
    isLoopbackOnly
      ? "  Only this machine can connect. To open it to your network: --host 0.0.0.0"
      : settings.tls === null
        ? "  Other machines can connect. Before you open it to the internet, give it a certificate or put a TLS proxy in front of it."
        : "  Other machines can connect.",
    ...(settings.limits.requests === null ? ["  Rates and connections are not limited (--no-limits)."] : []),
    "  Press Ctrl+C to stop.",
    "",
    "",
  ];
  return lines.join("\n");
}

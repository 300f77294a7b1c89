import type { Token } from "../../engine/token.ts";
import { isNickname } from "../../protocol/characters.ts";
import { parseRequest } from "../../protocol/request.ts";
import { MAIN_ROOM } from "../../protocol/room-name.ts";
import type { RoutedRequest } from "../router.ts";
import type { ServerParts } from "../server-parts.ts";
import { objectIn, readObject } from "./body.ts";
import { Problem } from "./problem.ts";
import type { ApiRooms, Json } from "./rooms.ts";

interface HookMessage {
  readonly text: unknown;
  readonly username: unknown;
}

/** Takes the messages that other services post, in the forms of Slack and Mattermost, or as plain text. @throws Problem */
export async function postByHook(
  { request, address }: RoutedRequest,
  token: Token,
  { engine }: Pick<ServerParts, "engine">,
  rooms: ApiRooms,
): Promise<Response> {
  const body = await request.text();
  const type = (request.headers.get("Content-Type") ?? "").toLowerCase();
  const { text, username } = readHookMessage(type, body);
  if (typeof text !== "string" || text.trim() === "")
    throw new Problem({ reason: "WrongFormatContent", detail: "There is no text in this message." });
  const key = request.headers.get("Idempotency-Key");
  const frame = { type: "send", content: text, ...(key === null ? {} : { key }) };
  const [room = MAIN_ROOM] = token.rooms ?? [];
  const asking = {
    room,
    token,
    address,
    role: "member",
    size: Buffer.byteLength(body),
    name: nameOf(token, username, (name) => engine.people.isFreeFor(name, token.person)),
  } as const;
  await rooms.ask(parseRequest(JSON.stringify(frame), 3), asking);
  return new Response("ok", { headers: { "Content-Type": "text/plain", "Cache-Control": "no-store" } });
}

/** What the service calls itself stands behind the nickname of the hook: so it cannot pass for somebody else. */
function nameOf({ nickname }: Token, username: unknown, isFree: (name: string) => boolean): string {
  const name = typeof username === "string" ? `${nickname} (${username.trim()})` : nickname;
  return isNickname(name) && name !== `${nickname} ()` && isFree(name) ? name : nickname;
}

/** @throws Problem if it is malformed */
function readHookMessage(type: string, body: string): HookMessage {
  if (type.startsWith("application/json")) return messageOf(readObject(body));
  const payload = type.startsWith("application/x-www-form-urlencoded")
    ? new URLSearchParams(body).get("payload")
    : null;
  if (payload !== null) return messageOf(readObject(payload));
  // `curl -d` says that any text is a form, also if it is JSON.
  const object = objectIn(body);
  return typeof object?.text === "string" ? messageOf(object) : { text: body, username: undefined };
}

/** Some services have all that they say in attachments, which come with a text for those who cannot show them. */
function messageOf({ text, attachments, username }: Json): HookMessage {
  const isThere = typeof text === "string" && text.trim() !== "";
  return { text: isThere || !Array.isArray(attachments) ? text : plainTextOf(attachments), username };
}

function plainTextOf(attachments: readonly unknown[]): string {
  const texts = attachments.map((each) => {
    const { fallback, title, text }: Json = Object(each);
    return [fallback, title, text].find((part) => typeof part === "string" && part.trim() !== "") ?? "";
  });
  return texts.filter((text) => text !== "").join("\n");
}

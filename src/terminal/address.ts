import { roomOfPath } from "../protocol/room-name.ts";

/** The schemes of a chat's addresses, each with that of its WebSocket. */
const SCHEMES: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

/** Where a chat is. */
export interface ChatAddress {
  /** The URL of the room's WebSocket. */
  readonly socket: string;
  /** The address of the chat without the room, by which it is known. */
  readonly chat: string;
}

/** Reads the address of a chat's page or WebSocket, with or without a room. @returns null if it is none */
export function chatAddress(text: string): ChatAddress | null {
  const url = URL.parse(text);
  const scheme = url && SCHEMES[url.protocol];
  if (!url || !scheme) return null;
  url.search = "";
  url.hash = "";
  const [, folder = "", room] = /^(.*?)(?:\/rooms\/([^/]*))?\/?$/.exec(url.pathname) ?? [];
  if (room !== undefined && roomOfPath(`/rooms/${room}`) === undefined) return null;
  // The scheme of a URL cannot be set to that of another kind.
  const chat = `${scheme}//${url.host}${folder}`;
  return { chat, socket: `${chat}/${room === undefined ? "" : `rooms/${room}`}` };
}

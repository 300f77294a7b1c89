/** The path of the main room, and its name inside the server. No other room can have this name. */
export const MAIN_ROOM = "/";

const ROOM_PATH = /^\/rooms\/([a-z0-9][a-z0-9\-_.]{0,63})$/;

/** The path of a room inside the chat. */
export function pathOfRoom(room: string): string {
  return room === MAIN_ROOM ? room : `/rooms/${room}`;
}

/** The room that an HTTP path names: {@link MAIN_ROOM}, a room's name, or undefined if the path does not name a room. */
export function roomOfPath(path: string): string | undefined {
  return path === MAIN_ROOM ? MAIN_ROOM : ROOM_PATH.exec(path)?.[1];
}

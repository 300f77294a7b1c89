/** The path of the main room, and its name inside the server. No room by path can be called so. */
export const MAIN_ROOM = "/";

const ROOM_PATH = /^\/rooms\/([a-z0-9][a-z0-9\-_.]{0,63})$/;

/** The room that an HTTP path names: {@link MAIN_ROOM}, a room's name, or undefined when it names none. */
export function roomOfPath(path: string): string | undefined {
  return path === MAIN_ROOM ? MAIN_ROOM : ROOM_PATH.exec(path)?.[1];
}

import { CHAT_ROOT } from "./address.ts";

/** This cookie tells the server that the page may fetch pictures from other sites. See docs/web.md. */
const COOKIE = "classic-chatbox-pictures";

/**
 * Tells the server by a cookie which policy the page needs from the next load on.
 *
 * @returns whether this is a change that the server will see
 */
export function allowAddresses(isAllowed: boolean): boolean {
  // A sandboxed frame has no cookies.
  if (origin === "null") return false;
  const was = document.cookie.split("; ").includes(`${COOKIE}=1`);
  // The page may also be at the root's path without the trailing slash.
  const path = CHAT_ROOT.slice(0, -1) || "/";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain HTTP
  document.cookie = `${COOKIE}=${isAllowed ? "1; max-age=31536000" : "; max-age=0"}; path=${path}; samesite=lax`;
  return was !== isAllowed;
}

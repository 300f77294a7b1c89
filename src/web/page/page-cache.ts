/** What the service worker keeps the page in. Its scope is in the name, since several chats can be below one origin. */
export function cacheNameOf(scope: string): string {
  return `classic-chatbox ${scope}`;
}

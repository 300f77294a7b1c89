/** Where the page finds its room, whatever path it is served under. */
import { expect, test } from "bun:test";
import { addressOf } from "../../src/web/page/address.ts";

const ADDRESSES: [pathname: string, root: string, path: string, socket: string][] = [
  ["/", "/", "/", "/"],
  ["/rooms/tea", "/", "/rooms/tea", "/rooms/tea"],
  ["/chat/", "/chat/", "/", "/chat/"],
  ["/chat", "/chat/", "/", "/chat/"],
  ["/chat/rooms/tea", "/chat/", "/rooms/tea", "/chat/rooms/tea"],
  ["/a/chat/rooms/tea", "/a/chat/", "/rooms/tea", "/a/chat/rooms/tea"],
  ["/rooms/rooms/rooms", "/rooms/", "/rooms/rooms", "/rooms/rooms/rooms"],
  // A direct request to the server, which has a base path.
  ["/", "/chat/", "/", "/chat/"],
  ["/rooms/tea", "/chat/", "/rooms/tea", "/chat/rooms/tea"],
  ["/chatty", "/chat/", "/chatty", "/chat/chatty"],
  // A proxy that chose the room, and one that decodes.
  ["/help", "/", "/help", "/help"],
  ["/chat/rooms/%74ea", "/chat/", "/rooms/tea", "/chat/rooms/tea"],
  ["/%zz", "/", "/%zz", "/%zz"],
];

test("a page's room has its path inside the chat, and its socket where the chat is", () => {
  for (const [pathname, root, path, socket] of ADDRESSES) {
    const at = addressOf({ protocol: "https:", host: "chat.test:8443", pathname }, root);
    expect([pathname, root, at]).toEqual([pathname, root, { path, socket: `wss://chat.test:8443${socket}` }]);
  }
  expect(addressOf({ protocol: "http:", host: "chat.test", pathname: "/" }, "/").socket).toBe(
    "ws://chat.test/",
  );
});

import { expect, test } from "bun:test";
import { isOfChat } from "../../src/web/store/chat-items.ts";

const at = { protocol: "https:", host: "site.example" };

test("of a site's storage exactly the items of one chat are told apart, at the site's root and under a path", () => {
  const root = [
    "classic-chatbox.key",
    "classic-chatbox.settings.theme",
    "classic-chatbox.draft:/rooms/tea#0.5",
    "classic-chatbox.stay:/ 1-2",
    "classic-chatbox.stay:/rooms/tea 1-2",
    "classic-chatbox.shelf:/",
    "classic-chatbox.shelf:/rooms/tea",
    "chat:wss://site.example/",
    "chat:wss://site.example/rooms/tea",
  ];
  const under = [
    "/chat/classic-chatbox.key",
    "/chat/classic-chatbox.draft:/#0.5",
    "classic-chatbox.stay:/chat// 1-2",
    "classic-chatbox.stay:/chat//rooms/tea 1-2",
    "classic-chatbox.shelf:/chat//rooms/tea",
    "chat:wss://site.example/chat/",
    "chat:wss://site.example/chat/rooms/tea",
  ];
  const foreign = ["theme", "chat:7", "chat", "my.classic-chatbox.key", "classic-chatboxes"];
  const all = [...root, ...under, ...foreign];
  const of = (path: string) => all.filter((key) => isOfChat(key, path, at));
  expect(of("/")).toEqual(root);
  expect(of("/chat/")).toEqual(under);
});

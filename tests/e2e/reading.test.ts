import { expect, test } from "bun:test";
import { Stage, violations } from "./stage.ts";

const stage = new Stage();

test("without JavaScript the page says so, and shows the latest messages as text", async () => {
  const room = stage.newRoom();
  const an = await stage.bot(room, "<i>An</i>");
  const hostile = `<script>document.title="owned"</script>`;
  await an.send(hostile);
  await an.send("Chào!\nمرحبا");
  const reader = await stage.open(room, { options: { javaScriptEnabled: false } });
  await reader.page.waitForURL("**/*?read");
  await reader.reads("To take part, open the chat");
  expect(await reader.page.locator(".content").allTextContents()).toEqual([hostile, "Chào!\nمرحبا"]);
  expect(await reader.page.locator(".nickname").first().textContent()).toBe("<i>An</i>");
  expect(await reader.page.locator(":is(script, i)").count()).toBe(0);
});

test("the page without JavaScript exists in both languages, and axe finds nothing wrong with it", async () => {
  const room = stage.newRoom();
  const reader = await stage.open(`${room}?read`, { options: { locale: "vi-VN" } });
  await reader.reads("Chưa có tin nhắn nào.");
  expect(await violations(reader)).toEqual([]);
  const english = await fetch(stage.server.http("/?read"));
  expect(await english.text()).toContain("No messages yet.");
  expect(english.headers.get("Cache-Control")).toBe("no-store");
  expect(english.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect((await fetch(stage.server.http("/rooms/no room?read"))).status).toBe(404);
});

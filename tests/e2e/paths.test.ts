/** The page under a path of a site, as a proxy serves it there. */
import { expect, test } from "bun:test";
import { PathProxy, stripping } from "../support/path-proxy.ts";
import type { Person } from "./person.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

/** Whether all that the page loaded is there. */
function failuresOf(person: Person): string[] {
  const failures: string[] = [];
  person.page.on("response", (response) => {
    if (response.status() >= 400) failures.push(`${response.status()} ${response.url()}`);
  });
  return failures;
}

async function manifestOf({ page }: Person): Promise<Record<string, unknown>> {
  const session = await page.context().newCDPSession(page);
  const { url, data = "{}", errors } = await session.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { start_url, scope, icons } = JSON.parse(data);
  const statuses = await Promise.all(
    icons.map(async ({ src }: { src: string }) => (await fetch(new URL(src, url))).status),
  );
  return { start: new URL(start_url, url).pathname, scope: new URL(scope, url).pathname, statuses };
}

test("under a path that a proxy takes away the chat works without any setting", async () => {
  await using at = await PathProxy.start([stage.server.port, stripping("/chat")]);
  const an = await stage.enter("/chat/", "An", { at });
  const failures = failuresOf(an);
  const binh = await stage.enter("/chat/", "Bình", { at });
  await an.say("Xin chào!");
  await binh.sees("Xin chào!");
  await binh.say("Chào!");
  expect(await an.page.title()).toContain("Main room");
  expect(await manifestOf(an)).toEqual({ start: "/chat/", scope: "/chat/", statuses: [200, 200, 200] });

  const tea = stage.newRoom();
  const chi = await stage.enter(`/chat${tea}`, "Chi", { at });
  await chi.say("trà");
  expect(await chi.page.title()).toBe(`Room ${tea.slice("/rooms/".length)} · Chat`);
  const link = await chi.page
    .locator(".time")
    .first()
    .evaluate((each: HTMLAnchorElement) => each.href);
  expect(link).toStartWith(at.http(`/chat${tea}#`));
  await chi.page.reload();
  await chi.isIn();
  await chi.sees("trà");
  const icon = await chi.page.locator('link[rel="icon"]').evaluate((each: HTMLLinkElement) => each.href);
  expect((await fetch(icon)).headers.get("Content-Type")).toStartWith("image/svg+xml");
  expect(failures).toEqual([]);
  expect(at.strays).toEqual([]);
});

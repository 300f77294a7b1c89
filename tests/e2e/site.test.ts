/** The pages of a chat whose operator has given it the look of a site. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "../support/server.ts";
import { capture, SCREENS, Stage, violations } from "./stage.ts";

const folder = new TemporaryFolder();
const logo = join(folder.path, "logo.svg");
const style = join(folder.path, "site.css");
writeFileSync(
  logo,
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#a2185b"/></svg>',
);
writeFileSync(style, ".site { letter-spacing: 1px; }");
const stage = new Stage([
  ...["--title", "Câu <lạc> bộ", "--accent", "#a2185b", "--logo", logo, "--style", style],
  ...["--links", "Imprint=https://example.org/imprint"],
]);

test("logo, title, links, colour and styles are on the page, on the reading page and on the list of rooms", async () => {
  const room = stage.newRoom();
  const an = await stage.enter(room, "An");
  const bar = an.page.getByRole("navigation", { name: "Site" });
  for (const path of ["", "?read"]) {
    if (path !== "") await an.page.goto(stage.server.http(room + path));
    expect(await bar.locator(".site-title").textContent()).toBe("Câu <lạc> bộ");
    expect(await bar.getByRole("link", { name: "Imprint" }).getAttribute("href")).toBe(
      "https://example.org/imprint",
    );
    expect(
      await bar.locator("img").evaluate((img) => img instanceof HTMLImageElement && img.naturalWidth),
    ).toBeGreaterThan(0);
    const colour = await an.page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue("--accent"),
    );
    expect(colour).toContain("#a2185b");
    expect(await bar.evaluate((element) => getComputedStyle(element).letterSpacing)).toBe("1px");
    expect(await an.page.title()).toEndWith(" · Câu <lạc> bộ");
    expect(await violations(an)).toEqual([]);
  }
  await an.page.goto(stage.server.http("/rooms"));
  expect(await an.page.title()).toBe("Rooms · Câu <lạc> bộ");
  expect(await bar.count()).toBe(1);
  const manifest: unknown = await (await fetch(stage.server.http("/manifest.webmanifest"))).json();
  expect(manifest).toMatchObject({ name: "Câu <lạc> bộ", theme_color: "#a2185b" });
});

test("the bar takes its height from the chat, on any screen and in any theme", async () => {
  for (const [size, theme] of [
    ["phone", "light"],
    ["desktop", "classic"],
    ["desktop", "dark"],
  ] as const) {
    const an = await stage.enter(stage.newRoom(), "An", { options: SCREENS[size] });
    await an.page.evaluate((chosen) => {
      document.documentElement.dataset.theme = chosen;
    }, theme);
    expect(await an.page.evaluate(() => document.documentElement.scrollHeight <= innerHeight)).toBe(true);
    const field = await an.composer.boundingBox();
    const { height } = SCREENS[size].viewport;
    expect((field?.y ?? height) + (field?.height ?? 0)).toBeLessThanOrEqual(height);
    await capture(an, `site-${size}-${theme}`);
    expect(await violations(an)).toEqual([]);
  }
});

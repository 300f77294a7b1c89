/** The pages of a chat whose operator has given it the look of a site. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "../support/server.ts";
import { capture, FEW_LOOKS, keeping, SCREENS, Stage, violations } from "./stage.ts";

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
  ...["--welcome", "Be kind <3\nNo spoilers"],
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

test("before one joins the page greets, and says who is here and what is talked about", async () => {
  const room = stage.newRoom();
  const first = await stage.open(room);
  await first.reads("No one is here right now.");
  const binh = await stage.bot(room, "Bình");
  await stage.bot(room, "Chi");
  for (const content of ["gone", "one", "<b>two</b>", `three ${"x".repeat(300)}`]) await binh.send(content);
  for (const { size, theme, locale } of FEW_LOOKS) {
    const prepare = keeping({ "classic-chatbox.settings.theme": JSON.stringify(theme) });
    const an = await stage.open(room, { options: { ...SCREENS[size], locale }, prepare });
    const glance = an.page.locator(".glance");
    await glance.waitFor();
    expect(await glance.locator("li").allTextContents()).toEqual([
      "Bình one",
      "Bình <b>two</b>",
      `Bình three ${"x".repeat(194)}…`,
    ]);
    expect(await glance.locator("p").first().textContent()).toEndWith(": Bình, Chi");
    expect(await an.page.locator(".card .rules").textContent()).toBe("Be kind <3\nNo spoilers");
    await capture(an, `glance-${size}`);
    expect(await violations(an)).toEqual([]);
    await an.leave();
  }
  await first.page.goto(stage.server.http(`${room}?read`));
  await first.reads("No spoilers");
});

test("the bar takes its height from the chat, on any screen and in any theme", async () => {
  const desktop = await stage.enter(stage.newRoom(), "An", { options: SCREENS.desktop });
  const phone = await stage.enter(stage.newRoom(), "An", { options: SCREENS.phone });
  for (const [an, size, theme] of [
    [phone, "phone", "light"],
    [desktop, "desktop", "classic"],
    [desktop, "desktop", "dark"],
  ] as const) {
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

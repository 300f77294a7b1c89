/** How replies, edits, deletions and reactions look, and what axe has against them. */
import { expect, test } from "bun:test";
import type { Person } from "./person.ts";
import { capture, fits, keeping, SCREENS, Stage, violations, violationsOfLook } from "./stage.ts";

const stage = new Stage();

/** By finger and by mouse the page differs in what can be done, and by the others in looks alone. */
const LOOKS = [
  { size: "narrow", theme: "classic", locale: "vi-VN", others: [{ size: "landscape", theme: "dark" }] },
  { size: "desktop", theme: "light", locale: "en-GB", others: [] },
] as const;

for (const { size, theme, locale, others } of LOOKS) {
  test(`axe finds nothing on what can be done with messages, and all of it fits: ${size}, ${theme}, ${locale}`, async () => {
    const room = stage.newRoom();
    const { quoted, target } = await talk(room);
    const mai = await stage.open(room, {
      options: { ...SCREENS[size], locale },
      prepare: keeping({ "classic-chatbox.settings.theme": JSON.stringify(theme) }),
    });
    await mai.page.locator("form input").fill("Mai");
    await mai.page.locator("form button").click();
    await mai.composer.waitFor();
    await mai.sees("the last word");
    const found: string[] = [];
    const wear = async (look: { readonly size: keyof typeof SCREENS; readonly theme: string }) => {
      await mai.page.setViewportSize(SCREENS[look.size].viewport);
      await mai.page.evaluate((chosen) => {
        document.documentElement.dataset.theme = chosen;
      }, look.theme);
    };
    const look = async (state: string, within?: string) => {
      await capture(mai, `changes-${size}-${theme}-${state}`);
      found.push(...(await violations(mai, within)).map((each) => `${state}: ${each}`));
      for (const other of others) {
        await wear(other);
        await fits(mai);
        found.push(
          ...(await violationsOfLook(mai, within)).map((each) => `${other.theme}, ${state}: ${each}`),
        );
        await wear({ size, theme });
      }
    };
    await mai.say("my own words");
    await look("log");
    await openMenu(mai, target);
    await look("menu");
    await mai.page.keyboard.press("Escape");
    await openMenu(mai, "my own words");
    await look("own-menu");
    await mai.page.locator(".choices-of-actions .reply").click();
    await mai.page.locator(".composer-target").waitFor();
    await look("reply", ".composer");
    await mai.write("and my reply");
    await mai.sees("and my reply");
    await mai.composer.press("ArrowUp");
    await mai.composer.fill("");
    await mai.composer.press("Control+Enter");
    await mai.page.locator("#composer-fault button").waitFor();
    await look("emptied", ".composer");
    await mai.page.locator("#composer-fault button").click();
    await mai.page.locator(".gone button").waitFor();
    await look("undo", ".gone");
    await mai.log.locator("button.quote", { hasText: quoted }).last().click();
    await mai.page.locator(".ways .back").waitFor();
    await look("jumped", ".ways");
    expect(found).toEqual([]);
  });
}

/** Opens the menu of the last message with a text. */
async function openMenu(person: Person, text: string): Promise<void> {
  const row = person.log.locator("article", { hasText: text }).last();
  await row.hover();
  await row.locator(".more").click();
  await person.page.locator(".choices-of-actions").waitFor();
}

async function talk(room: string): Promise<{ readonly quoted: string; readonly target: string }> {
  const an = await stage.bot(room, "An");
  const noor = await stage.bot(room, "نور");
  const long = await stage.bot(room, "A-nickname-that-is-long-enough-to-need-a-second-line-on-a-phone");
  const quoted = "Chiều nay họp lúc ba giờ nhé";
  const first = await an.send(`${quoted}, phòng cũ. Ai bận thì nhắn mình trước, để mình dời lại.`);
  for (let i = 0; i < 30; i++) await long.send(`line ${i}`);
  const arabic = await noor.send("مرحبا بالجميع! أنا هنا", { reply: first });
  await long.send("A reply to that, with more words than fit into a line of any phone that there is", {
    reply: arabic,
  });
  const gone = await an.send("nobody will read this");
  await an.send("a reply to what is gone", { reply: gone });
  await an.delete(gone);
  const edited = await an.send("with a mistke");
  await an.edit(edited, "without a mistake");
  const target = "people like this one";
  const liked = await an.send(target);
  await an.send("a continued message");
  for (const emoji of ["👍", "❤️", "🎉"]) for (const each of [an, noor, long]) await each.react(liked, emoji);
  for (const emoji of ["😂", "😮", "👨‍👩‍👧‍👦", "🇻🇳"]) await an.react(liked, emoji);
  await an.send(quoted, { reply: first });
  await an.send("the last word", { reply: first });
  return { quoted, target };
}

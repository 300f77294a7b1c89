/** What moderators do on the page, and what those see whom it concerns. */
import { beforeAll, expect, test } from "bun:test";
import { runCommand } from "../support/server.ts";
import { BEHIND_PROXY, KEY, storeFlags, Visitor } from "../support/visitors.ts";
import type { Coming, Person } from "./person.ts";
import { capture, SCREENS, Stage, violations } from "./stage.ts";

const stage = new Stage(BEHIND_PROXY);
type Theme = "light" | "dark" | "classic";

beforeAll(async () => {
  using minh = await Visitor.connect(stage.server, { key: KEY.minh });
  const { exitCode, stderr } = await runCommand(["grant", minh.by, "moderator", ...storeFlags(stage.server)]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  // A running server learns of it within a second.
  for (;;) {
    const { role } = await minh.ask({ type: "identify", key: KEY.minh });
    if (role === "moderator") break;
    await Bun.sleep(100);
  }
});

/** Opens the page with a key and a theme. */
async function come(room: string, key: string, theme: Theme, options: Coming["options"] = {}): Promise<Person> {
  const person = await stage.open(room, { options });
  await person.page.evaluate(
    ([kept, chosen]) => {
      localStorage.setItem("classic-chatbox.key", kept);
      localStorage.setItem("classic-chatbox.settings.theme", JSON.stringify(chosen));
    },
    [key, theme] as const,
  );
  await person.page.reload();
  return person;
}

/** Joins in whatever language. */
async function enter(person: Person, name: string): Promise<void> {
  await person.page.locator("form input").first().fill(name);
  await person.page.locator("form button[type=submit]").click();
  await person.composer.waitFor();
}

/** Somebody in a room, at an address of their own. */
function visitor(room: string, name: string, key?: string): Promise<Visitor> {
  const named = { room: room.slice("/rooms/".length), ...(key === undefined ? {} : { key }) };
  return Visitor.named(stage.server, name, named);
}

/** Takes a picture of a state, and notes what axe has against it. */
function watching(person: Person, prefix: string) {
  const found: string[] = [];
  const look = async (state: string) => {
    await capture(person, `moderation-${prefix}-${state}`);
    found.push(...(await violations(person)).map((each) => `${state}: ${each}`));
  };
  return { found, look };
}

test("on a phone a moderator mutes, undoes that, bans, removes all, and ends a raid with three taps", async () => {
  const room = stage.newRoom();
  const minh = await come(room, KEY.minh, "light", SCREENS.phone);
  const { found, look } = watching(minh, "phone-light");
  await look("join");
  await enter(minh, "Minh");
  using an = await visitor(room, "An", KEY.an);
  await an.say("buy my things");
  await minh.sees("buy my things");
  await minh.log.locator(".author .cover").last().click();
  await minh.page.getByRole("button", { name: "Mute…" }).waitFor();
  await look("person-menu");
  await minh.page.getByRole("button", { name: "Mute…" }).click();
  await minh.page.getByText(/Hits 1 person here: .*An/).waitFor();
  await look("mute");
  await minh.page.getByLabel("Reason").fill("shouting");
  await minh.page.getByRole("button", { name: "10 minutes" }).click();
  await minh.reads("An is muted for 10 minutes.");
  await minh.sees("An was muted for 10 minutes by Minh: shouting");
  expect(await an.say("more")).toMatchObject({ reason: "Muted" });
  await look("muted");
  await minh.page.locator(".toast button").click();
  await minh.sees("Minh lets An write again");
  expect(await an.say("sorry")).toMatchObject({ status: true });
});

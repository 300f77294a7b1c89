// Changes people in a file, one change after the other, as a server does. Writes a line for each step that is done.
//
//   write   grants and reserves without end: `grant N` or `reserve N` when it is stored
//   race    waits for a line of the input, then redeems a code, and reserves nicknames as a person
//   tell    says the id of a key, then whether a role can be granted, again for each line of the input
import { openPeopleFile } from "../../src/engine/local/people-file.ts";
import { PEOPLE_LIMITS, PeopleError } from "../../src/engine/people.ts";

const [dataFile = "", what = "", from = "0", code = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const people = openPeopleFile({
  dataFile,
  limits: { ...PEOPLE_LIMITS, nicknamesPerPerson: 100 },
  now: Date.now,
  patienceMs: 600_000,
  notice: (sentence) => say(`notice ${sentence}`),
});

if (what === "write") {
  for (let i = Number(from); ; i++) {
    const person = `P${i}`.padEnd(16, "_");
    await people.grant(person, "member", i % 2 === 0 ? null : "tea");
    say(`grant ${i}`);
    await people.reserve(`nickname ${i}`, person, null);
    say(`reserve ${i}`);
  }
}

if (what === "race") {
  const person = from.padEnd(16, "_");
  say("ready");
  for await (const _line of console) break;
  say(`owner ${await people.redeemOwnerCode(code, person)}`);
  for (let i = 0; i < 20; i++) say(`${i} ${await people.reserve(`nickname ${i}`, person, null)}`);
  await people.close();
  process.exit();
}

const grant = () =>
  people.grant("An______________", "moderator", null).then(
    () => "granted",
    (error) => (error instanceof PeopleError ? error.code : String(error)),
  );
say(`id ${people.idOfKey("k")}`);
say(`grants ${people.grants().length}`);
say(await grant());
for await (const _line of console) say(await grant());
await people.close();

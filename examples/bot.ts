// A bot that rolls dice: `bun examples/bot.ts ws://127.0.0.1:5000/ Croupier`, then say `!roll 2d6` in the room.
// Beside a copy of your own, import from "classic-chatbox/client".
import { Chat, ChatError } from "../src/client/index.ts";

const ROLL = /^!roll (\d{1,2})d(\d{1,4})$/;

const [url = "ws://127.0.0.1:5000/", name = "Croupier"] = process.argv.slice(2);
const chat = new Chat(url, { name });
process.once("SIGTERM", () => chat.close());
process.once("SIGINT", () => chat.close());

for await (const event of chat) {
  switch (event.type) {
    case "entered":
      console.log(`${event.name} is in the room`);
      break;
    case "nickname-lost":
      console.error(`The nickname ${event.name} is not to be had: ${event.error.code}`);
      process.exitCode = 1;
      await chat.close();
      break;
    case "message":
      // The id of the question in the key: whatever breaks, a question gets one answer.
      if (!event.own) answer(event.message.content, `roll-${event.message.id ?? crypto.randomUUID()}`);
  }
}

function answer(content: string, key: string): void {
  const [, count = "0", sides = "0"] = ROLL.exec(content) ?? [];
  if (Number(count) < 1 || Number(sides) < 1) return;
  const dice = Array.from({ length: Number(count) }, () => 1 + Math.floor(Math.random() * Number(sides)));
  const sum = dice.reduce((total, each) => total + each, 0);
  chat.send(`${dice.join(" + ")} = ${sum}`, { key }).catch((error: unknown) => {
    if (error instanceof ChatError) console.error(`An answer was not sent: ${error.code}`);
    else throw error;
  });
}

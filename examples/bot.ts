// A bot that rolls dice: `bun examples/bot.ts ws://127.0.0.1:5000/ Croupier bot.json`, then say `!roll 2d6` in the room.
// It may be killed at any moment: when it is started again with the same file, it answers what it missed, and nothing twice.
// In a program of your own, import from "classic-chatbox-client" and "classic-chatbox-client/node".
import { Chat, ChatError, type Message } from "../src/client/index.ts";
import { fileStorage } from "../src/node/file-storage.ts";

const ROLL = /^!roll (\d{1,2})d(\d{1,4})$/;

const [url = "ws://127.0.0.1:5000/", name = "Croupier", file = "bot.json"] = process.argv.slice(2);
const chat = new Chat(url, { name, storage: fileStorage(file), after: "kept" });

chat.on("entered", (event) => console.log(`${event.name} is in the room`));
chat.on("message", ({ message, own }) => {
  // The answer is in the outbox before this returns, so the file records both that the question is handled and its answer,
  // or neither.
  if (!own) answer(message);
});
chat.on("nickname-lost", ({ error }) => end(`The nickname ${name} is not available: ${error.message}`));
chat.on("state", ({ state }) => {
  if (state.kind === "waiting") console.error(`Not connected: ${state.cause} ${state.code}`);
  if (state.kind === "refused") end(`Disconnected for good: ${state.cause} ${state.code} ${state.reason}`);
});

// Ctrl+C ends the bot for good and gives up its nickname. A service that is restarted gets SIGTERM and keeps the nickname for
// its next run.
process.once("SIGINT", () => chat.close());

function answer({ content, id }: Message): void {
  const [, count = "0", sides = "0"] = ROLL.exec(content) ?? [];
  if (Number(count) < 1 || Number(sides) < 1) return;
  const dice = Array.from({ length: Number(count) }, () => 1 + Math.floor(Math.random() * Number(sides)));
  const sum = dice.reduce((total, each) => total + each, 0);
  // The server stores one message with this key, so an answer that was on its way when the bot was killed is not stored twice.
  const key = `roll-${id ?? crypto.randomUUID()}`;
  chat.send(`${dice.join(" + ")} = ${sum}`, { key }).catch((error: unknown) => {
    if (error instanceof ChatError) console.error(`Cannot send an answer: ${error.message}`);
    else throw error;
  });
}

function end(why: string): void {
  console.error(why);
  process.exitCode = 1;
  void chat.close();
}

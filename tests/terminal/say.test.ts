/** The commands for scripts. */
import { expect, test } from "bun:test";
import { Chat } from "../../src/node/index.ts";
import { chatAddress } from "../../src/terminal/address.ts";
import { freePort } from "../support/port.ts";
import { createToken } from "../support/program.ts";
import { COMMAND, runCommand, startServer } from "../support/server.ts";

test("an address may be that of the page or of the socket, with a room or without, also below a path", () => {
  const socketOf = (text: string) => chatAddress(text)?.socket ?? null;
  expect(socketOf("https://chat.example.org")).toBe("wss://chat.example.org/");
  expect(socketOf("http://localhost:5000/rooms/tea/?read#7")).toBe("ws://localhost:5000/rooms/tea");
  expect(socketOf("wss://example.org/chat/")).toBe("wss://example.org/chat/");
  expect(socketOf("https://example.org/chat/rooms/tea")).toBe("wss://example.org/chat/rooms/tea");
  expect(chatAddress("https://example.org/chat/rooms/tea")?.chat).toBe("wss://example.org/chat");
  for (const text of ["", "localhost:5000", "ftp://example.org/", "https://example.org/rooms/Not a room"])
    expect(socketOf(text)).toBeNull();
});

test("say sends one message, from its argument or from standard input, and says with a code whether it could", async () => {
  await using server = await startServer();
  const chat = new Chat(server.url("tea"), { name: "Bình" });
  await chat.ready();
  expect(await runCommand(["say", server.http("/rooms/tea"), "hello", "--name", "Bot"])).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "",
  });
  const child = Bun.spawn([...COMMAND, "say", server.url("tea"), "-", "--name", "Bot", "--json"], {
    stdin: new TextEncoder().encode("two\nlines\n"),
    stdout: "pipe",
  });
  const line: unknown = JSON.parse(await new Response(child.stdout).text());
  expect(line).toMatchObject({ name: "Bot", content: "two\nlines" });
  const { messages } = await chat.history();
  expect(messages.map(({ content }) => content)).toEqual(["hello", "two\nlines"]);
  const taken = await runCommand(["say", server.url("tea"), "x", "--name", "Bình", "--timeout", "0.5"]);
  expect(taken).toMatchObject({ exitCode: 1, stdout: "" });
  expect(taken.stderr).toStartWith("The message was not sent: ");
  // The reason is the server's, not that the command has given up then.
  await createToken(server, "Deploybot");
  const reserved = await runCommand(["say", server.url("tea"), "x", "--name", "Deploybot"]);
  expect(reserved).toMatchObject({ exitCode: 1, stdout: "" });
  expect(reserved.stderr).toContain("reserved");
  expect((await runCommand(["say", "nowhere", "x"])).exitCode).toBe(2);
  await chat.close();
});

test("say waits for a server that is away, and tail follows over its restart, each message once", async () => {
  const flags = ["--port", String(await freePort()), "--grace", "600", "--restart-grace", "600"];
  await using server = await startServer(flags);
  const { http, url } = { http: server.http("/rooms/tea"), url: server.url("tea") };
  expect((await runCommand(["say", http, "first", "--name", "Bot"])).exitCode).toBe(0);
  const tail = Bun.spawn([...COMMAND, "tail", url, "--json"], { stdout: "pipe", stderr: "ignore" });
  const reader = tail.stdout.getReader();
  const decoder = new TextDecoder();
  let output = "";
  const prints = async (text: string) => {
    while (!output.includes(text)) output += decoder.decode((await reader.read()).value, { stream: true });
  };
  await prints("first");
  await server.kill();
  const waiting = runCommand(["say", http, "over the restart", "--name", "Bot", "--timeout", "600"]);
  await server.restart();
  expect((await waiting).exitCode).toBe(0);
  await prints("over the restart");
  await runCommand(["say", http, "last", "--name", "Bot"]);
  await prints("last");
  tail.kill("SIGTERM");
  expect(await tail.exited).toBe(0);
  const contents = output
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { content: string }).content);
  expect(contents).toEqual(["first", "over the restart", "last"]);
  const once = await runCommand(["tail", url, "--last", "2", "--once"]);
  expect(once).toMatchObject({ exitCode: 0, stdout: "Bot: over the restart\nBot: last\n" });
});

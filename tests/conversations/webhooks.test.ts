/** Webhooks: other programs are told what happens, over real HTTP. */
import { expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook as Verifier } from "standardwebhooks";
import { createCertificate } from "../support/certificate.ts";
import { Program } from "../support/program.ts";
import { type LogLine, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";
import { V3Client } from "../support/v3.ts";
import { createWebhook, type Received, Receiver, tellsOf, webhookCommand } from "../support/webhook.ts";

/** Retries come at once, and receivers on this machine are allowed. */
const EAGER = ["--webhook-private", "--webhook-retry", "0.02", "--webhook-retry-most", "0.1"];

/** What was sent, each event once: a repeat has the same id. */
function once(received: readonly Received[]): readonly Received[] {
  return [...new Map(received.map((each) => [each.id, each])).values()];
}

function contentsOf(received: readonly Received[]): string[] {
  return once(received).flatMap(({ body }) =>
    body.type === "message.created" ? [String(body.data.message.content)] : [],
  );
}

function headersOf({ headers }: Received): Record<string, string> {
  return Object.fromEntries(headers);
}

test("a receiver is told in order what happens, signed as Standard Webhooks say, and without addresses", async () => {
  await using server = await startServer(EAGER);
  using receiver = new Receiver();
  using tea = new Receiver();
  const keeper = await Program.of(server, "Keeper", "--scope", "moderate");
  using early = await V3Client.registered(server.url(), "Early");
  await early.say("before the webhook");
  const flags = ["--events", "messages,changes,presence,reports,raids"];
  const url = receiver.url("/secret-path?key=secret");
  const created = await webhookCommand(server, "create", "Hook", "--url", url, ...flags);
  const [id, secret] = [created.stderr.slice(0, 12), created.stdout.trim()];
  const other = await createWebhook(server, tea.url(), { rooms: ["tea"] });
  // Until the server knows of it, nobody's coming is told.
  await early.say("first");
  await receiver.next(tellsOf("first"));
  using an = await V3Client.registered(server.url(), "An");
  const of = await an.say("hello");
  await an.ask({ type: "edit", of, content: "hello, all" });
  await an.ask({ type: "react", of, emoji: "👍", on: true });
  await an.ask({ type: "delete", of });
  await an.ask({ type: "name", name: "Anna" });
  await an.ask({ type: "send", content: "a reply", reply: 1 });
  await receiver.next(tellsOf("a reply"));
  await an.ask({ type: "report", of: 1, reason: "rude" });
  await receiver.next(({ body }) => body.type === "report.created");
  const inTea = await V3Client.registered(server.url("tea"), "An");
  await inTea.say("tea?");
  inTea[Symbol.dispose]();
  await receiver.next(tellsOf("tea?"));
  await tea.next(tellsOf("tea?"));
  for (const kind of ["raid", "calm"])
    expect((await keeper.call("POST", "/rooms/-/moderation", { kind })).status).toBe(200);
  await receiver.next(({ body }) => body.type === "raid.ended");

  const told = once(receiver.received);
  const inMain = told.filter(({ body }) => body.data.room === "/");
  const { by } = inMain[0]?.body.data.message ?? {};
  expect(inMain.map(({ body }) => body.type)).toEqual([
    "message.created",
    "person.joined",
    "message.created",
    "message.changed",
    "message.changed",
    "message.changed",
    "person.renamed",
    "message.created",
    "report.created",
    "raid.started",
    "raid.ended",
  ]);
  expect(inMain[0]?.body).toEqual({
    type: "message.created",
    timestamp: new Date(inMain[0]?.body.data.time).toISOString(),
    data: {
      room: "/",
      id: 2,
      time: expect.any(Number),
      message: {
        name: "Early",
        content: "first",
        timestamp: expect.any(String),
        id: 2,
        time: expect.any(Number),
        by,
      },
    },
  });
  expect(inMain[1]?.body.data).toEqual({
    room: "/",
    time: expect.any(Number),
    name: "An",
    by: expect.any(String),
  });
  expect(inMain[6]?.body.data).toMatchObject({ oldName: "An", name: "Anna" });
  expect(inMain[7]?.body.data.message).toMatchObject({ reply: 1, content: "a reply" });
  expect(inMain[8]?.body.data).toMatchObject({ of: 1, name: "Early", reason: "rude", byName: "Anna" });
  // Each as it was when it was told: that may be later than it happened.
  const states = inMain
    .filter(({ body }) => body.type === "message.changed")
    .map(({ body }) => body.data.message);
  expect(states.at(-1)).toMatchObject({ id: of, content: "", deleted: true });
  expect(tea.received.map(({ body }) => body.data.room)).toEqual(["tea"]);

  for (const each of receiver.received) {
    new Verifier(secret).verify(each.text, headersOf(each));
    expect(() => new Verifier(secret).verify(`${each.text} `, headersOf(each))).toThrow();
    expect(each.text).not.toMatch(/127\.0\.0\.1|networks|address/);
    expect(each.id).toMatch(/^evt_[\w-]+$/);
  }

  const { stdout } = await webhookCommand(server, "list");
  expect(stdout).toMatch(
    new RegExp(`^${id}  Hook  http://127.0.0.1:${receiver.port}/…  messages,.*  all rooms  on$`, "m"),
  );
  expect(stdout).not.toMatch(/secret|whsec/);
  const renewed = (await webhookCommand(server, "secret", id)).stdout.trim();
  expect(renewed).not.toBe(secret);
  const isRenewed = ({ headers }: Received) => headers.get("webhook-signature")?.includes(" ") === true;
  for (let said = 0; !receiver.received.some(isRenewed); said++) {
    an.chat.send({ type: "send", content: `again ${said}` });
    await receiver.next(tellsOf(`again ${said}`));
  }
  const last = await receiver.next(isRenewed);
  for (const valid of [secret, renewed]) new Verifier(valid).verify(last.text, headersOf(last));
  expect(() => new Verifier(other.secret).verify(last.text, headersOf(last))).toThrow();

  expect((await webhookCommand(server, "test", id, "--webhook-private")).stdout).toBe(
    "The test event was taken: it answered 200.\n",
  );
  expect(receiver.received.at(-1)?.body).toMatchObject({ type: "test" });
  expect((await webhookCommand(server, "test", id)).stderr).toContain("not of the public Internet");
  expect((await webhookCommand(server, "delete", id)).stdout).toBe(`The webhook ${id} is deleted.\n`);
  const metrics = await (await fetch(server.http("/metrics"))).text();
  expect(metrics).toMatch(/^chatbox_webhook_deliveries_total\{result="delivered"\} \d+$/m);
  await server.stop();
  for (const { text } of server.lines) expect(text).not.toMatch(/secret-path|key=secret|whsec_/);
});

test("a receiver that fails, hangs, redirects or hangs up is tried again, and nothing is missed or out of order", async () => {
  await using server = await startServer([...EAGER, "--webhook-timeout", "1"]);
  using elsewhere = new Receiver();
  using receiver = new Receiver();
  const answers: (() => Response | Promise<Response>)[] = [
    () => new Response(null, { status: 500 }),
    () => new Response(null, { status: 429, headers: { "Retry-After": "0" } }),
    () => Response.redirect(elsewhere.url(), 307),
    () => new Promise(() => {}),
    () => new Response("x".repeat(1_000_000), { status: 503 }),
  ];
  receiver.answer = () => answers.shift()?.() ?? new Response(null, { status: 204 });
  await createWebhook(server, receiver.url());
  using an = await V3Client.registered(server.url(), "An");
  for (const content of ["one", "two", "three"]) await an.say(content);
  await receiver.next(tellsOf("three"));
  expect(contentsOf(receiver.received)).toEqual(["one", "two", "three"]);
  expect(elsewhere.received).toEqual([]);
  const [first] = receiver.received;
  const attempts = receiver.received.filter(({ id }) => id === first?.id);
  expect(attempts.length).toBeGreaterThanOrEqual(6);
  const isAbout = (event: string) => (line: { event?: unknown }) => line.event === event;
  await server.waitForLog(isAbout("delivering"));
  expect(server.lines.filter(isAbout("failing"))).toHaveLength(1);
  expect(server.lines.find(isAbout("failing"))?.text).toContain("it answered 500");
});

test("a receiver that is gone, or fails for days, is disabled with a notice, and goes on where it was when it is enabled", async () => {
  await using server = await startServer([...EAGER, "--webhook-fail-days", "0.000003"]);
  using gone = new Receiver();
  using failing = new Receiver();
  gone.answer = () => new Response(null, { status: 410 });
  failing.answer = () => new Response(null, { status: 500 });
  const [first, second] = [
    await createWebhook(server, gone.url()),
    await createWebhook(server, failing.url()),
  ];
  using an = await V3Client.registered(server.url(), "An");
  await an.say("one");
  for (const { id } of [first, second])
    await server.waitForLog((line) => line.event === "disabled" && line.text.includes(id));
  const { stdout } = await webhookCommand(server, "list");
  expect(stdout).toMatch(/disabled since \S+: the receiver wants no more \(410\)$/m);
  expect(stdout).toMatch(/disabled since \S+: deliveries failed for too long: it answered 500$/m);
  expect(gone.received).toHaveLength(1);
  await an.say("two");
  failing.answer = () => new Response();
  expect((await webhookCommand(server, "enable", second.id)).stdout).toMatch(/ {2}on\n$/);
  await failing.next(tellsOf("two"));
  expect(contentsOf(failing.received)).toEqual(["one", "two"]);
  expect(contentsOf(gone.received)).toEqual(["one"]);
});

test("nothing is sent to this machine or to private networks, however they are named, unless that is allowed", async () => {
  await using server = await startServer(["--webhook-retry", "0.02", "--webhook-retry-most", "0.1"]);
  using receiver = new Receiver();
  const hosts = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"];
  const webhooks = await Promise.all(hosts.map((host) => createWebhook(server, receiver.url("/", host))));
  using an = await V3Client.registered(server.url(), "An");
  await an.say("hello");
  for (const { id } of webhooks) {
    const { text } = await server.waitForLog((line) => line.event === "failing" && line.text.includes(id));
    expect(text).toContain("the address is not of the public Internet");
  }
  const { stdout } = await webhookCommand(server, "list");
  expect(stdout.match(/failing since \S+: the address is not/g)?.length).toBe(hosts.length);
  expect(receiver.received).toEqual([]);
});

test("over TLS the certificate must be that of the host's name", async () => {
  using folder = new TemporaryFolder();
  const trusted = join(folder.path, "trusted.pem");
  const localhost = await createCertificate("localhost", { address: null });
  writeFileSync(trusted, localhost.cert);
  await using server = await startServer(EAGER, { env: { NODE_EXTRA_CA_CERTS: trusted } });
  using receiver = new Receiver({ tls: localhost });
  const other = await createWebhook(server, `https://127.0.0.1:${receiver.port}/other`);
  await createWebhook(server, `https://localhost:${receiver.port}/right`);
  using an = await V3Client.registered(server.url(), "An");
  await an.say("hello");
  await receiver.next(tellsOf("hello"));
  const isFailing = (line: LogLine) => line.event === "failing" && line.text.includes(other.id);
  expect((await server.waitForLog(isFailing)).text).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(receiver.received.map(({ path }) => path)).not.toContain("/other");
});

test("a URL that cannot be told anything is refused with one sentence, and so is one webhook too many", async () => {
  await using server = await startServer();
  const create = (url: string, ...flags: string[]) =>
    webhookCommand(server, "create", "Hook", "--url", url, ...flags);
  await createWebhook(server, "https://example.org/");
  const [wrong, tooMany] = await Promise.all([
    create("https://an:pass@example.org/"),
    create("https://example.org/", "--max-webhooks", "1"),
  ]);
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("It must have no user name") });
  expect(tooMany).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "There are 1 webhooks already, as many as this chat allows.\n",
  });
});

test("after a restart, and after a crash in the middle of a delivery, everything is delivered, and a repeat has its id", async () => {
  await using server = await startServer(EAGER);
  using receiver = new Receiver();
  await createWebhook(server, receiver.url());
  const say = async (room: string | undefined, ...contents: string[]) => {
    using an = await V3Client.registered(server.url(room), `An${contents[0]}`);
    for (const content of contents) await an.say(content);
  };
  await say(undefined, "one");
  await receiver.next(tellsOf("one"));
  await server.stop();
  await server.restart();
  await say(undefined, "two");
  await receiver.next(tellsOf("two"));
  // It is stored that the next one was not taken yet.
  receiver.answer = () => new Response(null, { status: 503 });
  await say(undefined, "three");
  while (!(await webhookCommand(server, "list")).stdout.includes("failing since"));
  // The server dies while the receiver has it, and does not know whether it is taken.
  const dead = Promise.withResolvers<void>();
  receiver.answer = async ({ body }) => {
    if (body.data.message.content === "three") await server.kill().then(dead.resolve);
    return new Response();
  };
  await dead.promise;
  receiver.answer = () => new Response(null, { status: 503 });
  await server.restart();
  // Nobody has heard of this room yet, and a crash keeps the server from noting that there is something in it.
  await say("tea", "four");
  await server.kill();
  receiver.answer = () => new Response();
  const before = receiver.received.length;
  await server.restart();
  for (const content of ["three", "four"]) await receiver.next(tellsOf(content), before);
  const ids = new Set(receiver.received.filter(tellsOf("three")).map(({ id }) => id));
  expect(ids.size).toBe(1);
  await say(undefined, "five");
  await receiver.next(tellsOf("five"));
  const inMain = receiver.received.filter(({ body }) => body.data.room === "/");
  expect(contentsOf(inMain)).toEqual(["one", "two", "three", "five"]);
});

test("under load every room is told in its order, and a receiver that hangs holds up no other", async () => {
  await using server = await startServer([...EAGER, "--no-limits"]);
  using receiver = new Receiver();
  using hanging = new Receiver();
  hanging.answer = () => new Promise(() => {});
  await createWebhook(server, hanging.url());
  await createWebhook(server, receiver.url());
  const [rooms, count] = [["a", "b", "c", "d", "e", "f"], 60];
  await Promise.all(
    rooms.map(async (room) => {
      using an = await V3Client.registered(server.url(room), "An");
      for (let at = 1; at <= count; at++) await an.say(`${room} ${at}`);
    }),
  );
  // Whoever looks on does so while the server writes.
  expect((await webhookCommand(server, "list")).stdout).toContain("on");
  for (const room of rooms) await receiver.next(tellsOf(`${room} ${count}`));
  for (const room of rooms) {
    const told = receiver.received.filter(({ body }) => body.data.room === room);
    expect(contentsOf(told)).toEqual(Array.from({ length: count }, (_, at) => `${room} ${at + 1}`));
  }
});

test("what has expired before it was delivered is told as a gap", async () => {
  await using server = await startServer(EAGER);
  using receiver = new Receiver();
  receiver.answer = () => new Response(null, { status: 503 });
  await createWebhook(server, receiver.url());
  using an = await V3Client.registered(server.url(), "An");
  for (const content of ["one", "two", "three", "four", "five"]) await an.say(content);
  await receiver.next(tellsOf("one"));
  await server.stop();
  await server.store.dropOldest(3);
  receiver.answer = () => new Response();
  await server.restart();
  await receiver.next(tellsOf("five"));
  const gap = receiver.received.find(({ body }) => body.type === "history.gap");
  expect(gap?.body.data).toEqual({ room: "/", from: 1, to: 3 });
});

fileTest(
  "a history that was replaced by a backup is told as another one, and what is new in it is delivered",
  async () => {
    await using server = await startServer(EAGER);
    using receiver = new Receiver();
    await createWebhook(server, receiver.url());
    const say = async (content: string) => {
      using an = await V3Client.registered(server.url(), `An ${content}`);
      await an.say(content);
      await receiver.next(tellsOf(content));
    };
    await say("kept");
    await server.stop();
    copyFileSync(server.dataFile, `${server.dataFile}.backup`);
    await server.restart();
    await say("lost");
    await server.stop();
    copyFileSync(`${server.dataFile}.backup`, server.dataFile);
    receiver.answer = () => new Response(null, { status: 503 });
    await server.restart();
    using an = await V3Client.registered(server.url(), "An");
    await an.say("new");
    receiver.answer = () => new Response();
    await receiver.next(tellsOf("new"));
    expect(once(receiver.received).map(({ body }) => body.data.message?.content ?? body.type)).toEqual([
      "kept",
      "lost",
      "history.reset",
      "new",
    ]);
  },
);

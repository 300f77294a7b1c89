/** What operators and owners see of a server: metrics, health and notices. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { BY_COMMAND } from "../../src/engine/webhook.ts";
import { BackupWatch } from "../../src/server/watching/backup-watch.ts";
import { Notices, noticeKeys, sentenceOf } from "../../src/server/watching/notices.ts";
import { OperatorWatch } from "../../src/server/watching/operator-watch.ts";
import { metricsIn, problemsOf } from "../support/metrics.ts";
import { freePort } from "../support/port.ts";
import { type ChatServer, runCommand, startServer } from "../support/server.ts";
import { BEHIND_PROXY, KEY, storeFlags, Visitor } from "../support/visitors.ts";
import { Receiver, webhookCommand } from "../support/webhook.ts";

const project = join(import.meta.dir, "..", "..");
const DAY_MS = 24 * 60 * 60 * 1000;
let server: ChatServer;
let metricsPort: number;
let owner: Visitor;

beforeAll(async () => {
  metricsPort = await freePort();
  // No disk has as much free as these notices want.
  const flags = ["--metrics-port", String(metricsPort), "--low-disk", "1000000GiB", "--max-rooms", "2"];
  const eager = ["--webhook-private", "--webhook-retry", "0.02", "--webhook-retry-most", "0.1"];
  server = await startServer([...BEHIND_PROXY, ...flags, ...eager, "--backup-every", "24"]);
  owner = await Visitor.named(server, "Minh", { key: KEY.minh });
  const { exitCode } = await runCommand(["grant", owner.by, "owner", ...storeFlags(server)]);
  expect(exitCode).toBe(0);
  while ((await owner.ask({ type: "identify", key: KEY.minh })).role !== "owner") await Bun.sleep(50);
});

afterAll(async () => {
  owner[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const at = (path: string) => fetch(`http://127.0.0.1:${metricsPort}${path}`);

/** Makes something of every kind that is counted. */
async function makeTraffic(): Promise<void> {
  using an = await Visitor.named(server, "An", { key: KEY.an });
  await an.say("hello");
  await an.say("once more");
  await an.ask({ type: "report", name: "Minh" });
  await an.ask({ type: "nonsense" });
  await owner.ask({ type: "moderate", kind: "mute", name: "An", minutes: 10 });
  await an.say("muted");
  await owner.ask({ type: "moderate", kind: "raid" });
  await fetch(server.http("/api/v1/nothing"));
}

test("metrics are at a port of their own, and nothing else is", async () => {
  expect((await at("/metrics")).headers.get("content-type")).toStartWith("text/plain");
  expect(await (await at("/healthz")).json()).toEqual({ status: "ok" });
  expect([(await at("/")).status, (await at("/rooms/tea")).status]).toEqual([404, 404]);
  const upgrade = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
  const handshake = await fetch(`http://127.0.0.1:${metricsPort}/`, {
    headers: { ...upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" },
  });
  expect(handshake.status).toBe(404);
  expect((await fetch(server.http("/metrics"))).status).toBe(404);
  expect((await fetch(server.http("/healthz"))).status).toBe(200);
  // A page of another site could make its own name lead here.
  const rebound = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
    headers: { Host: "evil.example" },
  });
  expect(rebound.status).toBe(403);
});

test("a port for metrics that is taken, or that of the chat, is refused in one sentence that names its flag", async () => {
  const taken = await runCommand(["--port", "0", "--metrics-port", String(server.port)]);
  expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("with --metrics-port.") });
  const same = await runCommand(["--port", "5001", "--metrics-port", "5001"]);
  expect(same).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("The chat has this port") });
});

test("promtool has nothing to say about the metrics, and they have what there is to watch", async () => {
  await makeTraffic();
  const text = await (await at("/metrics")).text();
  const metrics = metricsIn(text);
  expect([...metrics.values()].flatMap(problemsOf)).toEqual([]);
  const valueAt = (name: string, labels = "") =>
    metrics.get(name)?.samples.find((each) => each.name === name && each.labels === labels)?.value;
  const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  expect(metrics.get("chatbox_build_info")?.samples).toEqual([
    { name: "chatbox_build_info", labels: `version="${version}",bun="${Bun.version}"`, value: 1 },
  ]);
  expect(valueAt("chatbox_healthy")).toBe(1);
  for (const name of ["process_open_fds", "process_max_fds", "chatbox_disk_free_bytes", "chatbox_data_bytes"])
    expect([name, (valueAt(name) ?? 0) > 0]).toEqual([name, true]);
  expect([valueAt("chatbox_reports"), valueAt("chatbox_raids"), valueAt("chatbox_sanctions")]).toEqual([
    1, 1, 1,
  ]);
  expect(valueAt("chatbox_moderation_actions_total", 'kind="mute"')).toBe(1);
  expect(valueAt("chatbox_notices", 'kind="disk"')).toBe(1);
  const sends = metrics.get("chatbox_send_seconds")?.samples.find(({ name }) => name.endsWith("_count"));
  // Also the one that was refused.
  expect(sends?.value).toBe(3);
});

test("the rules of promtool find each kind of mistake", () => {
  const problemsIn = (text: string) => [...metricsIn(text).values()].flatMap(problemsOf).length;
  const head = (name: string, type: string) => `# HELP ${name} Something.\n# TYPE ${name} ${type}\n`;
  for (const [mistakes, text] of [
    [0, `${head("a_bytes", "gauge")}a_bytes 1\n`],
    [1, "# TYPE a gauge\na 1\n"],
    [1, `${head("a_total", "gauge")}a_total 1\n`],
    [1, `${head("a", "counter")}a 1\n`],
    [1, `${head("a_milliseconds", "gauge")}a_milliseconds 1\n`],
    [1, `${head("a_ms", "gauge")}a_ms 1\n`],
    [1, `${head("a_count", "gauge")}a_count 1\n`],
    [1, `${head("a_gauge", "gauge")}a_gauge 1\n`],
    [1, `${head("aB", "gauge")}aB 1\n`],
    [1, `${head("a", "gauge")}a{le="1"} 1\n`],
    [1, `${head("a", "gauge")}a{room="/tea"} 1\n`],
    [1, `${head("a", "gauge")}a 1\na 1\n`],
    [1, "a 1\n"],
  ] as const)
    expect([text, problemsIn(text)]).toEqual([text, mistakes]);
});

test("HEALTH-1 HEALTH-2 owners see how the server is and what needs them, and nobody else does", async () => {
  await owner.ask({ type: "moderate", kind: "calm" });
  const reply = await owner.ask({ type: "health" });
  expect(reply).toMatchObject({ type: "health", status: true, healthy: true, messages: 2, reports: 1 });
  expect(reply.notices).toMatchObject([{ kind: "disk", severity: "warning" }]);
  expect(Object.keys(reply)).toEqual(expect.arrayContaining(["version", "disk", "data", "people", "rooms"]));
  await server.waitForLog(({ text }) => text.includes("Backed up"));
  const { backup } = await owner.ask({ type: "health" });
  expect(backup).toMatchObject({ every: DAY_MS, newest: expect.any(Number) });
  using binh = await Visitor.named(server, "Binh", { key: KEY.binh });
  expect(await binh.ask({ type: "health" })).toMatchObject({ status: false, reason: "NotAllowed" });
  const granted = await runCommand(["grant", binh.by, "moderator", ...storeFlags(server)]);
  expect(granted).toMatchObject({ exitCode: 0 });
  while ((await binh.ask({ type: "identify", key: KEY.binh })).role !== "moderator") await Bun.sleep(50);
  expect(await binh.ask({ type: "health" })).toMatchObject({ status: false, reason: "NotAllowed" });
});

test("a limit on the whole server that has turned somebody away is a notice, which the log has once", async () => {
  using _tea = await Visitor.named(server, "An", { room: "tea", key: KEY.an });
  for (const room of ["a", "b", "c"]) expect((await fetch(server.http(`/rooms/${room}`))).status).toBe(200);
  for (const room of ["a", "b", "c"]) await Visitor.connect(server, { room }).catch(() => {});
  await server.waitForLog(({ text }) => text.includes("The limit --max-rooms of 2 was reached"));
  const { notices } = await owner.ask({ type: "health" });
  expect(notices).toMatchObject([
    { kind: "disk" },
    { kind: "limit", about: "max-rooms", values: { most: 2 } },
  ]);
  expect(server.lines.filter(({ text }) => text.includes("max-rooms of 2"))).toHaveLength(1);
});

test("webhooks are told of notices, in order, also of those that stand at the start, and again until they are taken", async () => {
  using receiver = new Receiver();
  const { exitCode, stderr } = await webhookCommand(
    server,
    ...["create", "Pager", "--url", receiver.url(), "--events", "notices"],
  );
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  let isDown = true;
  receiver.answer = () => new Response(null, { status: isDown ? 500 : 204 });
  await server.restart();
  const first = await receiver.next(({ body }) => body.data.kind === "disk");
  expect(first.body).toMatchObject({
    type: "notice.raised",
    data: { text: expect.stringContaining("nearly full") },
  });
  isDown = false;
  const again = await receiver.next(({ id }) => id === first.id, receiver.received.length);
  expect(again.body).toEqual(first.body);
  using _chi = await Visitor.named(server, "Chi", { room: "tea" });
  using _dung = await Visitor.named(server, "Dung");
  await Visitor.connect(server, { room: "full" }).catch(() => {});
  const next = await receiver.next(({ body }) => body.data.kind === "limit");
  expect(next.body).toMatchObject({
    type: "notice.raised",
    data: { about: "max-rooms", severity: "warning" },
  });
});

test("notices stand until they are over or lapse, once each, with reminders", () => {
  let now = 1_000_000_000_000;
  const told: string[] = [];
  const notices = new Notices(() => now);
  notices.subscribe((state, { kind, about }) => told.push(`${state} ${kind} ${about}`.trim()));
  notices.set("disk", { freeBytes: 1 });
  now += 1000;
  notices.set("disk", { freeBytes: 2 });
  notices.raise("limit", { most: 5 }, { about: "max-rooms", lapsesAfterMs: 5_000 });
  notices.raise("limit", { most: 5 }, { about: "max-connections", lapsesAfterMs: 10_000 });
  expect(notices.list().map(noticeKeys)).toMatchObject([
    { kind: "disk", values: { freeBytes: 2 }, since: now - 1000 },
    { kind: "limit", about: "max-rooms" },
    { kind: "limit", about: "max-connections" },
  ]);
  now += 6_000;
  notices.tend();
  now += DAY_MS;
  notices.tend();
  notices.set("disk", null);
  notices.set("disk", null);
  expect(told).toEqual([
    "raised disk",
    "raised limit max-rooms",
    "raised limit max-connections",
    "cleared limit max-rooms",
    "standing disk",
    "cleared limit max-connections",
    "cleared disk",
  ]);
});

test("the watch notices a full disk, a store that fails, a clock that jumps, an old Node.js, full lists and webhooks that ended", async () => {
  let [now, uptime] = [Date.parse("2026-01-01"), 0];
  const disk = { free: 100, size: 1000 };
  const webhooks: object[] = [];
  const engine = {
    healthy: true,
    moderation: { totals: () => ({ most: { reports: 0, held: 3 } }) },
    webhooks: { list: () => webhooks },
  };
  const notices = new Notices(() => now);
  const watch = new OperatorWatch({
    notices,
    backups: null,
    engine: engine as unknown as Engine,
    storage: { disk: async () => disk },
    lowDiskBytes: 50,
    moderation: { reports: 3, held: 4 },
    nodeVersion: "v20.11.1",
    now: () => now,
    uptime: () => uptime,
  });
  const found = async () => {
    now += 10_000;
    uptime += 10_000;
    await watch.look();
    return notices
      .list()
      .map(({ kind, about }) => (about === "" ? kind : about))
      .toSorted();
  };
  expect(await found()).toEqual([]);
  disk.free = 49;
  engine.healthy = false;
  expect(await found()).toEqual(["disk", "store"]);
  disk.free = 51;
  engine.healthy = true;
  engine.moderation.totals = () => ({ most: { reports: 0, held: 4 } });
  expect(await found()).toEqual(["max-held"]);
  engine.moderation.totals = () => ({ most: { reports: 0, held: 0 } });
  webhooks.push(
    { id: "w1", label: "Tickets", disabled: { at: now, reason: "the receiver wants no more (410)" } },
    { id: "w2", label: "Unwanted", disabled: { at: now, reason: BY_COMMAND } },
  );
  expect(await found()).toEqual(["max-held", "w1"]);
  webhooks.shift();
  now += 2 * DAY_MS;
  expect(await found()).toEqual(["clock"]);
  now += 120 * DAY_MS;
  uptime += 120 * DAY_MS;
  expect(await found()).toEqual(["node"]);
  now -= DAY_MS;
  expect(await found()).toEqual(["clock", "node"]);
});

test("a backup that is late without a failure is a notice until there is one; one that fails is told as such", () => {
  const hour = 60 * 60 * 1000;
  let [now, uptime] = [Date.parse("2026-01-10"), 0];
  const notices = new Notices(() => now);
  const backups = { everyMs: hour, folder: "/backups" };
  const watch = new BackupWatch({ notices, backups, now: () => now, uptime: () => uptime });
  const after = (ms: number) => {
    now += ms;
    uptime += ms;
    watch.look();
    return notices.list().map(({ kind }) => kind);
  };
  const text = () => notices.list().map(sentenceOf).join();
  // A start has time to make the one that is due.
  watch.found(null);
  expect(after(1000)).toEqual([]);
  expect(after(10 * 60 * 1000)).toEqual(["late-backup"]);
  expect(text()).toContain("There is no backup in /backups yet, although one is due every hour.");
  watch.found(now);
  watch.made();
  expect(after(1000)).toEqual([]);
  expect(after(1.9 * hour)).toEqual([]);
  const newestAt = now - 1.9 * hour - 1000;
  expect(after(hour)).toEqual([]);
  expect(after(hour)).toEqual(["late-backup"]);
  expect(text()).toContain(`is from ${new Date(newestAt).toISOString()}`);
  watch.failed("The disk is full.");
  expect(after(1000)).toEqual(["backup"]);
  watch.found(now);
  watch.made();
  expect(after(1000)).toEqual([]);
  // The machine has slept, or its clock was set back: by that alone nothing is late yet.
  for (const byMs of [10 * hour, -30 * hour]) {
    now += byMs;
    expect(after(60_000)).toEqual([]);
    watch.found(now);
    expect(after(hour)).toEqual([]);
  }
});

test("every metric that the dashboard and the alerts name exists", async () => {
  const names = [...metricsIn(await (await at("/metrics")).text()).keys(), "chatbox_certificate_end_seconds"];
  const { groups } = Bun.YAML.parse(readFileSync(join(project, "deploy/alerts.yml"), "utf8")) as {
    groups: { rules: { alert: string; expr: string; labels: object; annotations: { summary: string } }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const dashboard = JSON.parse(readFileSync(join(project, "deploy/grafana-dashboard.json"), "utf8")) as {
    panels: { id: number; title: string; gridPos: object; targets: { expr: string }[] }[];
  };
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  expect(overlaps(dashboard.panels.map(({ gridPos }) => gridPos as Place))).toEqual([]);
  const panels = dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );
  expect(rules.every(({ annotations }) => annotations.summary.length > 10)).toBe(true);
  for (const { expr } of [...rules, ...panels]) {
    const named = expr.match(/\b(?:chatbox|process)_\w+/g) ?? [];
    const families = named.map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    for (const [each, name] of families.map((family, i) => [family, named[i] ?? ""] as const))
      expect([expr, names.includes(name) || names.includes(each)]).toEqual([expr, true]);
  }
  expect([rules.length > 10, panels.length > 15]).toEqual([true, true]);
});

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** The pairs of panels that lie on each other, and those that do not fit into the 24 columns that Grafana has. */
function overlaps(places: readonly Place[]): unknown[] {
  const meet = (a: Place, b: Place) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  return places.flatMap((a, i) => [
    ...places.slice(i + 1).flatMap((b) => (meet(a, b) ? [[a, b]] : [])),
    ...(a.x + a.w > 24 ? [a] : []),
  ]);
}

/** What the doctor finds, and what it says to do about it. */
import { afterAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { clockFinding } from "../../src/cli/doctor/clock.ts";
import { roomFinding } from "../../src/cli/doctor/disk.ts";
import type { Level } from "../../src/cli/doctor/finding.ts";
import { frontOf, strangeOriginFinding, upgradeFinding } from "../../src/cli/doctor/front.ts";
import { hopFinding, SENT_ADDRESS, type Seen } from "../../src/cli/doctor/hop.ts";
import { chatAddress } from "../../src/terminal/address.ts";
import { CertificateFolder, createCertificate } from "../support/certificate.ts";
import { runCommand, startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

const OWN = "198.51.100.9";
const PROXY = "10.0.0.2";

const hops: readonly (readonly [level: Level, part: string, seen: Seen])[] = [
  [
    "ok",
    "no proxy in between",
    { address: OWN, peer: OWN, peerIsTrusted: false, forwardedFor: SENT_ADDRESS },
  ],
  ["ok", "no proxy in between", { address: "::1", peer: "::1", peerIsTrusted: false, forwardedFor: null }],
  ["ok", `trusts the proxy ${PROXY}`, { address: OWN, peer: PROXY, peerIsTrusted: true, forwardedFor: OWN }],
  [
    "ok",
    `takes the client for ${OWN}`,
    { address: OWN, peer: PROXY, peerIsTrusted: true, forwardedFor: `${SENT_ADDRESS}, ${OWN}` },
  ],
  [
    "fault",
    `--trust-proxy ${PROXY}`,
    { address: PROXY, peer: PROXY, peerIsTrusted: false, forwardedFor: `${SENT_ADDRESS}, ${OWN}` },
  ],
  ["fault", "--trust-proxy", { address: PROXY, peer: PROXY, peerIsTrusted: false, forwardedFor: OWN }],
  ["fault", "names no client", { address: PROXY, peer: PROXY, peerIsTrusted: true, forwardedFor: null }],
  [
    "fault",
    "append",
    { address: SENT_ADDRESS, peer: PROXY, peerIsTrusted: true, forwardedFor: SENT_ADDRESS },
  ],
  [
    "fault",
    "Narrow --trust-proxy",
    { address: SENT_ADDRESS, peer: PROXY, peerIsTrusted: true, forwardedFor: `${SENT_ADDRESS}, ${OWN}` },
  ],
  ["warning", "hides its clients", { address: PROXY, peer: PROXY, peerIsTrusted: false, forwardedFor: null }],
];

test.each(hops)("about the address, the finding is %s: %s", (level, part, seen) => {
  const finding = hopFinding(seen, seen.peer === "::1" ? "127.0.0.1" : OWN);
  expect(finding.level).toBe(level);
  expect(`${finding.found} ${finding.todo}`).toContain(part);
});

const front = frontOf(chatAddress("https://chat.example.org/rooms/tea") ?? { chat: "", socket: "" });
const answered = (status: number | null) => ({ status, ms: 1, ownAddress: OWN, reason: "ECONNREFUSED" });

test.each([
  [101, "ok", "the upgrade takes"],
  [null, "fault", "ECONNREFUSED"],
  [200, "fault", "proxy_http_version 1.1"],
  [403, "fault", "--allow-origin https://chat.example.org."],
  [404, "fault", "--base-path"],
  [502, "fault", "does not reach the server"],
] as const)("an upgrade that is answered with %s is %s: %s", (status, level, part) => {
  const finding = upgradeFinding(answered(status), front);
  expect(finding.level).toBe(level);
  expect(`${finding.found} ${finding.todo}`).toContain(part);
});

test("open origins, full disks and wrong clocks are found", () => {
  expect([101, 403, 502].map((status) => strangeOriginFinding(answered(status)).level)).toEqual([
    "warning",
    "ok",
    "unknown",
  ]);
  const GIB = 1024 ** 3;
  expect([5 * GIB, GIB / 2, GIB / 20].map((bytes) => roomFinding(bytes).level)).toEqual([
    "ok",
    "warning",
    "fault",
  ]);
  const clock = (theirs: number) => clockFinding("the server", theirs, 100_000, 100_500).level;
  expect([100_200, 103_000, 98_000, 200_000].map(clock)).toEqual(["ok", "warning", "warning", "fault"]);
});

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

fileTest(
  "the doctor asks a real server over TLS, leaves nothing behind, and ends with 1 after a fault",
  async () => {
    const files = new CertificateFolder(folder.path, await createCertificate("chat.example.org"));
    await using server = await startServer([...files.flags, "--no-limits"]);
    const where = ["--data", server.dataFile];
    const url = server.http("/").replace("http:", "https:");
    const end = await runCommand(["doctor", url, "--idle", "0.1", ...where]);
    const lines = end.stdout.split("\n");
    for (const [level, part] of [
      ["fault", "certificate: browsers do not accept it"],
      ["ok", "WebSocket: the upgrade takes"],
      ["ok", "origins: pages of other sites may not connect"],
      ["ok", "address: there is no proxy in between"],
      ["ok", "server: it is well"],
      ["warning", "server: it has no limits"],
      ["ok", "clock: that of the server differs by 0.0 ms"],
      ["(ok|warning)", "disk sync: a sync takes"],
      ["ok", "first frame: "],
      ["ok", "idle: a connection on which nothing is said lives for"],
    ])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${level} +${part}`)));
    expect(end.exitCode).toBe(1);
    const tokens = await runCommand(["token", "list", ...where]);
    expect(tokens.stdout).toBe("There are no tokens.\n");
    expect(server.lines.map(({ text }) => text).join("\n")).not.toMatch(/cbt_|--trust-proxy/);

    const stranger = await fetch(`${url}api/v1/diagnosis`, { tls: { rejectUnauthorized: false } });
    expect(stranger.status).toBe(401);
    const elsewhere = await runCommand([
      "doctor",
      "http://127.0.0.1:1/",
      "--data",
      `${folder.path}/none/data.json`,
    ]);
    expect(elsewhere).toMatchObject({ exitCode: 1 });
    expect(existsSync(`${folder.path}/none`)).toBe(false);
    const unread = await runCommand(["doctor", url, "--idle", "1"], {
      wrap: (command) => ["sh", "-c", '"$0" "$@" | true', ...command],
    });
    expect(unread.stderr).toBe("");
  },
);

/** A proxy that names a client, and cuts a connection with a subprotocol once the server has said something. */
async function cuttingProxy(port: number): Promise<{ port: number } & Disposable> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on("error", () => {});
  };
  const proxy = createServer((client) => {
    const server = keep(connect(port, "127.0.0.1"));
    keep(client).once("data", (head) => {
      server.write(
        head.toString("latin1").replace("\r\n", "\r\nX-Forwarded-For: 198.51.100.9\r\n"),
        "latin1",
      );
      client.pipe(server);
      if (/^Sec-WebSocket-Protocol/im.test(head.toString("latin1")))
        server.on("data", (bytes) => {
          client.write(bytes);
          if (bytes.includes("welcome")) client.end();
        });
      else server.pipe(client);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.dispose]() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

fileTest(
  "through a proxy, the doctor finds that it is not trusted, and that it cuts idle connections",
  async () => {
    await using server = await startServer();
    using proxy = await cuttingProxy(server.port);
    const url = `http://127.0.0.1:${proxy.port}/`;
    // The cut ends the wait.
    const end = await runCommand(["doctor", url, "--idle", "600", "--data", server.dataFile]);
    expect(end.stdout).toMatch(/^fault +address: a proxy names its clients, but 127\.0\.0\.1/m);
    expect(end.stdout).toContain(
      "-> If 127.0.0.1 is your proxy, start the server with --trust-proxy 127.0.0.1.",
    );
    expect(end.stdout).toMatch(/^fault +idle: a connection on which nothing is said is closed after/m);
    expect(end.exitCode).toBe(1);
  },
);

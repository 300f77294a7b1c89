/** The server speaks https and wss by itself. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { CertificateFolder, createCertificate, type TestCertificate } from "../support/certificate.ts";
import { ChatClient, upgradeStatus } from "../support/client.ts";
import {
  type ChatServer,
  type LogLine,
  runCommand,
  startServer,
  TemporaryFolder,
} from "../support/server.ts";

const folder = new TemporaryFolder();
let first: TestCertificate;
let files: CertificateFolder;
let server: ChatServer;

beforeAll(async () => {
  first = await createCertificate("chat.example.org");
  files = new CertificateFolder(folder.path, first);
  server = await startServer([...files.flags, "--allow-origin", "https://chat.example.org"]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const wss = () => server.url().replace("ws:", "wss:");
const isAbout = (part: string) => (line: LogLine) => line.text.includes(part);

/** Shakes hands as somebody who trusts one certificate. Rejects if the server has another. */
function handshake(
  trusted: TestCertificate,
  versions: { maxVersion?: SecureVersion } = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: server.port, ca: trusted.cert, ...versions };
    const socket = connect(options, () => resolve(socket));
    socket.once("error", reject);
  });
}

async function presented(trusted: TestCertificate): Promise<string> {
  const socket = await handshake(trusted);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

const fingerprint = ({ cert }: TestCertificate) => new X509Certificate(cert).fingerprint256;

test("pages, the API and WebSockets come by TLS, the log names https, and origins are checked", async () => {
  const tls = { ca: first.cert };
  const page = await fetch(`https://localhost:${server.port}/`, {
    headers: { Host: "chat.example.org" },
    tls,
  });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<!doctype html>")]);
  const api = await fetch(`https://localhost:${server.port}/api/v1/openapi.json`, { tls });
  expect(api.status).toBe(200);
  using client = await ChatClient.registered(wss(), "An", { ca: first.cert });
  await client.say("hello");
  const statusOf = (Origin: string) => upgradeStatus(wss(), { headers: { Origin }, ca: first.cert });
  expect(await statusOf("https://chat.example.org")).toBe(101);
  expect(await statusOf("https://evil.example.org")).toBe(403);
  const { text } = await server.waitForLog(({ event }) => event === "listening");
  expect(text).toContain(`https://chat.example.org:${server.port}/`);
  expect(text).toContain(`wss://chat.example.org:${server.port}/`);
  const metrics = await (await fetch(`https://localhost:${server.port}/metrics`, { tls })).text();
  const end = new X509Certificate(first.cert).validToDate.getTime() / 1000;
  expect(metrics).toContain(`chatbox_certificate_end_seconds ${end}\n`);
});

test("a renewed certificate is presented to new connections, and those that are open stay", async () => {
  using client = await ChatClient.registered(wss(), "Binh", { ca: first.cert });
  const from = server.lines.length;
  const second = await createCertificate("chat.example.org", { days: 7, age: 83 });
  files.renew(second);
  await server.waitForLog(isAbout("a new certificate is in use, for chat.example.org, localhost"), from);
  await server.waitForLog(isAbout("The certificate ends on"), from);
  expect(await presented(second)).toBe(fingerprint(second));
  await client.say("still here");
  // An issuer of such short ones renews them in time.
  const third = await createCertificate("chat.example.org", { days: 6 });
  files.renew(third);
  await server.waitForLog(isAbout("this is over: The certificate ends on"), from);

  writeFileSync(files.cert, first.cert);
  await server.waitForLog(isAbout("does not belong to the certificate"), from);
  expect(await presented(third)).toBe(fingerprint(third));
  writeFileSync(files.key, "rubbish");
  await server.waitForLog(isAbout("is not a private key in PEM"), from);
  expect(await presented(third)).toBe(fingerprint(third));
  await client.say("and still");

  files.renew(first);
  while ((await presented(first).catch(() => "")) !== fingerprint(first)) await Bun.sleep(50);
  await client.say("and still here");
  expect(server.lines.map(({ text }) => text).join()).not.toContain("PRIVATE KEY");
});

test("TLS before 1.2 is refused, and plain HTTP is closed and explained in the log", async () => {
  await expect(handshake(first, { maxVersion: "TLSv1.1" })).rejects.toThrow();
  (await handshake(first, { maxVersion: "TLSv1.2" })).destroy();
  const plain = connectTcp(server.port, "127.0.0.1");
  plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await closed(plain);
  await server.waitForLog(isAbout("spoke plain HTTP"));
});

test("an address that shakes hands again and again, or not to the end, is closed before it costs anything", async () => {
  await using limited = await startServer([
    ...files.flags,
    ...["--tls-handshakes-burst", "3", "--tls-handshakes-per-second", "0.001", "--handshake-timeout", "1"],
  ]);
  const silent = connectTcp(limited.port, "127.0.0.1");
  await closed(silent);
  using client = await ChatClient.registered(limited.url().replace("ws:", "wss:"), "An", { ca: first.cert });
  const third = connect({ host: "127.0.0.1", port: limited.port, ca: first.cert });
  await new Promise((resolve) => third.once("secureConnect", resolve));
  third.destroy();
  await closed(connectTcp(limited.port, "127.0.0.1"));
  await limited.waitForLog(isAbout("too many TLS handshakes"));
  await client.say("I stay");
});

function closed(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  socket.resume();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("a certificate that cannot be used is answered with one sentence", async () => {
  const other = await createCertificate("other.example.org");
  const otherFiles = new CertificateFolder(new TemporaryFolder().path, other);
  const cases: [flags: string[], part: string][] = [
    [["--tls-cert", files.cert], "--tls-cert: it needs --tls-key"],
    [["--tls-key", files.key], "--tls-key: it needs --tls-cert"],
    [["--tls-cert", files.cert, "--tls-key", otherFiles.key], "does not belong to the certificate"],
    [["--tls-cert", files.key, "--tls-key", files.key], "is not a certificate in PEM"],
    [["--tls-cert", `${files.cert}.none`, "--tls-key", files.key], "no such file"],
  ];
  for (const [flags, part] of cases) {
    const end = await runCommand(["config", "check", ...flags]);
    expect(end.stderr).toContain(part);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
    expect(end).toMatchObject({ exitCode: 2, stdout: "" });
  }
});

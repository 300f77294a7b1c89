/** A page's files come from whichever server it reaches, of its own version or of another. */
import { expect, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { copyPage, loadFile, loadPage, otherVersion } from "../support/build.ts";
import { startServer, TemporaryFolder } from "../support/server.ts";
import { fileTest } from "../support/store.ts";

test("the same page has the same files under the same names, in whatever folder it lies and is built from", async () => {
  using folder = new TemporaryFolder();
  const places = [join(folder.path, "one"), join(folder.path, "another/and deeper")];
  const script = `
    const { buildClient } = await import(process.argv[1] + "/src/server/web-build.ts");
    const files = (await buildClient()).map(({ name, bytes }) => [name, Bun.SHA256.hash(bytes, "hex")]);
    console.log(JSON.stringify(files));`;
  const built = places.flatMap((place, i) => {
    copyPage(place);
    return [place, "/", join(import.meta.dir, "../..")].slice(i).map((cwd) => {
      const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script, place], { cwd });
      expect(stderr.toString()).toBe("");
      return stdout.toString();
    });
  });
  expect(JSON.parse(built[0] ?? "")).not.toHaveLength(0);
  expect(new Set(built).size).toBe(1);
});

fileTest(
  "a page of the previous server gets its files from the next server, of another version",
  async () => {
    using folder = new TemporaryFolder();
    await using before = await startServer();
    const page = await loadPage(before.http("/"));
    expect([...page.values()].map(({ status }) => status)).toEqual(Array(page.size).fill(200));
    expect([...page.keys()].some((path) => path.includes("icon-unread-"))).toBe(true);
    await before.stop();
    await using after = await startServer([], { dataFile: before.dataFile, ...otherVersion(folder.path) });
    const own = await loadPage(after.http("/"));
    const kindOf = (path: string) => /\/([a-z]+)-\w+\.\w+$/.exec(path)?.[1];
    expect([...own.keys()].filter((path) => page.has(path)).map(kindOf)).toEqual(
      expect.arrayContaining(["en", "icon", "vi", "vietnamese", "worker"]),
    );
    for (const [path, file] of page) expect(await loadFile(after.http(path))).toEqual(file);
    await after.stop();
    await before.restart();
    for (const [path, file] of own) expect(await loadFile(before.http(path))).toEqual(file);
  },
);

fileTest("the files lie beside the history, where their owner alone may read them", async () => {
  await using server = await startServer();
  const folder = server.dataFile.replace(/\.json$/, ".assets");
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const names = [...(await loadPage(server.http("/"))).keys()].map((path) => path.replace("/assets/", ""));
  expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

fileTest("a server whose files cannot be kept starts and says so, and its page is whole", async () => {
  using folder = new TemporaryFolder();
  const dataFile = join(folder.path, "data.json");
  writeFileSync(join(folder.path, "data.assets"), "in the way");
  await using server = await startServer([], { dataFile });
  for (const { status } of (await loadPage(server.http("/"))).values()) expect(status).toBe(200);
  const unknown = `/assets/page-${"0".repeat(32)}.js`;
  expect((await loadFile(server.http(unknown))).status).toBe(404);
  await server.stop();
  expect(server.lines.filter(({ event }) => event === "assets")).toHaveLength(1);
});

fileTest("with --keep-assets 0 nothing is kept", async () => {
  await using server = await startServer(["--keep-assets", "0"]);
  const unknown = `/assets/page-${"0".repeat(32)}.js`;
  expect((await loadFile(server.http(unknown))).status).toBe(404);
  expect(readdirSync(dirname(server.dataFile))).not.toContain("data.assets");
});

test("no path leads out of the files that are kept", async () => {
  await using server = await startServer();
  for (const path of [
    "/assets/../data.json",
    "/assets/%2e%2e/data.json",
    "/assets//etc/passwd",
    "/assets/",
    "/assets",
  ]) {
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data: (self, bytes) => self.data.resolve(bytes.toString()) },
      data: Promise.withResolvers<string>(),
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const answer = await socket.data.promise;
    expect(answer).toStartWith("HTTP/1.1 404 ");
    // What is not there now may be there later.
    expect(answer).toMatch(/^cache-control: no-store\r$/im);
  }
});

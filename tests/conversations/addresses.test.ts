/** Where a page's address leads: to a room, to the room that is meant, or to a page that says what there is. */
import { expect, test } from "bun:test";
import { ChatClient, upgradeStatus } from "../support/client.ts";
import { RawPeer } from "../support/raw.ts";
import { type ChatServer, runCommand, startServer, TemporaryFolder } from "../support/server.ts";

/** What a browser says that it takes when somebody opens an address. */
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/** Asks for a path that goes over the wire as it is. @returns the status and the headers, by their names in lower case */
async function ask(
  server: ChatServer,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; headers: Record<string, string> }> {
  using peer = await RawPeer.open(server.port);
  const lines = Object.entries({ Host: "localhost", ...headers }).map((each) => `${each.join(": ")}\r\n`);
  peer.send(Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"));
  await peer.until(() => peer.responseHead !== "");
  const [first = "", ...fields] = peer.responseHead.split("\r\n");
  const pairs = fields.map((field) => /^([^:]+): (.*)$/.exec(field)?.slice(1) ?? []);
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(pairs.map(([name = "", value = ""]) => [name.toLowerCase(), value])),
  };
}

/** Where a redirect leads a client that requested `/chat` and the path from a proxy. */
function destination(path: string, location: string | undefined): string {
  const { origin, pathname, search } = new URL(location ?? "", `http://chat.test/chat${path}`);
  expect(origin).toBe("http://chat.test");
  return pathname + search;
}

test("EP-3 a page's address with capitals, a slash at its end or percent signs leads to the room, whatever is before it", async () => {
  await using server = await startServer();
  const spellings = {
    tea: [
      "/rooms/tea/",
      "/rooms/tea//",
      "/rooms/Tea",
      "/rooms/TEA/",
      "/Rooms/tea",
      "/ROOMS/TEA",
      "/rooms/%74ea",
      "/rooms/te%61/",
      "/rooms/%54%45%41",
      "/rooms/tea%2F",
      "/%72ooms/tea",
      "/rooms%2ftea",
    ],
    "a-b_c.d": ["/rooms/A-b_C.d", "/rooms/a%2Db%5Fc%2Ed/"],
    [`${"x".repeat(64)}`]: [`/rooms/${"X".repeat(64)}`],
  };
  for (const [room, paths] of Object.entries(spellings)) {
    for (const path of paths) {
      for (const method of ["GET", "HEAD"]) {
        const { status, headers } = await ask(server, `${path}?read&x=//y`, {}, method);
        expect([path, method, status]).toEqual([path, method, 301]);
        expect([path, headers.location]).toEqual([path, expect.stringMatching(/^\.\.?\//)]);
        expect([path, destination(path, headers.location)]).toEqual([path, `/chat/rooms/${room}?read&x=//y`]);
      }
    }
  }
});

test("EP-3 no address redirects out of the site or to itself", async () => {
  await using server = await startServer();
  for (const path of [
    "//evil.example",
    "//evil.example/rooms/Tea",
    "///evil.example/",
    "/rooms//evil.example",
    "/rooms/%2F%2Fevil.example",
    "/rooms/%5C%5Cevil.example",
    "/%2F%2Fevil.example/",
    "/rooms/..%2F..%2Fevil",
    "/rooms/javascript:alert(1)",
    "/rooms/tea/..",
    "/rooms/%0d%0aSet-Cookie:a=b",
    "/rooms/tea%0d%0a",
    "/rooms/tea%00",
    `/rooms/tea${"/".repeat(200)}`,
    "/Rooms",
    "/rooms/",
    "/Rooms/",
    "//",
    "/rooms/%",
    "/rooms/%zz",
    "/rooms/%C3",
    "/rooms/%2574ea",
    "/nothing/rooms/Tea",
  ]) {
    const { status, headers } = await ask(server, path);
    expect([path, status, headers.location]).toEqual([path, 404, undefined]);
    expect([path, headers["set-cookie"]]).toEqual([path, undefined]);
  }
});

test("a browser at an address that leads nowhere gets a page with the rule for names, in its language", async () => {
  await using server = await startServer();
  for (const [language, lang, rule, link] of [
    ["en-GB,en;q=0.9", "en", "1 to 64 characters", "Go to the main room"],
    ["vi-VN,vi;q=0.9,en;q=0.8", "vi", "từ 1 đến 64 ký tự", "Vào phòng chính"],
  ] as const) {
    const headers = { Accept: BROWSER, "Accept-Language": language };
    for (const path of ["/rooms/", "/rooms/%E2%9C%93", "/nothing", "/rooms/%zz"]) {
      const response = await fetch(server.http(path), { headers });
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.headers.get("Content-Type")).toBe("text/html;charset=utf-8");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("Vary")).toBe("Accept, Accept-Language");
      expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      const html = await response.text();
      const root = path.startsWith("/rooms") ? "../" : "./";
      for (const part of [`<html lang="${lang}">`, rule, `<a href="${root}">${link}</a>`])
        expect(html).toContain(part);
    }
  }
});

test("a request that does not ask for a page gets one line of text at an address that leads nowhere", async () => {
  await using server = await startServer();
  for (const Accept of ["*/*", "application/json", "text/html;q=0", "text/htmlx", "image/*"]) {
    const response = await fetch(server.http("/rooms/my%20room"), { headers: { Accept } });
    expect([Accept, response.status]).toEqual([Accept, 404]);
    expect(response.headers.get("Content-Type")).toStartWith("text/plain");
    expect(await response.text()).toBe("There is nothing here.\n");
  }
});

test("a name that no room can have leads to the nearest one, and is not repeated", async () => {
  await using server = await startServer();
  const linksAt = async (path: string) => {
    const html = await (await fetch(server.http(path), { headers: { Accept: BROWSER } })).text();
    expect(html).not.toMatch(/<script|<i>|onerror|lớp/i);
    return [...html.matchAll(/<a href="([^"]*)"/g)].map(
      ([, link = ""]) => new URL(link, `http://chat.test/chat${path}`).pathname,
    );
  };
  for (const [name, room] of [
    ["lớp", "lop"],
    ["Phòng Đợi 2/", "phong-doi-2"],
    ["my room", "my-room"],
    ["_tea_", "tea"],
    ["Ｔｅａ", "tea"],
    ["a/b", "a-b"],
    ["[vip]", "vip"],
    ["a|b^c", "a-b-c"],
    ["<i>x</i>", "i-x-i"],
    ['"><script>alert(1)</script>', "script-alert-1-script"],
    [`${"ô".repeat(80)}`, "o".repeat(64)],
    ["日本", undefined],
    ["...", undefined],
    ["", undefined],
  ] as const) {
    const path = `/rooms/${encodeURI(name)}`;
    const expected = [...(room === undefined ? [] : [`/chat/rooms/${room}`]), "/chat/rooms", "/chat/"];
    expect([name, await linksAt(path)]).toEqual([name, expected]);
  }
  expect(await linksAt("/some/thing")).toEqual(["/chat/rooms", "/chat/"]);
});

test("the answer to a deep address is not many times as long as the address", async () => {
  await using server = await startServer();
  const response = await fetch(server.http("/a".repeat(5000)), { headers: { Accept: BROWSER } });
  expect(response.status).toBe(404);
  expect((await response.text()).length).toBeLessThan(2000);
});

test("an upgrade of another spelling is answered with the room that may be meant", async () => {
  await using server = await startServer();
  const response = await fetch(server.http("/rooms/Tea/"), {
    headers: {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
    },
  });
  expect([response.status, await response.text()]).toEqual([
    404,
    "There is no such room. Perhaps you mean tea.\n",
  ]);
});

test("EP-9 with --base-path the chat is under that path as well, and the pages' links lead there", async () => {
  await using server = await startServer(["--base-path", "/team/chat/"]);
  for (const base of ["", "/team/chat"]) {
    const at = (path: string) => server.http(base + path);
    for (const path of base === "" ? ["/", "/rooms/tea"] : ["", "/", "/rooms/tea"]) {
      const html = await (await fetch(at(path))).text();
      expect([base + path, /src="(\/team\/chat\/assets\/page-\w+\.js)"/.test(html)]).toEqual([
        base + path,
        true,
      ]);
    }
    expect(await (await fetch(at("/?read"))).text()).toContain('href="/team/chat/favicon.ico"');
    const { status, headers } = await ask(server, `${base}/rooms/Tea/?read`);
    expect([status, headers.location]).toEqual([301, "/team/chat/rooms/tea?read"]);
    const missing = await fetch(at("/rooms/my%20room"), { headers: { Accept: BROWSER } });
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain('href="/team/chat/rooms/my-room"');
    using inMain = await ChatClient.registered(`${server.url().slice(0, -1)}${base}/`, `An${base}`);
    using inTea = await ChatClient.registered(`${server.url().slice(0, -1)}${base}/rooms/tea`, `An${base}`);
    await inMain.say("main");
    await inTea.say("tea");
  }
  using main = await ChatClient.registered(`${server.url()}team/chat`, "Bình");
  expect((await main.get()).messages.map(({ content }) => content)).toEqual(["main", "main"]);
  for (const path of [
    "/team",
    "/team/",
    "/team/chatty",
    "/team/chat/team/chat/",
    "/Team/chat/",
    "/team/chat//",
  ]) {
    expect([path, (await ask(server, path)).status]).toEqual([path, 404]);
    expect([path, await upgradeStatus(server.url().slice(0, -1) + path)]).toEqual([path, 404]);
  }
});

test("EP-9 the operator's paths are not under the base path, where a proxy would show them to everybody", async () => {
  await using server = await startServer(["--base-path", "/chat"]);
  for (const path of ["/metrics", "/healthz"]) {
    expect((await fetch(server.http(path))).status).toBe(200);
    expect((await fetch(server.http(`/chat${path}`))).status).toBe(404);
  }
  expect((await fetch(server.http("/chat/favicon.ico"))).status).toBe(200);
});

test("an impossible base path is answered with one sentence that says what is possible", async () => {
  using folder = new TemporaryFolder();
  for (const [text, sentence] of [
    ["chat", "must begin with a slash"],
    ["https://example.org/chat", "Write /chat instead"],
    ["//example.org/chat", "such as /chat"],
    ["/chat//", "such as /chat"],
    ["/a//b", "such as /chat"],
    ["/a/../b", "such as /chat"],
    ["/./a", "such as /chat"],
    ["/a b", "such as /chat"],
    ["/a%20b", "such as /chat"],
    ["/a?b", "such as /chat"],
    ["/a#b", "such as /chat"],
    ["/phòng", "such as /chat"],
    ['/a"><script>', "such as /chat"],
    [`/${"a".repeat(200)}`, "such as /chat"],
    ["/rooms", "Choose another path"],
    ["/Assets/x", "Choose another path"],
    ["/metrics", "Choose another path"],
  ] as const) {
    const data = `${folder.path}/data.json`;
    const end = await runCommand(["--data", data, "--port", "0", "--base-path", text]);
    expect([text, end.exitCode]).toEqual([text, 2]);
    expect([text, end.stderr]).toEqual([text, expect.stringContaining(sentence)]);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
  }
});

test("a base path of a slash alone, or an empty one, means no base path", async () => {
  for (const env of [{ CHATBOX_BASE_PATH: "/" }, { CHATBOX_BASE_PATH: "" }]) {
    await using server = await startServer([], { env });
    expect(await (await fetch(server.http("/"))).text()).toContain('src="./assets/page-');
  }
});

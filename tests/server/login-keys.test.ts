/** How the keys of a host site are loaded, changed and lost. */
import { expect, mock, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostLogin } from "../../src/server/login/host-login.ts";
import { KEY_SET_MAX_BYTES, KeySet } from "../../src/server/login/key-set.ts";
import { KeyFile, type KeySource, KeyUrl } from "../../src/server/login/key-source.ts";
import { CLAIMS, type HostKey, loginWith, makeKey, signedWithKey } from "../support/login.ts";
import { TemporaryFolder } from "../support/server.ts";

const first = makeKey("ES256", "first");
const second = makeKey("EdDSA", "second");
const MINUTE_MS = 60_000;

const setOf = (...keys: readonly HostKey[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
const tokenOf = (key: HostKey, kid: unknown = key.jwk.kid) => signedWithKey(CLAIMS, key, { kid });
const ACCEPTED = { kind: "person" };
const UNKNOWN = { kind: "refused", reason: "unknown-key" };
const UNAVAILABLE = { kind: "refused", reason: "unavailable" };

/** A host on 127.0.0.1 that publishes keys, a login that reads them, and the clock that both know. */
class Stage implements AsyncDisposable {
  answer: (request: Request) => Response | Promise<Response> = () => new Response(setOf(first));
  requests = 0;
  nowMs = 1_000_000;
  readonly notice = mock();
  readonly login: HostLogin;
  readonly url: string;
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => {
      this.requests++;
      return this.answer(request);
    },
  });

  constructor(sourceOf?: (url: string) => KeySource) {
    this.url = `${this.#server.url}jwks.json`;
    const { notice } = this;
    this.login = loginWith(
      { keys: { kind: "url", url: this.url } },
      {
        notice,
        steadyNow: () => this.nowMs,
        ...(sourceOf === undefined ? {} : { sourceOf: () => sourceOf(this.url) }),
      },
    );
  }

  publish(text: string): void {
    this.answer = () => new Response(text);
  }

  notices(): unknown[] {
    return this.notice.mock.calls.map(([notice]) => notice);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

test("keys are fetched when the first login needs them, and kept for ten minutes", async () => {
  await using stage = new Stage();
  expect(stage.requests).toBe(0);
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.nowMs += 10 * MINUTE_MS - 1;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  expect(stage.requests).toBe(1);
  stage.nowMs += 1;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  expect(stage.requests).toBe(2);
  expect(stage.notices()).toEqual([]);
});

test("logins that come together share one fetch", async () => {
  await using stage = new Stage();
  const logins = Array.from({ length: 50 }, () => stage.login.verify(tokenOf(first)));
  for (const verification of await Promise.all(logins)) expect(verification).toMatchObject(ACCEPTED);
  expect(stage.requests).toBe(1);
});

test("a token that cannot be signed with a published key causes no fetch", async () => {
  await using stage = new Stage();
  const [, claims] = tokenOf(first).split(".");
  for (const alg of ["none", "HS256", "RS512", undefined]) {
    const header = Buffer.from(JSON.stringify({ alg, kid: "first" })).toString("base64url");
    expect((await stage.login.verify(`${header}.${claims}.c2ln`)).kind).toBe("refused");
  }
  expect(stage.requests).toBe(0);
});

test("a login signed with a new key is accepted after a change of keys, and one with the withdrawn key is not", async () => {
  await using stage = new Stage();
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.publish(setOf(first, second));
  stage.nowMs += 30_000;
  expect(await stage.login.verify(tokenOf(second))).toMatchObject(ACCEPTED);
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.publish(setOf(second));
  stage.nowMs += 10 * MINUTE_MS;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNKNOWN);
  expect(await stage.login.verify(tokenOf(second))).toMatchObject(ACCEPTED);
  expect(stage.notices()).toEqual([]);
});

test("a key of the same id that has been replaced is known after ten minutes", async () => {
  await using stage = new Stage();
  const successor = makeKey("ES256", "first");
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.publish(setOf(successor));
  stage.nowMs += 10 * MINUTE_MS;
  expect(await stage.login.verify(tokenOf(successor))).toMatchObject(ACCEPTED);
  expect(await stage.login.verify(tokenOf(first))).toMatchObject({ reason: "bad-signature" });
});

test("a storm of logins with unknown keys causes one fetch in 30 seconds", async () => {
  await using stage = new Stage();
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  for (let second = 0; second < 300; second++) {
    stage.nowMs += 1_000;
    const storm = Array.from({ length: 5 }, (_, i) => stage.login.verify(tokenOf(first, `${second}-${i}`)));
    for (const verification of await Promise.all(storm)) expect(verification).toMatchObject(UNKNOWN);
  }
  expect(stage.requests).toBe(1 + 300 / 30);
});

test("a host that cannot be reached is asked once in 30 seconds, however many logins come", async () => {
  await using stage = new Stage();
  stage.answer = () => new Response("", { status: 503 });
  for (let second = 0; second < 60; second++) {
    expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
    stage.nowMs += 1_000;
  }
  expect(stage.requests).toBe(2);
  expect(stage.notices()).toEqual([
    {
      level: "warn",
      sentence: `The keys of the host's login cannot be read from ${stage.url} (it answered with HTTP 503), so nobody can log in.`,
    },
  ]);
});

test("when keys cannot be fetched again, the last ones are used for an hour, and the operator hears of each change once", async () => {
  await using stage = new Stage();
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.answer = () => new Response("no", { status: 500 });
  for (let minute = 1; minute < 60; minute++) {
    stage.nowMs += MINUTE_MS;
    expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
    // It may be a new one.
    expect(await stage.login.verify(tokenOf(second))).toMatchObject(UNAVAILABLE);
  }
  expect(stage.notices()).toHaveLength(1);
  stage.nowMs += MINUTE_MS;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  stage.nowMs += MINUTE_MS;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  stage.publish(setOf(first, second));
  stage.nowMs += MINUTE_MS;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  expect(await stage.login.verify(tokenOf(second))).toMatchObject(ACCEPTED);
  expect(stage.notices()).toEqual([
    { level: "warn", sentence: expect.stringContaining("Those of before are used for up to an hour.") },
    { level: "warn", sentence: expect.stringContaining("so nobody can log in.") },
    { level: "info", sentence: `The keys of the host's login were read from ${stage.url} again.` },
  ]);
});

test("a host that withdraws all its keys ends their use, and the operator hears of it", async () => {
  await using stage = new Stage();
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  stage.publish(setOf());
  stage.nowMs += 10 * MINUTE_MS;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNKNOWN);
  expect(stage.notices()).toEqual([
    {
      level: "warn",
      sentence: `There is no key for RS256, ES256, EdDSA in ${stage.url}, so nobody can log in.`,
    },
  ]);
});

const answers: [fact: string, answer: () => Response, reason: string][] = [
  ["an error", () => new Response(setOf(first), { status: 404 }), "it answered with HTTP 404"],
  ["nothing", () => new Response(null, { status: 204 }), "it answered with HTTP 204"],
  ["an empty page", () => new Response(""), "it is not JSON"],
  ["a page for people", () => new Response("<p>Hello</p>"), "it is not JSON"],
  ["a key without a set", () => Response.json(first.jwk), 'it is not a key set, {"keys":[…]}'],
  ["null", () => Response.json(null), 'it is not a key set, {"keys":[…]}'],
  ["too many keys", () => Response.json({ keys: Array(101).fill(first.jwk) }), "it has more than 100 keys"],
  [
    "a private key",
    () => Response.json({ keys: [first.privateKey.export({ format: "jwk" })] }),
    "it contains a private or secret key",
  ],
  [
    "too much",
    () => new Response(" ".repeat(KEY_SET_MAX_BYTES + 1)),
    "its answer is larger than 1048576 bytes",
  ],
  ["an endless body", endless, "its answer is larger than 1048576 bytes"],
  [
    "a compressed body",
    () => new Response(Bun.gzipSync(setOf(first)), { headers: { "Content-Encoding": "gzip" } }),
    "its answer is compressed",
  ],
];

function endless(): Response {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
}

test.each(answers)("an address that answers with %s has no keys", async (_fact, answer, reason) => {
  await using stage = new Stage();
  stage.answer = answer;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  expect(stage.notices()).toEqual([{ level: "warn", sentence: expect.stringContaining(`(${reason})`) }]);
  // The next fetch is not affected.
  stage.publish(setOf(first));
  stage.nowMs += 30_000;
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
});

test.each([301, 302, 303, 307, 308])("a redirect is not followed: HTTP %d", async (status) => {
  await using stage = new Stage();
  stage.answer = ({ url }) =>
    url.endsWith("/keys")
      ? new Response(setOf(first))
      : new Response(null, { status, headers: { Location: "/keys" } });
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  expect(stage.requests).toBe(1);
  expect(stage.notices()).toMatchObject([{ sentence: expect.stringContaining(`HTTP ${status}`) }]);
});

const silences: [fact: string, answer: (arrived: () => void) => Response | Promise<Response>][] = [
  [
    "says nothing",
    (arrived) => {
      arrived();
      return new Promise(() => {});
    },
  ],
  [
    "stops in the middle",
    (arrived) => {
      const start = (controller: ReadableStreamDefaultController) => {
        controller.enqueue(new TextEncoder().encode('{"keys":['));
        arrived();
      };
      return new Response(new ReadableStream({ start }));
    },
  ],
];

test.each(silences)("a host that %s is given up when the time is over", async (_fact, answer) => {
  const time = new AbortController();
  await using stage = new Stage((url) => new KeyUrl(url, () => time.signal));
  stage.answer = () => answer(() => setImmediate(() => time.abort()));
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  expect(stage.notices()).toMatchObject([{ sentence: expect.stringContaining("within 5 s") }]);
});

test("a host that is down is reported without the query of its address", async () => {
  const stage = new Stage((url) => new KeyUrl(`${url}?key=hidden`));
  await stage[Symbol.asyncDispose]();
  expect(await stage.login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
  expect(stage.notices()).toMatchObject([{ sentence: expect.stringContaining("cannot be reached") }]);
  expect(JSON.stringify(stage.notices())).not.toContain("hidden");
});

test("a login that names no key is accepted only while it can be meant for one", async () => {
  await using stage = new Stage();
  const other = makeKey("ES256", "other");
  stage.publish(setOf(first, second));
  expect(await stage.login.verify(signedWithKey(CLAIMS, first))).toMatchObject(ACCEPTED);
  stage.publish(setOf(first, second, other));
  stage.nowMs += 10 * MINUTE_MS;
  expect(await stage.login.verify(signedWithKey(CLAIMS, first))).toEqual({
    kind: "refused",
    reason: "unknown-key",
    sentence: "The login does not say which key it is signed with.",
  });
  expect(await stage.login.verify(tokenOf(other))).toMatchObject(ACCEPTED);
});

/** A login that reads keys from a file, and its clock. */
function fileStage(path: string) {
  const clock = { nowMs: 0 };
  const notice = mock();
  const login = loginWith({ keys: { kind: "file", path } }, { notice, steadyNow: () => clock.nowMs });
  return { clock, notice, login };
}

test("a file is read again when it has changed, and looked at once a second", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "keys.json");
  writeFileSync(path, setOf(first));
  const { clock, notice, login } = fileStage(path);
  expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  writeFileSync(path, setOf(second));
  expect(await login.verify(tokenOf(second))).toMatchObject(UNKNOWN);
  clock.nowMs += 1_000;
  expect(await login.verify(tokenOf(second))).toMatchObject(ACCEPTED);
  expect(await login.verify(tokenOf(first))).toMatchObject(UNKNOWN);
  // As programs do that never leave half a file.
  writeFileSync(`${path}.new`, setOf(first));
  renameSync(`${path}.new`, path);
  clock.nowMs += 1_000;
  expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  expect(notice).not.toHaveBeenCalled();
});

test("a file that has not changed is good for as long as it is there", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "keys.json");
  writeFileSync(path, setOf(first));
  const { clock, login } = fileStage(path);
  for (let day = 0; day < 3; day++) {
    expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
    clock.nowMs += 24 * 60 * MINUTE_MS;
  }
});

test("a file that has not changed is not read again", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "keys.json");
  writeFileSync(path, setOf(first));
  const source = new KeyFile(path);
  expect((await source.load())?.size).toBe(1);
  expect(await source.load()).toBeNull();
  writeFileSync(path, setOf(first, second));
  expect((await source.load())?.size).toBe(2);
});

test("the keys of a file that is half written, or removed, are used until it is whole", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "keys.json");
  writeFileSync(path, setOf(first));
  const { clock, notice, login } = fileStage(path);
  expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  writeFileSync(path, setOf(first, second).slice(0, -9));
  clock.nowMs += 1_000;
  expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  rmSync(path);
  clock.nowMs += 1_000;
  expect(await login.verify(tokenOf(first))).toMatchObject(ACCEPTED);
  expect(notice).toHaveBeenCalledTimes(1);
  writeFileSync(path, setOf(second));
  clock.nowMs += 1_000;
  expect(await login.verify(tokenOf(second))).toMatchObject(ACCEPTED);
  expect(notice).toHaveBeenCalledTimes(2);
});

test("a folder or a file that is too large has no keys", async () => {
  using folder = new TemporaryFolder();
  const path = join(folder.path, "keys.json");
  writeFileSync(path, setOf(first) + " ".repeat(KEY_SET_MAX_BYTES));
  for (const each of [folder.path, path]) {
    const { notice, login } = fileStage(each);
    expect(await login.verify(tokenOf(first))).toMatchObject(UNAVAILABLE);
    expect(notice).toHaveBeenCalledTimes(1);
  }
});

const rsa = makeKey("RS256", "rsa");
const small = { kty: "RSA", n: Buffer.alloc(128, 0xff).toString("base64url"), e: "AQAB" };
const off = Buffer.alloc(32, 1).toString("base64url");

const unusable: [fact: string, jwk: unknown][] = [
  ["for encryption", { ...rsa.jwk, use: "enc" }],
  ["for other operations", { ...rsa.jwk, key_ops: ["encrypt"] }],
  ["for another algorithm", { ...rsa.jwk, alg: "RS512" }],
  ["of 1024 bits", small],
  ["without a part", { kty: "RSA", e: "AQAB" }],
  ["with a part that is a number", { ...rsa.jwk, e: 65537 }],
  ["on another curve", { ...first.jwk, crv: "P-384" }],
  ["not on its curve", { kty: "EC", crv: "P-256", x: off, y: off }],
  ["of an unknown kind", { kty: "LAT", x: "AA" }],
  ["with a number as its id", { ...rsa.jwk, kid: 1 }],
  ["that is null", null],
  ["that is a text", "key"],
];

test.each(unusable)("a key %s is left out, and the others are used", (_fact, jwk) => {
  const keys = new KeySet(JSON.stringify({ keys: [jwk, second.jwk] }));
  expect(keys.size).toBe(1);
  expect(keys.find("EdDSA", "second")).toHaveLength(1);
});

test("a key that says what it is for is used for that", () => {
  const described = { ...rsa.jwk, alg: "RS256", use: "sig", key_ops: ["verify"], x5t: "ignored" };
  expect(new KeySet(JSON.stringify({ keys: [described] })).find("RS256", "rsa")).toHaveLength(1);
});

test("a set with a secret key is refused as a whole", () => {
  expect(() => new KeySet(JSON.stringify({ keys: [second.jwk, { kty: "oct", k: "c2VjcmV0" }] }))).toThrow(
    "private or secret",
  );
});

/** Which logins of a host site are accepted, and how others are refused. */
import { expect, test } from "bun:test";
import { createSecretKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOKEN_MAX } from "../../src/server/login/host-login.ts";
import type { RefusalReason } from "../../src/server/login/refusal.ts";
import type { LoginSettings } from "../../src/server/settings.ts";
import fc from "../support/chance.ts";
import {
  CLAIMS,
  loginWith,
  makeKey,
  NOW,
  part,
  SECRET,
  signedWithKey,
  signedWithSecret,
} from "../support/login.ts";
import { TemporaryFolder } from "../support/server.ts";

const folder = new TemporaryFolder();
const rsa = makeKey("RS256", "rsa-1");
const ec = makeKey("ES256", "ec-1");
const ed = makeKey("EdDSA", "ed-1");
const stranger = makeKey("RS256", "rsa-1");
const published = join(folder.path, "keys.json");
writeFileSync(published, JSON.stringify({ keys: [rsa.jwk, ec.jwk, ed.jwk] }));
const byKeys = { keys: { kind: "file", path: published } } as const;

type Settings = Partial<LoginSettings>;

async function expectRefusal(token: string, reason: RefusalReason, settings: Settings = {}): Promise<string> {
  const verification = await loginWith(settings).verify(token);
  expect(verification).toMatchObject({ kind: "refused", reason });
  const sentence = verification.kind === "refused" ? verification.sentence : "";
  expect(sentence).toMatch(/^The .{10,110}\.$/);
  for (const piece of token.split(".").filter(({ length }) => length > 8)) {
    expect(JSON.stringify(verification)).not.toContain(piece);
  }
  return sentence;
}

test("a login with all claims is the host's person", async () => {
  const claims = {
    iss: "https://example.org",
    aud: "chat",
    sub: "u-7",
    name: "Lan Anh",
    role: "moderator",
    rooms: ["/", "tea", "a.b_c-9"],
    iat: NOW,
    nbf: NOW,
    exp: NOW + 600,
    email: "not@read.example",
  };
  const login = loginWith({ issuer: "https://example.org", audience: "chat" });
  expect(await login.verify(signedWithSecret(claims))).toEqual({
    kind: "person",
    person: {
      issuer: "https://example.org",
      subject: "u-7",
      name: "Lan Anh",
      role: "moderator",
      rooms: ["/", "tea", "a.b_c-9"],
      expiresAt: (NOW + 660) * 1000,
    },
  });
});

test("a login needs no more than a subject and an end", async () => {
  expect(await loginWith().verify(signedWithSecret(CLAIMS))).toEqual({
    kind: "person",
    person: {
      issuer: "",
      subject: "u-7",
      name: null,
      role: null,
      rooms: null,
      expiresAt: (NOW + 660) * 1000,
    },
  });
});

test.each([rsa, ec, ed])("a login signed with a published key is accepted: $algorithm", async (key) => {
  const { kid } = key.jwk;
  expect(await loginWith(byKeys).verify(signedWithKey(CLAIMS, key, { kid }))).toMatchObject({
    kind: "person",
    person: { subject: "u-7" },
  });
  // Each algorithm has one key here.
  expect(await loginWith(byKeys).verify(signedWithKey(CLAIMS, key))).toMatchObject({ kind: "person" });
});

const good = signedWithSecret(CLAIMS);
const [head = "", body = "", signature = ""] = good.split(".");
const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
const kid = "rsa-1";
const [rsaHead = "", , rsaSignature = ""] = signedWithKey(CLAIMS, rsa, { kid }).split(".");
const moderator = part({ ...CLAIMS, role: "moderator" });

const badlySigned: [fact: string, token: string, reason: RefusalReason, settings?: Settings][] = [
  ["nothing", "", "malformed"],
  ["a word", "hello", "malformed"],
  ["two parts", `${head}.${body}`, "malformed"],
  ["five parts, as of an encrypted token", `${good}.e.f`, "malformed"],
  ["white space at its end", `${good}\n`, "malformed"],
  ["padding", `${head}=.${body}.${signature}`, "malformed"],
  ["a header that is no JSON", `${part("{")}.${body}.${signature}`, "malformed"],
  ["a header that is a list", `${part([])}.${body}.${signature}`, "malformed"],
  ["a payload that is no JSON", signedWithSecret("hello"), "malformed"],
  ["a payload that is a list", signedWithSecret([CLAIMS]), "malformed"],
  ["a payload that is null", signedWithSecret(null), "malformed"],
  ["a million characters", "a".repeat(1_000_000), "malformed"],
  [
    "one character too many",
    `${head}.${"a".repeat(TOKEN_MAX - head.length - signature.length - 1)}.${signature}`,
    "malformed",
  ],
  ["an extension that must be understood", signedWithSecret(CLAIMS, { crit: ["exp"], exp: 1 }), "malformed"],
  ["an unencoded payload", signedWithSecret(CLAIMS, { crit: ["b64"], b64: false }), "malformed"],
  ["an empty list of extensions", signedWithSecret(CLAIMS, { crit: [] }), "malformed"],
  ["an id of a key that is a number", signedWithSecret(CLAIMS, { kid: 1 }), "malformed"],
  ["an id of a key that is an object", signedWithKey(CLAIMS, rsa, { kid: {} }), "malformed", byKeys],

  ["a changed payload", `${head}.${moderator}.${signature}`, "bad-signature"],
  ["a changed payload", `${rsaHead}.${moderator}.${rsaSignature}`, "bad-signature", byKeys],
  ["a changed header", `${part({ alg: "HS256" })}.${body}.${signature}`, "bad-signature"],
  ["a signature cut short", good.slice(0, -4), "bad-signature"],
  ["no signature", `${head}.${body}.`, "bad-signature"],
  ["another secret", signedWithSecret(CLAIMS, {}, SECRET.toUpperCase()), "bad-signature"],
  ["the empty secret", signedWithSecret(CLAIMS, {}, ""), "bad-signature"],
  ["another hash", signedWithSecret(CLAIMS, { alg: "HS512" }, SECRET, "sha512"), "bad-signature"],
  ["somebody else's key of the same id", signedWithKey(CLAIMS, stranger, { kid }), "bad-signature", byKeys],
  ["no algorithm", `${part({ alg: "none" })}.${body}.`, "bad-signature"],
  ["no algorithm, in capitals", `${part({ alg: "NONE" })}.${body}.`, "bad-signature"],
  ["no algorithm, where keys are published", `${part({ alg: "none" })}.${body}.`, "bad-signature", byKeys],
  ["no algorithm, but a signature", `${part({ alg: "none" })}.${body}.${signature}`, "bad-signature"],
  ["an algorithm that is a list", `${part({ alg: ["HS256"] })}.${body}.${signature}`, "bad-signature"],
  [
    "an algorithm that every object has",
    `${part({ alg: "toString" })}.${body}.aaaa`,
    "bad-signature",
    byKeys,
  ],
  ["the public key as a secret", signedWithSecret(CLAIMS, { kid }, pem), "bad-signature", byKeys],
  [
    "the public key as a secret, without the line break at its end",
    signedWithSecret(CLAIMS, { kid }, pem.toString().trim()),
    "bad-signature",
    byKeys,
  ],
  [
    "the public key's JWK as a secret",
    signedWithSecret(CLAIMS, { kid }, JSON.stringify(rsa.jwk)),
    "bad-signature",
    byKeys,
  ],
  ["a key, where there is a secret", signedWithKey(CLAIMS, rsa, { kid }), "bad-signature"],
  [
    "an algorithm of other keys than it names",
    signedWithKey(CLAIMS, rsa, { kid: "ec-1" }),
    "unknown-key",
    byKeys,
  ],
  [
    "a key that it brings along",
    signedWithKey(CLAIMS, stranger, { kid, jwk: stranger.jwk, jku: "https://evil.example/", x5c: ["AA=="] }),
    "bad-signature",
    byKeys,
  ],
];

test.each(badlySigned)("a login with %s is refused", async (...[, token, reason, settings]) => {
  await expectRefusal(token, reason, settings);
});

const ids = ["", "rsa-2", "RSA-1", "../../dev/null", "__proto__", "constructor", "' or 1=1 --", "k\0"];

test.each(ids)("a login that names the key %j, which is not published, is refused", async (id) => {
  await expectRefusal(signedWithKey(CLAIMS, rsa, { kid: id }), "unknown-key", byKeys);
});

test("with a shared secret, the id of a key in a login means nothing", async () => {
  const token = signedWithSecret(CLAIMS, { kid: "2026" });
  expect(await loginWith().verify(token)).toMatchObject({ kind: "person" });
});

test("a login of the greatest length is read", async () => {
  const fill = (length: number) => signedWithSecret({ ...CLAIMS, note: "n".repeat(length) });
  const length = Array.from({ length: 100 }, (_, index) => 5_990 + index).findLast(
    (each) => fill(each).length <= TOKEN_MAX,
  );
  expect(fill(length ?? 0).length).toBeGreaterThan(TOKEN_MAX - 3);
  expect(await loginWith().verify(fill(length ?? 0))).toMatchObject({ kind: "person" });
});

const audience = { audience: "chat" };
const issuer = { issuer: "https://example.org" };

const badClaims: [fact: string, claims: object, reason: RefusalReason, settings?: Settings][] = [
  ["ended a minute ago", { exp: NOW - 60 }, "expired"],
  ["ended just now, where clocks agree", { exp: NOW }, "expired", { clockSkewMs: 0 }],
  ["ended before 1970", { exp: -1 }, "expired"],
  ["begins in more than a minute", { nbf: NOW + 61 }, "not-yet-valid"],
  ["begins in a second, where clocks agree", { nbf: NOW + 1 }, "not-yet-valid", { clockSkewMs: 0 }],
  ["is for another service", { aud: "shop" }, "wrong-audience", audience],
  ["is for other services", { aud: ["shop", "chat2"] }, "wrong-audience", audience],
  ["is for a service in capitals", { aud: "Chat" }, "wrong-audience", audience],
  ["is for nobody", { aud: [] }, "wrong-audience", audience],
  ["does not say which service it is for", {}, "wrong-audience", audience],
  ["is for a service, where the chat has no name", { aud: "chat" }, "wrong-audience"],
  ["is for nobody, where the chat has no name", { aud: [] }, "wrong-audience"],
  ["has a number as its audience", { aud: 1 }, "bad-claims", audience],
  ["has a number among its audiences", { aud: ["chat", 1] }, "bad-claims", audience],
  ["has null as its audience", { aud: null }, "bad-claims"],
  ["is from another issuer", { iss: "https://example.com" }, "wrong-issuer", issuer],
  ["is from an issuer spelled differently", { iss: "https://example.org/" }, "wrong-issuer", issuer],
  ["does not say who issued it", {}, "wrong-issuer", issuer],
  ["has a list of issuers", { iss: ["https://example.org"] }, "bad-claims", issuer],
  ["has an empty issuer", { iss: "" }, "bad-claims"],
  ["has no end", { exp: undefined }, "bad-claims"],
  ["has an end in words", { exp: String(NOW + 600) }, "bad-claims"],
  ["has null as its end", { exp: null }, "bad-claims"],
  ["is valid for more than a day", { exp: NOW + 24 * 3600 + 61 }, "bad-claims"],
  ["ends in milliseconds", { exp: (NOW + 600) * 1000 }, "bad-claims"],
  ["has a beginning in words", { nbf: String(NOW) }, "bad-claims"],
  ["has no subject", { sub: undefined }, "bad-claims"],
  ["has an empty subject", { sub: "" }, "bad-claims"],
  ["has a number as its subject", { sub: 7 }, "bad-claims"],
  ["has too long a subject", { sub: "s".repeat(256) }, "bad-claims"],
  ["has half a character in its subject", { sub: "a\ud800" }, "bad-claims"],
  ["has an empty name", { name: "" }, "bad-claims"],
  ["has null as its name", { name: null }, "bad-claims"],
  ["has a number as its name", { name: 7 }, "bad-claims"],
  ["has an invisible name", { name: "\u200b" }, "bad-claims"],
  ["has a name of two lines", { name: "a\nb" }, "bad-claims"],
  ["has a name that reverses other text", { name: "a\u202eb" }, "bad-claims"],
  ["has too long a name", { name: "n".repeat(101) }, "bad-claims"],
  ["makes somebody the owner", { role: "owner" }, "bad-claims"],
  ["has a role in capitals", { role: "Moderator" }, "bad-claims"],
  ["has null as its role", { role: null }, "bad-claims"],
  ["has a list of roles", { role: ["moderator"] }, "bad-claims"],
  ["has null as its rooms", { rooms: null }, "bad-claims"],
  ["has a text as its rooms", { rooms: "tea" }, "bad-claims"],
  ["has a room in capitals", { rooms: ["Tea"] }, "bad-claims"],
  ["has a room's path", { rooms: ["/rooms/tea"] }, "bad-claims"],
  ["has a room without a name", { rooms: [""] }, "bad-claims"],
  ["has a number as a room", { rooms: ["tea", 7] }, "bad-claims"],
  ["has too many rooms", { rooms: Array.from({ length: 101 }, (_, i) => `r${i}`) }, "bad-claims"],
];

test.each(badClaims)("a login that %s is refused", async (...[, claims, reason, settings]) => {
  await expectRefusal(signedWithSecret({ ...CLAIMS, ...claims }), reason, settings);
});

test("times that are no finite numbers are refused", async () => {
  await expectRefusal(signedWithSecret('{"sub":"u-7","exp":1e999}'), "bad-claims");
  await expectRefusal(signedWithSecret(`{"sub":"u-7","exp":${CLAIMS.exp},"nbf":-1e999}`), "bad-claims");
});

test("each claim that is refused is named, except with its own value", async () => {
  for (const claim of ["iss", "exp", "nbf", "sub", "name", "role", "rooms", "aud"]) {
    const token = signedWithSecret({ ...CLAIMS, [claim]: { strange: true } });
    const sentence = await expectRefusal(token, "bad-claims");
    expect(sentence).toContain(`"${claim}"`);
    expect(sentence).not.toContain("strange");
  }
});

const goodClaims: [fact: string, claims: object, settings?: Settings][] = [
  ["ended less than a minute ago", { exp: NOW - 59 }],
  ["ends with a fraction of a second", { exp: NOW + 0.5 }],
  ["is valid for a day", { exp: NOW + 24 * 3600 }],
  ["is valid for a day by a clock that is ahead", { exp: NOW + 24 * 3600 + 60 }],
  ["is valid for as long as is allowed", { exp: NOW + 3600 }, { maxAgeMs: 3_600_000, clockSkewMs: 0 }],
  ["begins within a minute", { nbf: NOW + 60 }],
  ["is for this service among others", { aud: ["shop", "chat"] }, audience],
  ["is from the issuer that is expected", { iss: "https://example.org" }, issuer],
  ["has the longest subject", { sub: "ệ".repeat(255) }],
  ["has the longest name", { name: "😀".repeat(100) }],
  ["is for a member", { role: "member" }],
  ["has 100 rooms", { rooms: Array.from({ length: 100 }, (_, i) => `r${i}`) }],
  ["has no room", { rooms: [] }],
];

test.each(goodClaims)("a login that %s is accepted", async (...[, claims, settings]) => {
  const token = signedWithSecret({ ...CLAIMS, ...claims });
  expect(await loginWith(settings).verify(token)).toMatchObject({ kind: "person" });
});

test("an accepted login is refused from the moment that it says it expires", async () => {
  const token = signedWithSecret(CLAIMS);
  const verification = await loginWith().verify(token);
  if (verification.kind !== "person") throw new Error("it was refused");
  const { expiresAt } = verification.person;
  const at = (time: number) => loginWith({}, { now: () => time }).verify(token);
  expect(await at(expiresAt - 1)).toMatchObject({ kind: "person" });
  expect(await at(expiresAt)).toMatchObject({ kind: "refused", reason: "expired" });
});

test("no login is accepted in which one character is another one", async () => {
  const login = loginWith();
  // Two bits of the last character mean nothing.
  for (let at = 0; at < good.length - 1; at++) {
    const changed = `${good.slice(0, at)}${good[at] === "A" ? "B" : "A"}${good.slice(at + 1)}`;
    expect([at, await login.verify(changed)]).toEqual([at, expect.objectContaining({ kind: "refused" })]);
  }
});

test("whatever text comes for a login, it is refused", async () => {
  const anything = fc.string({ unit: "binary", maxLength: 60 });
  const json = fc.json({ maxDepth: 2 }).map(part);
  const parts = fc.oneof(anything, json, fc.constantFrom(head, body, signature, ""));
  const tokens = fc.oneof(
    anything,
    fc.array(parts, { maxLength: 6 }).map((each) => each.join(".")),
    fc.tuple(fc.object({ maxDepth: 1 }), parts).map(([header, payload]) => `${part(header)}.${payload}.x`),
  );
  const logins = [loginWith(), loginWith(byKeys)];
  const property = fc.asyncProperty(tokens, async (token) => {
    fc.pre(token !== good);
    for (const login of logins) expect((await login.verify(token)).kind).toBe("refused");
  });
  await fc.assert(property, { numRuns: 3000 });
});

test("settings show nothing of the secret, wherever they are written", () => {
  const settings = { secret: createSecretKey(Buffer.from(SECRET)) };
  expect(JSON.stringify(settings) + Bun.inspect(settings) + String(settings.secret)).not.toContain(SECRET);
});

import { expect, test } from "bun:test";
import type { Parsed } from "../../src/protocol/request.ts";
import { RequestChecks } from "../../src/server/request-checks.ts";
import type { Limits } from "../../src/server/settings.ts";
import { ConnectionStage } from "../support/wire.ts";

const SEND: Parsed = { kind: "send", request: { kind: "send", content: "x", key: null, reply: null } };
const ONE_FRAME = { fragments: 1, deflatedBytes: 0 };

/** The checks of a sender that has no connection. */
function checksOf(limits: Partial<Limits>) {
  const { address, context } = new ConnectionStage(limits);
  const kinds: unknown[] = [];
  const checks = new RequestChecks("/", address, { ...context, requested: (kind) => void kinds.push(kind) });
  const check = (parsed = SEND, size = 20) => checks.check("An", size, ONE_FRAME, () => parsed);
  return { checks, check, kinds, address };
}

test("a request is checked and charged without a connection, as a post over HTTP would be", () => {
  const { checks, check, kinds, address } = checksOf({ requests: { perSecond: 0.001, burst: 2 } });
  expect(check()).toMatchObject({ kind: "accept", request: { kind: "send", content: "x" }, size: 20 });
  expect(check({ kind: null, ref: 7, refusal: { reason: "UnknownType" } })).toEqual({
    kind: "refuse",
    refusal: { reason: "UnknownType" },
    ref: 7,
    size: 20,
  });
  expect(check()).toMatchObject({ kind: "refuse", refusal: { reason: "TooManyRequests", type: "send" } });
  expect([checks.pending.bytes, address.pending.bytes]).toEqual([60, 60]);
  expect(check()).toMatchObject({ kind: "refuse" });
  expect(check()).toEqual({ kind: "flood" });
  expect(checks.pending.bytes).toBe(80);
  expect(kinds).toEqual(["send", null, "send", "send"]);
});

test("a request beyond the sender's limit of waiting bytes is an overload, and is not charged", () => {
  const { checks, check } = checksOf({ connectionPendingBytes: 50 });
  expect([check().kind, check().kind, check().kind]).toEqual(["accept", "accept", "overload"]);
  expect(checks.pending.bytes).toBe(40);
  checks.pending.release(40);
  expect(check().kind).toBe("accept");
});

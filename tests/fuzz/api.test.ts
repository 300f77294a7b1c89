/** The API against its own document: it answers nothing that the document does not describe, whatever is asked. */
import { expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv, { type ValidateFunction } from "ajv/dist/2020";
import fc from "../support/chance.ts";
import { createToken } from "../support/program.ts";
import { type ChatServer, startServer } from "../support/server.ts";

type Arbitrary<T> = fc.Arbitrary<T>;
type Schema = Record<string, unknown> & {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
};
interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  schema: Schema;
}
interface Described {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content: Record<string, { schema: Schema }> }>;
}
interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

/** What is asked for. */
interface Asked {
  readonly path: Record<string, string>;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What is often of importance somewhere. */
const ODD = fc.constantFrom<unknown>(null, -1, 0, 1.5, 2 ** 53, "", "\ud800", "\0", [], {}, true, "-", "An");

/** A value as a schema has it, or now and then another. */
function anyOf(schema: Schema, { components }: Document): Arbitrary<unknown> {
  const { $ref } = schema;
  if ($ref !== undefined)
    return anyOf(components.schemas[$ref.replace("#/components/schemas/", "")] ?? {}, {
      components,
      paths: {},
    });
  return fc.oneof(
    { arbitrary: rightOf(schema, { components, paths: {} }), weight: 9 },
    { arbitrary: ODD, weight: 1 },
  );
}

function rightOf(schema: Schema, document: Document): Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const [type] = [schema.type].flat();
  switch (type) {
    case "object": {
      const keys = Object.entries(schema.properties ?? {}).map(([name, each]) => [
        name,
        anyOf(each, document),
      ]);
      return fc.record(Object.fromEntries(keys), { requiredKeys: [] });
    }
    case "array":
      return fc.array(anyOf(schema.items ?? {}, document), { maxLength: 3 });
    case "integer":
      return fc.oneof(fc.integer({ min: 0, max: 12 }), fc.maxSafeInteger());
    case "boolean":
      return fc.boolean();
    default:
      return fc.oneof(
        fc.stringMatching(new RegExp(String(schema.pattern ?? "^[a-z]{1,9}$"))),
        fc.constantFrom("An", "-", "tea", "👍", "spam", "https://example.org"),
        fc.string({ unit: "grapheme", maxLength: 30 }),
      );
  }
}

function textOf(arbitrary: Arbitrary<unknown>): Arbitrary<string> {
  return arbitrary.map((value) => (typeof value === "string" ? value.toWellFormed() : JSON.stringify(value)));
}

/** Parts of paths that chance would not find. `fresh` becomes the id of a message of the keeper's. */
const PARTS: Readonly<Record<string, Arbitrary<string>>> = {
  room: fc.constantFrom("-", "tea", "tea", "Tea", ".."),
  emoji: fc.constantFrom("👍", "❤️", "a", "👍👍"),
  id: fc.constantFrom("fresh", "fresh", "1", "7", "900", "0", "x", "9007199254740992"),
};

function askedOf({ parameters, requestBody }: Described, document: Document): Arbitrary<Asked> {
  const of = (place: Parameter["in"]): Arbitrary<Record<string, string>> =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((each) => each.in === place)
          .map(({ name, schema }) => [name, PARTS[name] ?? textOf(anyOf(schema, document))]),
      ),
    );
  // Of those that exclude each other there is often one alone.
  const someOf = (place: Parameter["in"]) =>
    of(place).chain((all) => fc.subarray(Object.entries(all)).map((some) => Object.fromEntries(some)));
  const [media] = Object.values(requestBody?.content ?? {});
  const body = media === undefined ? fc.constant("") : textOf(anyOf(media.schema, document));
  return fc.record({
    path: of("path"),
    query: someOf("query"),
    headers: someOf("header"),
    body,
  });
}

/** Headers hold the characters of Latin-1 that are visible. */
function headerText(text: string): string {
  return text.replace(/[^ -~]/g, "?").trim();
}

async function documentOf(server: ChatServer): Promise<Document> {
  return await (await fetch(server.http("/api/v1/openapi.json"))).json();
}

test("the document is valid OpenAPI 3.1", async () => {
  await using server = await startServer();
  const document = await documentOf(server);
  const { valid, errors } = await new Validator().validate({ ...document });
  expect([valid, errors]).toEqual([true, undefined]);
});

test("no request has an answer that the document does not describe", async () => {
  await using server = await startServer(["--no-limits"]);
  const document = await documentOf(server);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ ...document, $id: "document" });
  const validators = new Map<Schema, ValidateFunction>();
  const validatorOf = (schema: Schema) => {
    const pointer = schema.$ref === undefined ? schema : { $ref: `document${schema.$ref}` };
    const validator = validators.get(schema) ?? ajv.compile(pointer);
    validators.set(schema, validator);
    return validator;
  };
  const hook = await createToken(server, "CI", "--hook");
  const tokens = [
    await createToken(server, "Keeper", "--scope", "read,post,edit,moderate,rooms,diagnose"),
    await createToken(server, "Reader", "--scope", "read", "--room", "tea"),
    "cbt_none",
  ];
  /** The id of a message of the keeper's that nothing has happened to. */
  const freshId = async (room = "-") => {
    const answer = await fetch(server.http(`/api/v1/rooms/${room}/messages`), {
      method: "POST",
      headers: { Authorization: `Bearer ${tokens[0]}` },
      body: '{"content":"own"}',
    });
    return String((await answer.json()).id ?? 1);
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  );
  const seen = new Set<string>();
  const asked = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      asked: askedOf(operation.described, document),
      token: fc.oneof({ arbitrary: fc.constant(tokens[0] ?? ""), weight: 5 }, fc.constantFrom(...tokens)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(asked, async ({ operation: { path, method, described }, asked, token }) => {
      if (asked.path.id === "fresh") asked.path.id = await freshId(asked.path.room);
      const isHook = described.operationId === "postByHook";
      const target = path.replace(/\{(\w+)\}/g, (_, name) =>
        isHook
          ? hook.slice(hook.lastIndexOf("/") + 1)
          : encodeURIComponent(asked.path[name] ?? "").replace(/^\.+$/, "x"),
      );
      const headers = Object.fromEntries(
        Object.entries(asked.headers).map(([name, text]) => [name, headerText(text)]),
      );
      const response = await fetch(server.http(`/api/v1${target}?${new URLSearchParams(asked.query)}`), {
        method: method.toUpperCase(),
        headers: {
          ...headers,
          Authorization: `Bearer ${token}`,
          ...(isHook ? { "Content-Type": "application/json" } : {}),
        },
        ...(described.requestBody === undefined ? {} : { body: asked.body }),
      });
      const what = `${described.operationId} ${response.status}`;
      const type = (response.headers.get("Content-Type") ?? "").replace(/;.*/, "");
      const schema = described.responses[response.status]?.content[type]?.schema;
      if (type === "text/event-stream") {
        await response.body?.cancel();
        expect([what, schema]).toEqual([what, { type: "string" }]);
      } else {
        const text = await response.text();
        const value: unknown = type === "text/plain" ? text : JSON.parse(text);
        expect([what, type, schema !== undefined]).toEqual([what, type, true]);
        const validate = validatorOf(schema ?? {});
        expect([what, value, validate(value), validate.errors]).toEqual([what, value, true, null]);
      }
      seen.add(what);
    }),
    { numRuns: 2_000 },
  );
  // Each operation was done, and not only refused.
  const done = new Set([...seen].filter((what) => / 20[01]$/.test(what)).map((what) => what.split(" ")[0]));
  const missing = operations.map(({ described }) => described.operationId).filter((id) => !done.has(id));
  expect(missing).toEqual([]);
});

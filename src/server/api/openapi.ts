import { SCOPES } from "../../protocol/kinds/tokens.ts";
import { type ApiOperation, MAIN_ROOM_SEGMENT, OPERATIONS } from "./operations.ts";
import { ref, SCHEMAS, type Schema } from "./schemas.ts";

/** The problems that every operation can have. */
const COMMON = [401, 403, 404, 413, 429, 503];

const PARTS: Readonly<Record<string, Schema>> = {
  room: {
    schema: { type: "string", pattern: `^(${MAIN_ROOM_SEGMENT}|[a-z0-9][a-z0-9\\-_.]{0,63})$` },
    description: "The name of the room; `-` is the main room.",
  },
  id: { schema: { type: "integer", minimum: 1 }, description: "The id of the message." },
  emoji: { schema: { type: "string" }, description: "One emoji, percent-encoded." },
};

/** The OpenAPI document of the API, which is written from the operations themselves. @param server its own address */
export function openApiDocument(version: string, server: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "classic-chatbox", version, description: "The chat for programs. See docs/api.md." },
    servers: [{ url: server }],
    security: [{ token: [] }],
    paths: { ...paths, "/hooks/{hook}": { post: HOOK } },
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: `Made by the command \`token create\`. Its scopes are some of ${SCOPES.join(", ")}.`,
        },
      },
      schemas: SCHEMAS,
    },
  };
}

function describe(operation: ApiOperation): object {
  const { id, path, summary, scope, parameters = [], body, status, answer, problems } = operation;
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...PARTS[name],
  }));
  const content =
    answer === null
      ? { "text/event-stream": { schema: { type: "string" } } }
      : { "application/json": { schema: answer } };
  return {
    operationId: id,
    summary,
    description: `Needs the scope \`${scope}\`.`,
    parameters: [...parts, ...parameters],
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: { [status]: { description: "Done.", content }, ...problemsOf([...COMMON, ...problems]) },
  };
}

const HOOK = {
  operationId: "postByHook",
  summary: "Post a message with nothing but this address, as Slack and Mattermost take it",
  security: [],
  parameters: [
    {
      name: "hook",
      in: "path",
      required: true,
      schema: { type: "string" },
      description: "The secret of the hook.",
    },
  ],
  requestBody: {
    required: true,
    content: {
      "application/json": { schema: ref("HookMessage") },
      "application/x-www-form-urlencoded": {
        schema: { type: "object", properties: { payload: { type: "string" } }, required: ["payload"] },
      },
      "text/plain": { schema: { type: "string" } },
    },
  },
  responses: {
    200: { description: "Stored.", content: { "text/plain": { schema: { const: "ok" } } } },
    ...problemsOf([202, 400, 403, 404, 413, 429, 503]),
  },
};

function problemsOf(statuses: readonly number[]): object {
  const content = { "application/problem+json": { schema: ref("Problem") } };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: "Not done: see `reason`.", content }]),
  );
}

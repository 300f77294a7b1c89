import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkImports } from "../../scripts/imports.ts";
import { TemporaryFolder } from "../support/server.ts";

const projectFolder = join(import.meta.dir, "..", "..");
const folder = new TemporaryFolder();

const settings = {
  "package.json": JSON.stringify({
    version: "1.0.0",
    dependencies: { pino: "1" },
    devDependencies: { ws: "1" },
  }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "Preserve",
      moduleResolution: "bundler",
      jsx: "react-jsx",
      noEmit: true,
      types: [],
    },
    include: ["src"],
  }),
};
const value = "export const value = 1;\nexport interface Shape {\n  value: number;\n}\n";

type Tree = Readonly<Record<string, string>>;

async function makeProject(tree: Tree): Promise<string> {
  const root = mkdtempSync(join(folder.path, "project-"));
  for (const [path, text] of Object.entries({ ...settings, ...tree })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    await Bun.write(join(root, path), text);
  }
  return root;
}

test("the project's own imports follow the rules", async () => {
  expect(await checkImports(projectFolder)).toEqual([]);
});

test("imports along the arrows, of dependencies, of the runtime and of package.json are allowed", async () => {
  const root = await makeProject({
    "src/protocol/a.ts": value,
    "src/room/a.ts": 'import "../protocol/a.ts";\n',
    "src/engine/a.ts": 'import "../protocol/a.ts";\nimport "../room/a.ts";\nimport "node:fs";\n',
    "src/server/a.ts":
      'import "../engine/a.ts";\nimport "../room/a.ts";\nimport "pino/file.js";\nimport "bun";\n',
    "src/cli/a.ts": 'import "../server/a.ts";\nimport { version } from "../../package.json";\n',
    "src/client/a.ts": 'import type { Shape } from "../protocol/a.ts";\n',
    "src/web/a.ts": 'import "../client/a.ts";\nimport "../protocol/a.ts";\nimport "./b.ts";\n',
    "src/web/b.ts": value,
    "src/web/c.tsx": "export const shown = <p>text</p>;\n",
    "src/server/pages.ts": 'export const page = new URL("../web/page.html", import.meta.url);\n',
    "tests/a.ts": 'import "../src/room/a.ts";\n',
  });
  expect(await checkImports(root)).toEqual([]);
});

const forbidden: readonly (readonly [fact: string, tree: Tree, violations: readonly string[]])[] = [
  [
    "protocol imports nothing of ours",
    { "src/protocol/a.ts": 'import "../room/b.ts";\n', "src/room/b.ts": value },
    ["src/protocol/a.ts:1 imports ../room/b.ts: protocol may not import another folder"],
  ],
  [
    "room does not import engine",
    { "src/room/a.ts": 'import "../engine/b.ts";\n', "src/engine/b.ts": value },
    ["src/room/a.ts:1 imports ../engine/b.ts: room may import only protocol"],
  ],
  [
    "engine does not import server",
    { "src/engine/local/a.ts": 'import "../../server/b.ts";\n', "src/server/b.ts": value },
    ["src/engine/local/a.ts:1 imports ../../server/b.ts: engine may import only room, protocol"],
  ],
  [
    "server imports neither client nor web",
    {
      "src/server/a.ts": 'import "../client/b.ts";\nimport page from "../web/page.html";\n',
      "src/client/b.ts": value,
      "src/web/page.html": "<p></p>",
    },
    [
      "src/server/a.ts:1 imports ../client/b.ts: server may import only engine, room, protocol",
      "src/server/a.ts:2 imports ../web/page.html: server may import only engine, room, protocol",
    ],
  ],
  [
    "cli does not import web",
    { "src/cli/a.ts": 'import "../web/b.ts";\n', "src/web/b.ts": value },
    ["src/cli/a.ts:1 imports ../web/b.ts: cli may import only server, terminal, engine, room, protocol"],
  ],
  [
    "client does not import room",
    { "src/client/a.ts": 'import "../room/b.ts";\n', "src/room/b.ts": value },
    ["src/client/a.ts:1 imports ../room/b.ts: client may import only protocol"],
  ],
  [
    "web does not import server",
    { "src/web/a.tsx": 'import "../server/b.ts";\n', "src/server/b.ts": value },
    ["src/web/a.tsx:1 imports ../server/b.ts: web may import only client, protocol"],
  ],
  [
    "every way to write an import counts",
    {
      "src/room/a.ts": [
        "// import '../engine/b.ts' in a comment is not an import",
        'import type { Shape } from "../engine/b.ts";',
        'import { type Shape as Shape2 } from "../engine/b.ts";',
        'export type { Shape as Shape3 } from "../engine/b.ts";',
        'export * from "../engine/b.ts";',
        'export type Shape4 = import("../engine/b.ts").Shape;',
        "export const late = () => import(`../engine/b.ts`);",
        "export const text = \"import '../engine/b.ts'\";",
        'export const old = require("../engine/b.ts");',
      ].join("\n"),
      "src/engine/b.ts": value,
    },
    [2, 3, 4, 5, 6, 7, 9].map(
      (line) => `src/room/a.ts:${line} imports ../engine/b.ts: room may import only protocol`,
    ),
  ],
  [
    "src imports no tests, bench or scripts",
    {
      "src/cli/a.ts":
        'import "../../tests/b.ts";\nimport "../../bench/b.ts";\nimport "../../scripts/b.mjs";\n',
      "tests/b.ts": value,
      "bench/b.ts": value,
      "scripts/b.mjs": value,
    },
    ["tests/b.ts", "bench/b.ts", "scripts/b.mjs"].map(
      (path, index) =>
        `src/cli/a.ts:${index + 1} imports ../../${path}: src may not import anything from outside`,
    ),
  ],
  [
    "src imports no package that is not among the dependencies",
    { "src/server/a.ts": 'import "ws";\nimport type { X } from "@scope/name/part";\nimport "pino";\n' },
    [
      "src/server/a.ts:1 imports ws: ws is not among the dependencies",
      "src/server/a.ts:2 imports @scope/name/part: @scope/name is not among the dependencies",
    ],
  ],
  [
    "protocol, room and client import no node: and bun modules",
    {
      "src/protocol/a.ts": 'import "node:crypto";\n',
      "src/room/a.ts": 'import "bun";\n',
      "src/client/a.ts": 'import "bun:sqlite";\n',
    },
    [
      "src/client/a.ts:1 imports bun:sqlite: client may not use node: and bun modules",
      "src/protocol/a.ts:1 imports node:crypto: protocol may not use node: and bun modules",
      "src/room/a.ts:1 imports bun: room may not use node: and bun modules",
    ],
  ],
  [
    "an import names a file exactly",
    {
      "src/room/a.ts": 'import "./b";\nimport "../protocol";\n',
      "src/room/b.ts": value,
      "src/protocol/c.ts": value,
    },
    [
      "src/room/a.ts:1 imports ./b: the file does not exist",
      "src/room/a.ts:2 imports ../protocol: the file does not exist",
    ],
  ],
  [
    "files do not import each other in a circle, not even for types",
    {
      "src/room/a.ts": 'import { value } from "./b.ts";\nexport type A = typeof value;\n',
      "src/room/b.ts": 'import { value as c } from "./c.ts";\nexport const value = c;\n',
      "src/room/c.ts": 'import type { A } from "./a.ts";\nexport const value: A = 1;\n',
      "src/room/d.ts": 'import "./a.ts";\n',
    },
    ["a cycle: src/room/a.ts -> src/room/b.ts -> src/room/c.ts -> src/room/a.ts"],
  ],
  [
    "a source file is in one of the known folders",
    { "src/helpers/a.ts": value, "src/b.ts": value },
    ["src/b.ts", "src/helpers/a.ts"].map(
      (file) =>
        `${file} is not in one of the folders protocol, room, engine, server, cli, client, node, terminal, web`,
    ),
  ],
];

test.each(forbidden)("%s", async (_fact, tree, violations) => {
  expect(await checkImports(await makeProject(tree))).toEqual([...violations]);
});

test("a source file that tsconfig.json leaves out is an error", async () => {
  const root = await makeProject({ "src/room/a.js": value });
  expect(await checkImports(root)).toEqual([
    "src/room/a.js is not covered by tsconfig.json, so nothing checks it",
  ]);
});

test("the command prints each violation and exits with 1", async () => {
  const root = await makeProject({ "src/room/a.ts": 'import "node:fs";\n' });
  const script = join(projectFolder, "scripts", "imports.ts");
  const child = Bun.spawn([process.execPath, script, root], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe(
    "src/room/a.ts:1 imports node:fs: room may not use node: and bun modules\n",
  );
  expect(await child.exited).toBe(1);
});

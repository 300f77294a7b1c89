/**
 * The import check: `bun scripts/imports.ts [FOLDER]` reads every source file under FOLDER/src (this project's by
 * default), prints what breaks the rules below, and exits with 1 if anything does.
 *
 * Imports are those that TypeScript's own parser finds, including type-only imports, and calls of `require`. The check
 * cannot see an import whose name is computed at run time.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { isCallExpression, isIdentifier, isStringLiteralLikeNode } from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/async";

/** The folders of src, and the other folders that each may import. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  room: ["protocol"],
  engine: ["room", "protocol"],
  server: ["engine", "room", "protocol"],
  cli: ["server", "terminal", "engine", "room", "protocol"],
  client: ["protocol"],
  node: ["client"],
  terminal: ["node", "client", "protocol"],
  web: ["client", "protocol"],
};

/** Folders whose code runs anywhere, or gets clock, disk and network passed in. */
const WITHOUT_RUNTIME: readonly string[] = ["protocol", "room", "client"];

/** One import. Paths are relative to the checked folder, with forward slashes. */
interface Import {
  readonly from: string;
  /** 1-based. */
  readonly line: number;
  readonly specifier: string;
}

/** What a specifier refers to. */
type Target =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "runtime" }
  | { readonly kind: "package"; readonly name: string };

/**
 * Checks a project.
 * @param root its folder, with package.json, tsconfig.json and src
 * @returns one sentence for each violation; empty if there are none
 */
export async function checkImports(root: string): Promise<string[]> {
  const files = sourceFiles(root);
  const importsByFile = await readImports(root, files);
  const imports = [...importsByFile.values()].flat();
  const dependencies = readDependencies(root);
  return [
    ...files
      .filter((file) => !Object.hasOwn(ARROWS, folderOf(file)))
      .map((file) => `${file} is not in one of the folders ${Object.keys(ARROWS).join(", ")}`),
    ...files
      .filter((file) => !importsByFile.has(file))
      .map((file) => `${file} is not covered by tsconfig.json, so nothing checks it`),
    ...imports.flatMap((found) => {
      const fault = faultOf(root, found, dependencies);
      return fault === undefined ? [] : [`${found.from}:${found.line} imports ${found.specifier}: ${fault}`];
    }),
    ...findCycles(graphOf(root, files, imports)).map((cycle) => `a cycle: ${cycle.join(" -> ")}`),
  ];
}

function sourceFiles(root: string): string[] {
  const found = new Bun.Glob("src/**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}").scanSync({ cwd: root });
  return [...found].map((path) => path.split(sep).join("/")).sort();
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

async function readImports(root: string, files: readonly string[]): Promise<Map<string, Import[]>> {
  const api = new API({ cwd: root });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] });
    const program = snapshot.getProjects()[0]?.program;
    const found = new Map<string, Import[]>();
    for (const file of files) {
      const source = await program?.getSourceFile(join(root, file));
      if (source) found.set(file, importsOf(file, source));
    }
    return found;
  } finally {
    await api.close();
  }
}

function importsOf(from: string, source: SourceFile): Import[] {
  // TypeScript lists the imports of a TypeScript file, including type-only imports; it does not count a plain require.
  return [...source.imports, ...requiredNames(source)].filter(isStringLiteralLikeNode).map((name) => ({
    from,
    line: source.getLineAndCharacterOfPosition(name.end).line + 1,
    specifier: name.text,
  }));
}

function requiredNames(node: Node): Node[] {
  const names: Node[] = [];
  if (isCallExpression(node) && isIdentifier(node.expression) && node.expression.text === "require") {
    names.push(...node.arguments);
  }
  node.forEachChild((child) => void names.push(...requiredNames(child)));
  return names;
}

function readDependencies(root: string): ReadonlySet<string> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("dependencies" in manifest)) return new Set();
  return new Set(Object.keys(manifest.dependencies ?? {}));
}

function targetOf(root: string, { from, specifier }: Import): Target {
  if (specifier.startsWith(".") || specifier.startsWith("/")) {
    const path = relative(root, resolve(root, dirname(from), specifier));
    return { kind: "file", path: path.split(sep).join("/") };
  }
  if (specifier === "bun" || specifier.startsWith("bun:") || specifier.startsWith("node:")) {
    return { kind: "runtime" };
  }
  const parts = specifier.split("/");
  return { kind: "package", name: parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/") };
}

function faultOf(root: string, found: Import, dependencies: ReadonlySet<string>): string | undefined {
  const folder = folderOf(found.from);
  const target = targetOf(root, found);
  switch (target.kind) {
    case "runtime":
      return WITHOUT_RUNTIME.includes(folder) ? `${folder} may not use node: and bun modules` : undefined;
    case "package":
      return dependencies.has(target.name) ? undefined : `${target.name} is not among the dependencies`;
    case "file":
      return faultOfFile(root, folder, target.path);
  }
}

function faultOfFile(root: string, folder: string, path: string): string | undefined {
  if (!statSync(join(root, path), { throwIfNoEntry: false })?.isFile()) return "the file does not exist";
  // It contains the version.
  if (path === "package.json" && !WITHOUT_RUNTIME.includes(folder)) return undefined;
  if (!path.startsWith("src/")) return "src may not import anything from outside";
  const goal = folderOf(path);
  const allowed = ARROWS[folder] ?? [];
  if (goal === folder || allowed.includes(goal)) return undefined;
  return allowed.length === 0
    ? `${folder} may not import another folder`
    : `${folder} may import only ${allowed.join(", ")}`;
}

type Graph = ReadonlyMap<string, readonly string[]>;

function graphOf(root: string, files: readonly string[], imports: readonly Import[]): Graph {
  const graph = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const found of imports) {
    const target = targetOf(root, found);
    if (target.kind === "file" && graph.has(target.path)) graph.get(found.from)?.push(target.path);
  }
  return graph;
}

/** Finds at least one cycle in every group of files that import each other in a cycle. */
function findCycles(graph: Graph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of new Set(graph.get(file))) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? dirname(import.meta.dir));
  const violations = await checkImports(root);
  console.log(violations.length === 0 ? "imports: all directions are allowed" : violations.join("\n"));
  process.exit(violations.length === 0 ? 0 : 1);
}

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolesDocument } from "../../scripts/roles.ts";

test("docs/roles.md shows the roles as the code has them; `bun scripts/roles.ts` writes it", () => {
  expect(readFileSync(join(import.meta.dir, "../../docs/roles.md"), "utf8")).toBe(rolesDocument());
});

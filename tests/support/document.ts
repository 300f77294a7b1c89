/** The blocks of code in the project's documents. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(import.meta.dir, "../..");

export interface Block {
  readonly language: string;
  readonly code: string;
}

/** All blocks, in their order. @param document its path in the project */
export function blocksOf(document: string): Block[] {
  const text = readFileSync(join(PROJECT, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({
    language,
    code,
  }));
}

/** The code of the blocks of one language, in their order. */
export function codeIn(document: string, language: string): string[] {
  return blocksOf(document).flatMap((block) => (block.language === language ? [block.code] : []));
}

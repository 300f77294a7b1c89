import { InvalidArgumentError } from "commander";

/** The keywords of the policy, without its quotes, which a shell would take off. */
const KEYWORDS = ["self", "none"];
const WILDCARD = /^(https?:\/\/)\*\.(?=.)/i;

/**
 * Reads who may show the chat in a frame, as the policy writes it.
 *
 * @throws InvalidArgumentError with one sentence when the policy has no such source
 */
export function parseFrameAncestor(text: string): string {
  const keyword = text.replace(/^'(.*)'$/, "$1").toLowerCase();
  if (KEYWORDS.includes(keyword)) return `'${keyword}'`;
  const plain = text.replace(WILDCARD, "$1").replace(/\/$/, "").toLowerCase();
  const url = URL.parse(plain);
  // A semicolon would end the directive, and URLs may have one in their host.
  if (url === null || url.origin !== plain || !/^https?:\/\/[\w.:[\]-]+$/.test(plain)) {
    throw new InvalidArgumentError(
      "It must be an origin such as https://example.org or https://*.example.org, self, or none.",
    );
  }
  return WILDCARD.test(text) ? plain.replace("://", "://*.") : plain;
}

/**
 * All who may show the chat in a frame; null for anybody.
 *
 * @throws InvalidArgumentError when some may and nobody may
 */
export function frameAncestorsOf(sources: readonly string[] | undefined): readonly string[] | null {
  if (sources === undefined) return null;
  if (sources.includes("'none'") && new Set(sources).size > 1) {
    throw new InvalidArgumentError("--frame-ancestors: none stands alone, since it forbids all frames.");
  }
  return sources;
}

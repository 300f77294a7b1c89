/**
 * Allows nothing but this origin's own files and sockets, and no text of the wire to become markup or script.
 * `'self'` covers this origin's WebSockets as well (CSP level 3; Safari since 15.4).
 */
const CONTENT_SECURITY_POLICY = policyWith("'self' blob:");

/** For people who have chosen a background picture by its address: their own page may fetch pictures from elsewhere. */
const POLICY_WITH_PICTURES = policyWith("'self' blob: https:");

/** The page asks for that policy by a cookie, which says nothing about the person. */
const WANTS_PICTURES = /(?:^|;\s*)classic-chatbox-pictures=1(?:;|$)/;

export const SECURITY_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  // Otherwise a page that loads nothing from elsewhere without permission (COEP) could not have the chat in a frame.
  // Other pages can load everything either way.
  "Cross-Origin-Resource-Policy": "cross-origin",
};

type Headers = Readonly<Record<string, string>>;

/** The headers of pages. */
export interface PageHeaders {
  readonly strict: Headers;
  /** Those of a page that may fetch pictures from elsewhere. */
  readonly withPictures: Headers;
}

/**
 * The headers of pages, which say who may have them in a frame.
 *
 * @param frameAncestors the sources of the policy's directive; null for anybody: people put a chat box into a frame on their own
 *   site. Browsers keep the storage of a frame on a foreign site apart, and no cookie says who somebody is, so that a click there is
 *   that of a stranger. Only pages of the chat's own site could have owners click on what they do not see.
 */
export function pageHeaders(frameAncestors: readonly string[] | null): PageHeaders {
  const withAncestors = (policy: string) =>
    frameAncestors === null ? policy : `${policy}; frame-ancestors ${frameAncestors.join(" ")}`;
  return {
    strict: {
      ...SECURITY_HEADERS,
      "Content-Security-Policy": withAncestors(CONTENT_SECURITY_POLICY),
      // A page with COEP asks its frames to load nothing without permission, too. This one loads its own files only.
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
    withPictures: {
      ...SECURITY_HEADERS,
      "Content-Security-Policy": withAncestors(POLICY_WITH_PICTURES),
      // Other sites' pictures come without their permission, and so without cookies.
      "Cross-Origin-Embedder-Policy": "credentialless",
    },
  };
}

/**
 * In a sandboxed frame the page has no origin, and its own files belong to another one. Anybody may read them. A page with COEP
 * runs the script of a worker only if it has COEP as well.
 */
export const FILE_HEADERS = {
  ...SECURITY_HEADERS,
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Access-Control-Allow-Origin": "*",
};

/** For a file whose name changes with its contents. */
export const CACHE_ASSET = "public, max-age=31536000, immutable";
export const CACHE_PAGE = "no-cache";
/** For the script that host sites include, which is always at the same address. */
export const CACHE_EMBED = "public, max-age=300";
/** For the list of rooms. */
export const CACHE_LIST = "public, max-age=2";
export const CACHE_ICON = "public, max-age=86400";

/** Whether a browser asks for pages whose policy allows pictures from elsewhere. */
export function wantsPictures(request: Request): boolean {
  return WANTS_PICTURES.test(request.headers.get("Cookie") ?? "");
}

function policyWith(pictures: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${pictures}`,
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    // It makes the address of the page's worker, and of nothing else (web/page/solver.ts).
    "trusted-types chatbox-worker",
  ].join("; ");
}

/**
 * Allows nothing but this origin's own files and sockets, and no text of the wire to become markup or script.
 * `'self'` covers this origin's WebSockets as well (CSP level 3; Safari since 15.4).
 *
 * There is deliberately no `frame-ancestors`: people put a chat box into a frame on their own site. A foreign page gains
 * nothing by framing it, since no cookie or other standing right comes with a click.
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

/** A page with COEP asks its frames to load nothing without permission, too. This one loads its own files only. */
export const PAGE_HEADERS = { ...SECURITY_HEADERS, "Cross-Origin-Embedder-Policy": "require-corp" };

export const PAGE_HEADERS_WITH_PICTURES = {
  ...PAGE_HEADERS,
  "Content-Security-Policy": POLICY_WITH_PICTURES,
  // Other sites' pictures come without their permission, and so without cookies.
  "Cross-Origin-Embedder-Policy": "credentialless",
};

/**
 * In a sandboxed frame the page has no origin, and its own files belong to another one. Anybody may read them. A page with COEP
 * runs the script of a worker only if it has COEP as well.
 */
export const FILE_HEADERS = { ...PAGE_HEADERS, "Access-Control-Allow-Origin": "*" };

/** For a file whose name changes with its contents. */
export const CACHE_ASSET = "public, max-age=31536000, immutable";
export const CACHE_PAGE = "no-cache";
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

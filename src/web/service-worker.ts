/**
 * The service worker. It shows the page while the server cannot be reached, and notifications where only a service worker can. It
 * is a file of its own, whose address never changes; `page/service.ts` registers it.
 *
 * The server always comes first: what is kept here is shown only if no page comes from there. It is the page as everybody gets it,
 * for any room, and its files. Nothing else is kept: no address that somebody has visited, and no message.
 */

import { cacheNameOf } from "./page/page-cache.ts";

/** What TypeScript's types of a window lack. */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith(response: Promise<Response>): void;
}
interface Telling extends Lasting {
  readonly data: unknown;
}
interface Clicking extends Lasting {
  readonly notification: Notification;
}
interface PageClient {
  readonly url: string;
  focus(): Promise<unknown>;
}
interface Scope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly PageClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Telling) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Clicking) => void): void;
}
declare const self: Scope;

/** A server that answers nothing for so long is shown as one that is down, if the page is kept. The answer is kept when it comes. */
const PATIENCE_MS = 5_000;
/** How long a page is kept. A worker that nobody replaces must not show an old page for ever. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** What a proxy answers for a server that is down. */
const DOWN = [502, 503, 504];
const KEPT_AT = "X-Kept-At";
/** What only the chat's own page has in it. */
const MARK = ' data-worker="';

const root = self.registration.scope;
const cacheName = cacheNameOf(root);

// A worker of another version keeps nothing that this one could not use.
self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) =>
  event.waitUntil(
    Promise.all([
      self.clients.claim(),
      // Otherwise each page would wait until this worker runs.
      self.registration.navigationPreload?.enable(),
    ]),
  ),
);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const key = keyOf(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && key !== null) event.respondWith(page(event, key));
  else if (isFile(request.url)) event.respondWith(file(request));
});

/** A page says which files it has loaded, and in which room. */
self.addEventListener("message", (event) => {
  const { data } = event;
  if (typeof data !== "object" || data === null || !("files" in data) || !("page" in data)) return;
  const { files, page } = data;
  if (!Array.isArray(files) || typeof page !== "string") return;
  event.waitUntil(keepAll(page, files.map(String).filter(isFile)));
});

self.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  if (typeof notification.data?.path === "string") event.waitUntil(show(notification.data.path));
});

/** What the page of a room is kept as; null for any other address. All rooms have the same page, but for what leads to the root. */
function keyOf(address: string): string | null {
  const { origin, pathname, search } = new URL(address);
  const path = origin + pathname;
  if (search !== "" || !path.startsWith(root)) return null;
  if (path === root) return root;
  return /^rooms\/[^/]+$/.test(path.slice(root.length)) ? `${root}rooms/any` : null;
}

/** Whether an address is that of a file with a hash in its name, which never means anything else. */
function isFile(address: string): boolean {
  return address.startsWith(`${root}assets/`) && /-[0-9a-f]{32}\.\w+$/.test(address);
}

/** The page of a room: that of the server, or the one that is kept. */
async function page(event: Fetching, key: string): Promise<Response> {
  const answer = event.preloadResponse
    .then((preloaded) => preloaded ?? fetch(event.request))
    .then(async (response) => {
      event.waitUntil(keepPage(key, response.clone()));
      return response;
    });
  event.waitUntil(answer.catch(() => {}));
  const isDown = answer.then(
    ({ status }) => DOWN.includes(status),
    () => true,
  );
  const isLate = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), PATIENCE_MS));
  if (!(await Promise.race([isDown, isLate]))) return answer;
  return (await keptPage(key)) ?? answer;
}

async function keptPage(key: string): Promise<Response | undefined> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(key, { ignoreVary: true });
  if (kept === undefined) return undefined;
  const age = Date.now() - Number(kept.headers.get(KEPT_AT));
  if (age >= 0 && age < KEPT_MS) return kept;
  await caches.delete(cacheName);
  return undefined;
}

/** Keeps an answer of the server if it is the chat's page. If it is another page, there is no chat here any more. */
async function keepPage(key: string, response: Response): Promise<void> {
  if (
    !response.ok ||
    response.redirected ||
    !/^text\/html\b/.test(response.headers.get("Content-Type") ?? "")
  )
    return;
  const text = await response.text();
  if (!text.includes(MARK)) return void (await caches.delete(cacheName));
  const before = await (await caches.open(cacheName)).match(key, { ignoreVary: true });
  // Another version has other files. Those that are still in use are kept again.
  if (before !== undefined && (await before.text()) !== text) await caches.delete(cacheName);
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.set(KEPT_AT, String(Date.now()));
  await (await caches.open(cacheName)).put(key, new Response(text, { headers }));
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.url, { ignoreVary: true });
  return kept ?? fetch(request);
}

async function keepAll(pageAddress: string, files: readonly string[]): Promise<void> {
  const key = keyOf(pageAddress);
  if (key !== null && (await keptPage(key)) === undefined)
    await keepPage(key, await fetch(pageAddress, { redirect: "error" }));
  const cache = await caches.open(cacheName);
  const isKept = await Promise.all(files.map((each) => cache.match(each, { ignoreVary: true })));
  await cache.addAll(files.filter((_, at) => isKept[at] === undefined));
}

/** Shows the page of a room: the one that is open, or a new one. */
async function show(path: string): Promise<void> {
  const address = new URL(path, root);
  if (keyOf(address.href) === null) return;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const client = open.find(({ url }) => new URL(url).pathname === address.pathname);
  await (client?.focus() ?? self.clients.openWindow(address.href));
}

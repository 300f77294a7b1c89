/** The service worker, as the page uses it. Loaded when somebody is in a room. */
import { CHAT_ROOT } from "./address.ts";
import { cacheNameOf } from "./page-cache.ts";
import { workerAddress } from "./worker-policy.ts";

/** How long after the room is shown its files are kept: until then they load. */
const SETTLED_MS = 3_000;
/** Longer than a service worker takes to start for the first time. */
const READY_MS = 10_000;

/**
 * Has the service worker run, and keep the page and what it has loaded, so that it can be shown while the server is down. Does nothing
 * where there can be none: over plain HTTP, in some private windows, and in frames, where the host's page would not be shown either.
 *
 * @param afterMs how long other parts may still load
 */
export async function keepPage(afterMs = SETTLED_MS): Promise<void> {
  try {
    if (window.parent !== window || !("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(workerAddress("service"));
    const { active } = await navigator.serviceWorker.ready;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const files = performance.getEntriesByType("resource").map(({ name }) => name);
    active?.postMessage({ page: location.origin + location.pathname, files });
  } catch {
    // Then the browser says that the server is down.
  }
}

/** Ends the service worker, and forgets what it keeps. */
export async function forgetPage(): Promise<void> {
  const ending = await registration();
  if (!ending) return;
  await caches.delete(cacheNameOf(ending.scope)).catch(() => {});
  await ending.unregister().catch(() => {});
}

/** The registration of the chat's service worker, once it runs; null if there is none in time. */
export async function activeRegistration(): Promise<ServiceWorkerRegistration | null> {
  if (!("serviceWorker" in navigator)) return null;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), READY_MS));
  return await Promise.race([navigator.serviceWorker.ready, late]);
}

/** The registration of the chat's service worker; undefined if there is none. */
async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  return await navigator.serviceWorker.getRegistration(CHAT_ROOT).catch(() => undefined);
}

import { CHAT_ROOT } from "./address.ts";
import { partAddress } from "./parts.ts";

/** What TypeScript does not know of Trusted Types. What a policy returns is a string to it, as it is for all who use it. */
declare global {
  interface Window {
    readonly trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL(of: string): string },
      ): { createScriptURL(of: string): string };
    };
  }
}

/** The address of the service worker's script, inside the chat. */
const SERVICE_WORKER = "service-worker.js";

let policy: ReturnType<NonNullable<typeof window.trustedTypes>["createPolicy"]> | undefined;

/** The address of a worker's script, in the form that the page's policy asks for. */
export function workerAddress(of: "worker" | "service"): string {
  // The one policy that the server allows (web-headers.ts): it knows two addresses and gives no other.
  policy ??= window.trustedTypes?.createPolicy("chatbox-worker", { createScriptURL: addressOf });
  return policy ? policy.createScriptURL(of) : addressOf(of);
}

function addressOf(of: string): string {
  return of === "service" ? `${CHAT_ROOT}${SERVICE_WORKER}` : partAddress("worker");
}

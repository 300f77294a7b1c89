import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ChatError } from "../../client/errors.ts";
import { health, type ServerHealth } from "../../client/health.ts";
import { errorOf } from "../text/failure.ts";
import { useStores } from "./stores.ts";

/** What the server has said last; null before, and for all but owners. There is one server for a page. */
export const serverHealth = signal<ServerHealth | null>(null);
/** Why it said nothing the last time that it was asked. */
export const serverFault = signal<ChatError | null>(null);

/** Asks the server how it is, now and then, while the page is looked at. @param everyMs null for not at all */
export function useServerHealth(everyMs: number | null): void {
  const { person } = useStores();
  useEffect(() => {
    if (everyMs === null) return;
    const ask = async () => {
      const { chat } = person;
      if (!chat || document.hidden) return;
      const asked = health(chat).then((found) => {
        serverHealth.value = found;
      });
      serverFault.value = (await errorOf(asked)) ?? null;
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

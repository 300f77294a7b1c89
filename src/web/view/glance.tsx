import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Glance } from "../../protocol/glance.ts";
import { fetchGlance } from "../store/glance.ts";
import { GLANCE_WORDS } from "../words/glance.ts";
import { Nickname, nicknameElements } from "./nickname.tsx";
import { useStores } from "./stores.ts";

/** While the page is looked at, it asks again after this time. */
const AGAIN_MS = 30_000;

/** Who is in the room and what was written last, for whoever has not joined yet. Shows nothing until the server says so. */
export function GlanceAtRoom() {
  const { settings } = useStores();
  const words = GLANCE_WORDS[settings.words.value.locale];
  const glance = useSignal<Glance | null>(null);
  useEffect(() => {
    const look = async () => {
      // Without an answer, nobody knows who is there.
      if (!document.hidden) glance.value = await fetchGlance().catch(() => null);
    };
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (!glance.value) return null;
  const { online, people, messages } = glance.value;
  return (
    <section class="glance" aria-label={words.label}>
      <p>
        {online === 0
          ? words.nobody
          : words.here(nicknameElements(people), Math.max(0, online - people.length))}
      </p>
      {messages.length === 0 ? null : (
        <ul>
          {messages.map(({ name, content }, at) => (
            <li key={`${at} ${name} ${content}`} dir="auto">
              <Nickname name={name} /> <span translate={false}>{content}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        {words.open} <a href="?read">{words.read}</a>
      </p>
    </section>
  );
}

import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Content } from "./content.tsx";
import { Nickname } from "./nickname.tsx";
import { useRoomWords, useStores } from "./stores.ts";

/** All loaded messages, for printing. They are in the document only during that time. */
export function Transcript({ title }: { readonly title: string }) {
  const { room, settings, isPrinting } = useStores();
  const words = useRoomWords();
  const messages = useComputed(() =>
    isPrinting.value
      ? room.log.items.value
          .flatMap((item) => (item.kind === "message" ? [room.changes.shown(item.message)] : []))
          .filter(({ id, deleted }) => !deleted && !(id !== null && room.changes.undoable.value.has(id)))
      : [],
  );
  useEffect(() => {
    const set = ({ type }: Event) => {
      isPrinting.value = type === "beforeprint";
    };
    addEventListener("beforeprint", set);
    addEventListener("afterprint", set);
    return () => {
      removeEventListener("beforeprint", set);
      removeEventListener("afterprint", set);
    };
  }, [isPrinting]);
  if (!isPrinting.value) return null;
  const times = settings.times.value;
  return (
    <section class="transcript">
      <h1>{words.transcript(title, times.full(Date.now()))}</h1>
      {messages.value.map(({ id, name, by, time, timestamp, content }) => (
        <article key={id ?? timestamp}>
          <p>
            <Nickname name={name} />
            {room.markBy(by)?.bot ? ` (${words.roster.marks.bot})` : ""}{" "}
            <time>{time === null ? timestamp : times.full(time)}</time>
          </p>
          <Content content={content} name={name} />
        </article>
      ))}
    </section>
  );
}

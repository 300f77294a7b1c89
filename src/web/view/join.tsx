import { nicknameRefusal } from "../text/failure.ts";
import { NicknameForm } from "./nickname-form.tsx";
import { useStores, useWords } from "./stores.ts";

/** Where one chooses a nickname, or another one when the old one was lost. */
export function Join() {
  const { room } = useStores();
  const words = useWords();
  const lost = room.lost.value;
  return (
    <main class="join">
      <section class="card" aria-labelledby="join-title">
        <h2 id="join-title">{words.join.title}</h2>
        <p class="muted">{words.join.lead}</p>
        <NicknameForm
          key={lost?.name}
          label={words.join.nickname}
          button={words.join.button}
          waiting={words.join.waiting}
          first={lost?.name ?? room.remembered}
          refusal={lost ? nicknameRefusal(lost.error, words) : undefined}
        />
      </section>
    </main>
  );
}

import type { Sending } from "../store/item.ts";
import { failureWords } from "../text/failure.ts";
import { Avatar } from "./avatar.tsx";
import { Fold } from "./fold.tsx";
import { Nickname } from "./nickname.tsx";
import { QuoteLink } from "./quote.tsx";
import { useRoomWords, useStores } from "./stores.ts";

interface SendingLineProps {
  readonly sending: Sending;
  readonly name: string;
  readonly head: boolean;
}

/** A message of the user that is being sent or was given up. */
export function SendingLine({ sending, name, head }: SendingLineProps) {
  return (
    <article
      class={`message own ${sending.failure && sending.failure.code !== "Held" ? "failed" : "sending"}${head ? " head" : ""}`}
    >
      {head ? <Avatar name={name} /> : null}
      <header>{head ? <Nickname name={name} /> : null}</header>
      {sending.reply === undefined ? null : <QuoteLink from={null} to={sending.reply} />}
      <Fold rowKey={sending.key} content={sending.content} name={name} />
      <SendingState sending={sending} />
    </article>
  );
}

function SendingState({ sending: { key, failure } }: { readonly sending: Sending }) {
  const { room } = useStores();
  const words = useRoomWords();
  if (!failure) {
    return <p class="state">{room.state.value.kind === "open" ? words.sending : words.sendingLater}</p>;
  }
  const isHeld = failure.code === "Held";
  return (
    <p class={isHeld ? "state" : "state refusal"} role={isHeld ? "status" : "alert"}>
      <span>{isHeld ? words.held : words.failed(failureWords(failure, words))}</span>
      {/* The server has it. Sent again, it would wait twice. */}
      {isHeld ? null : (
        <button type="button" class="quiet" onClick={() => room.retry(key)}>
          {words.retry}
        </button>
      )}
      <button type="button" class="quiet" onClick={() => room.remove(key)}>
        {words.remove}
      </button>
    </p>
  );
}

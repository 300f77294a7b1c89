import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { TAKEN_OVER } from "../../protocol/close.ts";
import { focusOn } from "../page/lifecycle.ts";
import { ENDED_WORDS } from "../words/ended.ts";
import { Nickname } from "./nickname.tsx";
import { useStores, useWords } from "./stores.ts";

interface EndedProps {
  readonly code: number;
  readonly reason: string;
}

/** Shown when the server has closed the connection for good, with what the user can do then. */
export function Ended({ code, reason }: EndedProps) {
  const { room, settings } = useStores();
  const words = ENDED_WORDS[settings.words.value.locale];
  // The nickname is lost with the chat, so it is read once.
  const nickname = useRef(room.nickname.peek() ?? room.suggestedNickname).current;
  const section = useRef<HTMLElement>(null);
  useEffect(() => focusOn(section.current?.querySelector("button")), []);
  return (
    <section
      ref={section}
      class="ended"
      role="alertdialog"
      aria-labelledby="ended-title"
      aria-describedby="ended-text"
    >
      {code === TAKEN_OVER ? (
        <TakenOver nickname={nickname} />
      ) : (
        <>
          <h2 id="ended-title">{words.refusedTitle}</h2>
          <p id="ended-text">
            {words.refused(code)} {words.stays}
          </p>
          <p class="muted">
            <small>{words.code(code, reason)}</small>
          </p>
          <button type="button" class="main" onClick={() => room.restart(nickname)}>
            {words.again}
          </button>
        </>
      )}
    </section>
  );
}

function TakenOver({ nickname }: { readonly nickname: string }) {
  const { room, handover, settings } = useStores();
  const { ended: pageWords } = useWords();
  const words = ENDED_WORDS[settings.words.value.locale];
  const isAsking = useSignal(false);
  const takeOver = async () => {
    isAsking.value = true;
    await handover.requestSession(nickname);
    room.restart(nickname);
  };
  return (
    <>
      <h2 id="ended-title">{pageWords.takenTitle}</h2>
      <p id="ended-text">{words.taken(<Nickname name={nickname} />)}</p>
      <p class="buttons">
        <button type="button" class="main" disabled={isAsking.value} onClick={takeOver}>
          {words.takeOver}
        </button>
        <button type="button" onClick={() => room.restart()}>
          {pageWords.other}
        </button>
      </p>
    </>
  );
}

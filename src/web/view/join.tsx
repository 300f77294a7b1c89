import { useEffect } from "preact/hooks";
import { nicknameRefusal } from "../text/failure.ts";
import { HostLogin } from "./host-login.tsx";
import { loadRoom } from "./load-room.ts";
import { Nickname } from "./nickname.tsx";
import { NicknameForm } from "./nickname-form.tsx";
import { useStores, useWords } from "./stores.ts";

/** Where the user chooses a nickname, or another one after losing it. */
export function Join() {
  const { room, person, handover } = useStores();
  const words = useWords();
  const lost = room.lostNickname.value;
  useEffect(() => void handover.findTabs(), []);
  return (
    <main class="join">
      <section class="card" aria-labelledby="join-title">
        <h2 id="join-title">{words.join.title}</h2>
        <OtherTabs />
        {person.needsLogin ? (
          <HostLogin />
        ) : (
          <>
            <p class="muted">{handover.nicknames.length > 0 ? words.ended.other : words.join.lead}</p>
            <NicknameForm
              key={lost?.name}
              label={words.join.nickname}
              button={words.join.button}
              waiting={words.join.waiting}
              first={lost?.name ?? room.suggestedNickname}
              register={(nickname) => {
                // Meanwhile. If that fails, the room says so.
                loadRoom().catch(() => {});
                return handover.join(nickname);
              }}
              refusal={lost && handover.isForeign(lost.name) ? nicknameRefusal(lost.error, words) : ""}
            />
          </>
        )}
      </section>
    </main>
  );
}

/** The number of other tabs of the room that are listed. */
const TABS_MAX = 3;

/** The other tabs in which the user is already in the room, to continue here instead. */
function OtherTabs() {
  const { handover } = useStores();
  const { ended: words } = useWords();
  const names = handover.nicknames.slice(0, TABS_MAX);
  return (
    <div class="elsewhere" role="status">
      {names.length > 0 ? <p>{words.takenTitle}</p> : null}
      {names.map((name) => (
        <button key={name} type="button" onClick={() => handover.join(name)}>
          {words.goOn(<Nickname name={name} />)}
        </button>
      ))}
    </div>
  );
}

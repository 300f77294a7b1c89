import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { errorOf, nicknameRefusal } from "../text/failure.ts";
import type { PasswordProps } from "./about.tsx";
import { HostLogin } from "./host-login.tsx";
import { lazy } from "./lazy.tsx";
import { loadRoom } from "./load-room.ts";
import { Nickname } from "./nickname.tsx";
import { NicknameForm } from "./nickname-form.tsx";
import { useStores, useWords } from "./stores.ts";

const About = lazy(async () => (await import("./about.tsx")).About);
const MembersOnly = lazy(async () => (await import("./about.tsx")).MembersOnly);
const Password = lazy<PasswordProps>(async () => (await import("./about.tsx")).Password);

/** Where the user chooses a nickname, or another one after losing it. */
export function Join() {
  const stores = useStores();
  const { room, person, moderation, handover } = stores;
  const words = useWords();
  const lost = room.lostNickname.value;
  const password = useSignal("");
  useEffect(() => void handover.findTabs(), []);
  const join = async (nickname: string) => {
    // Meanwhile. If that fails, the room says so.
    loadRoom(stores).catch(() => {});
    const refused = moderation.needsPassword ? await errorOf(person.chat?.enter(password.value)) : undefined;
    const error = refused ?? (await handover.join(nickname));
    if (error) moderation.refused(error);
    return error;
  };
  return (
    <main class="join">
      <section class="card" aria-labelledby="join-title">
        <h2 id="join-title">{words.join.title}</h2>
        <OtherTabs />
        {moderation.keeps.value ? <About /> : null}
        {person.needsLogin ? (
          <HostLogin />
        ) : moderation.needsMembership ? (
          <MembersOnly />
        ) : (
          <>
            <p class="muted">{handover.nicknames.length > 0 ? words.ended.other : words.join.lead}</p>
            <NicknameForm
              key={lost?.name}
              label={words.join.nickname}
              button={words.join.button}
              waiting={words.join.waiting}
              first={lost?.name ?? room.suggestedNickname}
              register={join}
              refusal={lost && handover.isForeign(lost.name) ? nicknameRefusal(lost.error, words) : ""}
            >
              {moderation.needsPassword ? <Password password={password} /> : null}
            </NicknameForm>
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

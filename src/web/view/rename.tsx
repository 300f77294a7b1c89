import { Dialog } from "./dialog.tsx";
import { HostLogin } from "./host-login.tsx";
import { NicknameForm } from "./nickname-form.tsx";
import { useStores, useWords } from "./stores.ts";

export interface RenameProps {
  readonly close: () => void;
}

/** The dialog under the nickname: to change it, or to leave. */
export function Rename({ close }: RenameProps) {
  const { room, person } = useStores();
  const words = useWords();
  const isGiven = (person.identity.value?.name ?? null) !== null;
  return (
    <Dialog title={words.rename.title} name="rename" close={close}>
      {isGiven ? (
        <HostLogin />
      ) : (
        <NicknameForm
          label={words.rename.field}
          button={words.rename.button}
          waiting={words.rename.waiting}
          first={room.nickname.value ?? ""}
          register={(nickname) => room.register(nickname)}
          done={close}
        />
      )}
      <button
        type="button"
        class="quiet"
        onClick={() => {
          close();
          person.isAway.value = isGiven;
          void room.leave();
        }}
      >
        {words.leave}
      </button>
    </Dialog>
  );
}

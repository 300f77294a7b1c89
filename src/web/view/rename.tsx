import { RENAME_WORDS } from "../words/rename.ts";
import { HostLogin } from "./host-login.tsx";
import { Leave } from "./leave.tsx";
import { loadKeyboard } from "./load-keyboard.ts";
import { NicknameForm } from "./nickname-form.tsx";
import { useStores } from "./stores.ts";

export interface RenameProps {
  readonly close: () => void;
}

/** Where the user changes the nickname, or leaves. */
export function Rename({ close }: RenameProps) {
  const { room, person, settings } = useStores();
  const words = RENAME_WORDS[settings.words.value.locale];
  const isGiven = (person.identity.value?.name ?? null) !== null;
  return (
    <>
      {isGiven ? (
        <HostLogin />
      ) : (
        <NicknameForm
          label={words.field}
          button={words.button}
          waiting={words.waiting}
          first={room.nickname.value ?? ""}
          register={(nickname) => room.register(nickname)}
          done={() => {
            close();
            // Once the dialog has given the focus back.
            setTimeout(async () => (await loadKeyboard()).returnToComposer());
          }}
        />
      )}
      <Leave close={close} />
    </>
  );
}

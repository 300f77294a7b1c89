import { LEAVE_WORDS } from "../words/leave.ts";
import { useStores } from "./stores.ts";

/** Leaves the chat. @param close closes the dialog that it is in */
export function Leave({ close }: { readonly close: () => void }) {
  const { room, person, settings } = useStores();
  return (
    <button
      type="button"
      onClick={() => {
        close();
        person.isAway.value = (person.identity.value?.name ?? null) !== null;
        void room.leave();
      }}
    >
      {LEAVE_WORDS[settings.words.value.locale]}
    </button>
  );
}

import type { Message } from "../../client/index.ts";
import { Dialog } from "./dialog.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";
import { lazy } from "./lazy.tsx";
import { reactorsOf } from "./reactions.tsx";
import { type Acting as Act, useStores, useWords } from "./stores.ts";

const ActionsMenu = lazy(async () => (await import("./actions.tsx")).ActionsMenu);

/** What the user has opened to act on a message: its menu, or the emoji to react with. */
export function Acting() {
  const { room, acting } = useStores();
  const act = acting.value;
  if (!act) return null;
  // Read from the rows, so that the menu follows what becomes of the message.
  const message = room.log.items.value && room.log.find(act.id);
  return message && !room.changes.shown(message).deleted ? <Opened act={act} message={message} /> : null;
}

function Opened({ act, message }: { readonly act: Act; readonly message: Message }) {
  const { room, acting } = useStores();
  const words = useWords();
  // The close event of a dialog comes late: another one may be open by then.
  const close = () => {
    if (acting.value === act) acting.value = null;
  };
  if (act.kind === "react") {
    return (
      <EmojiPicker
        title={words.react}
        onPick={(emoji) => {
          room.changes.react(message, emoji);
          close();
        }}
        onClose={close}
      />
    );
  }
  const shown = room.changes.shown(message);
  const reactors = (shown.reactions ?? []).map((each) => reactorsOf(shown, each, room, words));
  return (
    <Dialog title={message.name} name="actions" close={close} place={placeBeside(act.at)}>
      <ActionsMenu message={message} reactors={reactors} close={close} />
    </Dialog>
  );
}

/** The space that a menu has: above or below what opened it, whichever is larger. */
function placeBeside({ top, bottom, right }: DOMRect): Readonly<Record<string, string>> {
  const isBelow = innerHeight - bottom >= top;
  return {
    "--top": isBelow ? `${bottom}px` : "auto",
    "--bottom": isBelow ? "auto" : `${innerHeight - top}px`,
    "--space": `${isBelow ? innerHeight - bottom : top}px`,
    "--end": `${document.documentElement.clientWidth - right}px`,
  };
}

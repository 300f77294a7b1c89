import type { Message } from "../../client/index.ts";
import { Dialog } from "./dialog.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";
import type { GoToDateProps } from "./go-to-date.tsx";
import { lazy } from "./lazy.tsx";
import { loadModerator } from "./load-moderator.ts";
import { reactorsOf } from "./reactions.tsx";
import { type Acting as Act, type Subject, useRoomWords, useStores } from "./stores.ts";

const ActionsMenu = lazy(async () => (await import("./actions.tsx")).ActionsMenu);
const GoToDate = lazy<GoToDateProps>(async () => (await import("./go-to-date.tsx")).GoToDate);
const PersonMenu = lazy(async () => (await import("./person.tsx")).PersonMenu);
const ReportForm = lazy(async () => (await import("./person.tsx")).ReportForm);
const MeasureForm = lazy(async () => (await loadModerator()).MeasureForm);

/** What the user has opened to act on a message or a person, or to go to a date. */
export function Acting() {
  const { acting } = useStores();
  const act = acting.value;
  if (!act) return null;
  if (act.kind === "date") return <ToDate act={act} />;
  return act.kind === "menu" || act.kind === "react" ? <OnMessage act={act} /> : <OnPerson act={act} />;
}

/** @returns what closes a dialog. Its close event comes late: another one may be open by then */
function useClose(act: Act): () => void {
  const { acting } = useStores();
  return () => {
    if (acting.value === act) acting.value = null;
  };
}

function ToDate({ act }: { readonly act: Extract<Act, { readonly kind: "date" }> }) {
  return <GoToDate time={act.time} close={useClose(act)} />;
}

function OnPerson({ act }: { readonly act: Extract<Act, { readonly subject: Subject }> }) {
  const close = useClose(act);
  const { subject } = act;
  if (act.kind === "person") {
    return (
      <Dialog key="person" title={subject.name} name="actions" close={close} place={placeBeside(act.at)}>
        <PersonMenu subject={subject} close={close} />
      </Dialog>
    );
  }
  return (
    <Dialog key={act.kind} title={subject.name} name="measure" close={close}>
      {act.kind === "report" ? (
        <ReportForm subject={subject} close={close} />
      ) : (
        <MeasureForm measure={act.kind} subject={subject} close={close} />
      )}
    </Dialog>
  );
}

/** The menu of a message, or the emoji to react with. */
function OnMessage({ act }: { readonly act: Extract<Act, { readonly id: number }> }) {
  const { room } = useStores();
  // Read from the rows, so that the menu follows what becomes of the message.
  const message = room.log.items.value && room.log.find(act.id);
  return message && !room.changes.shown(message).deleted ? <Opened act={act} message={message} /> : null;
}

interface OpenedProps {
  readonly act: Extract<Act, { readonly id: number }>;
  readonly message: Message;
}

function Opened({ act, message }: OpenedProps) {
  const { room } = useStores();
  const words = useRoomWords();
  const close = useClose(act);
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

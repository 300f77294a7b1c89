import { useSignal } from "@preact/signals";
import { Drawing } from "./icon.tsx";
import { Dialog } from "./dialog.tsx";
import { Help } from "./help.tsx";
import { useModeratorWords } from "./order.ts";
import { Panel } from "./panel.tsx";
import { useStores } from "./stores.ts";

const SHIELD = "M12 3 5 6v5.5c0 4.3 2.9 7.6 7 9.5 4.1-1.9 7-5.2 7-9.5V6l-7-3Z";

/** Opens what moderators look at, and shows how much waits for them. */
export function Moderation() {
  const { moderation } = useStores();
  const words = useModeratorWords();
  const isOpen = useSignal(false);
  const { reports, held } = moderation.waiting.value;
  const waiting = reports + held;
  const isRaid = moderation.isRaid.value;
  return (
    <>
      <button
        type="button"
        class={`quiet round moderation-button${isRaid ? " raid" : ""}`}
        aria-label={words.open(waiting, isRaid)}
        title={words.title}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        <Drawing path={SHIELD} />
        {waiting > 0 ? (
          <span class="badge" aria-hidden="true">
            {waiting > 99 ? "99+" : waiting}
          </span>
        ) : null}
      </button>
      {isOpen.value ? (
        <Dialog
          title={words.title}
          name="moderation"
          close={() => {
            isOpen.value = false;
          }}
        >
          <Panel
            close={() => {
              isOpen.value = false;
            }}
          />
        </Dialog>
      ) : null}
      {moderation.isHelping.value ? (
        <Dialog
          title={words.commands}
          name="help"
          close={() => {
            moderation.isHelping.value = false;
          }}
        >
          <Help />
        </Dialog>
      ) : null}
    </>
  );
}

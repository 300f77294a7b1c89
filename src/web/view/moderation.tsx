import { Dialog } from "./dialog.tsx";
import { Help } from "./help.tsx";
import { Drawing } from "./icon.tsx";
import { useModeratorWords } from "./order.ts";
import { Panel } from "./panel.tsx";
import { serverHealth, useServerHealth } from "./server-health.ts";
import { useStores } from "./stores.ts";

const SHIELD = "M12 3 5 6v5.5c0 4.3 2.9 7.6 7 9.5 4.1-1.9 7-5.2 7-9.5V6l-7-3Z";

/** How often an owner's page asks whether anything needs the operator. */
const LOOK_EVERY_MS = 60_000;

/** Opens what moderators look at, and shows how much waits for them. */
export function ModerationButton() {
  const { moderation } = useStores();
  const words = useModeratorWords();
  const { reports, held } = moderation.waiting.value;
  useServerHealth(moderation.isOwner ? LOOK_EVERY_MS : null);
  const notices = moderation.isOwner ? (serverHealth.value?.notices.length ?? 0) : 0;
  const waiting = reports + held + notices;
  const isRaid = moderation.isRaid.value;
  return (
    <button
      type="button"
      class={`quiet round moderation-button${isRaid ? " raid" : ""}`}
      aria-label={words.open(waiting, isRaid)}
      title={words.title}
      onClick={() => {
        moderation.view.value = "panel";
      }}
    >
      <Drawing path={SHIELD} />
      {waiting > 0 ? (
        <span class="badge" aria-hidden="true">
          {waiting > 99 ? "99+" : waiting}
        </span>
      ) : null}
    </button>
  );
}

/** What a moderator has opened. */
export function ModerationDialog() {
  const { moderation } = useStores();
  const words = useModeratorWords();
  const view = moderation.view.value;
  // The close event of a dialog comes late: another one may be open by then.
  const close = () => {
    if (moderation.view.value === view) moderation.view.value = null;
  };
  return view === "help" ? (
    <Dialog key="help" title={words.commands} name="help" close={close}>
      <Help />
    </Dialog>
  ) : (
    <Dialog key="panel" title={words.title} name="moderation" close={close}>
      <Panel close={close} />
    </Dialog>
  );
}

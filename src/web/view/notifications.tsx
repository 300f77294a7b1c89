import { useSignal } from "@preact/signals";
import { chime, type NotificationFault, notificationFault, tryNotifications } from "../page/alert.ts";
import { keepPage } from "../page/service.ts";
import { ALERTS, alertsIn, setAlerts } from "../store/alerts.ts";
import { ALERT_WORDS } from "../words/alerts.ts";
import { useStores } from "./stores.ts";

/** What nobody can change on this page. */
const LASTING: readonly (NotificationFault | null)[] = ["insecure", "framed", "missing"];

/** The part of the settings about sound and notifications. */
export function Notifications({ title }: { readonly title: () => string }) {
  const { settings, room, storage } = useStores();
  const words = ALERT_WORDS[settings.words.value.locale];
  const fault = useSignal(notificationFault());
  const alerts = useSignal(alertsIn(storage, room.path));
  const cannot = LASTING.includes(fault.value);
  const isAsking = useSignal(false);
  /** Whether the user has asked for notifications, now or before. */
  const isWanted = useSignal(settings.notify.peek());
  const wantNotifications = async (wanted: boolean) => {
    isWanted.value = wanted;
    isAsking.value = wanted;
    if (wanted) void keepPage();
    fault.value = wanted ? await tryNotifications({ path: room.path, title, settings, storage }) : null;
    settings.notify.value = wanted && fault.value === null;
    isAsking.value = false;
  };
  // Nobody has asked for what the browser denies.
  const told = fault.value === "denied" && !isWanted.value ? null : fault.value;
  return (
    <fieldset class="switches">
      <legend>{words.notifications}</legend>
      <label>
        <input
          type="checkbox"
          checked={settings.sound.value}
          onChange={({ currentTarget }) => {
            settings.sound.value = currentTarget.checked;
            if (currentTarget.checked) chime();
          }}
        />
        <span>{words.sound}</span>
      </label>
      <label>
        <input
          type="checkbox"
          disabled={cannot}
          checked={(isAsking.value || settings.notify.value) && !cannot}
          aria-describedby="notify-fault"
          onChange={async ({ currentTarget }) => {
            await wantNotifications(currentTarget.checked);
            // The box must not stay checked if there are no notifications.
            currentTarget.checked = settings.notify.value;
          }}
        />
        <span>{words.notify}</span>
      </label>
      <p id="notify-fault" class={cannot ? "muted" : "refusal"} role="alert">
        {told === null ? "" : words.cannot[told]}
      </p>
      <label class="field">
        <span>{words.inRoom}</span>
        <select
          value={alerts.value}
          onChange={({ currentTarget: { value } }) => {
            alerts.value = ALERTS.find((each) => each === value) ?? "mentions";
            setAlerts(storage, room.path, alerts.value, Date.now());
          }}
        >
          {ALERTS.map((each) => (
            <option key={each} value={each}>
              {words[each]}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}

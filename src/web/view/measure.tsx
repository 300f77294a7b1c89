import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Moderation, moderate, type Order } from "../../client/moderation.ts";
import { REASON_MAX, type Reach } from "../../protocol/kinds/moderate.ts";
import { Choice } from "./menu.tsx";
import { give, useModeratorWords } from "./order.ts";
import { type Measure, type Subject, useStores } from "./stores.ts";

const MEASURES: readonly Measure[] = ["remove", "mute", "kick", "ban"];
const REACHES: readonly Reach[] = ["person", "address", "network", "wide"];

/** How long each of them may last, in minutes; null for good. */
const TIMES: Readonly<Record<Measure, readonly (number | null)[]>> = {
  mute: [10, 60, 24 * 60, null],
  ban: [60, 24 * 60, 7 * 24 * 60, null],
  kick: [null],
  remove: [10, null],
};

/** What a moderator can do about somebody. */
export function MeasureChoices({ subject }: { readonly subject: Subject }) {
  const { acting } = useStores();
  const words = useModeratorWords();
  return (
    <>
      {MEASURES.map((measure) => (
        <Choice
          key={measure}
          icon={measure === "remove" ? "delete" : measure}
          text={words.measures[measure]}
          isGrave
          onClick={() => {
            acting.value = { kind: measure, subject };
          }}
        />
      ))}
    </>
  );
}

interface MeasureFormProps {
  readonly measure: Measure;
  readonly subject: Subject;
  readonly close: () => void;
}

/** Asks for how long and why. Each time is a button, so that one tap is enough. */
export function MeasureForm({ measure, subject, close }: MeasureFormProps) {
  const stores = useStores();
  const words = useModeratorWords();
  const reason = useRef<HTMLInputElement>(null);
  const reach = useSignal<Reach>("address");
  const isEverywhere = useSignal(false);
  const fault = useSignal("");
  const isAsking = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const { name, target } = subject;
  const isRemoval = measure === "remove";
  useEffect(() => form.current?.querySelector<HTMLElement>(".times button")?.focus(), []);
  const orderFor = (minutes: number | null): Order => ({
    ...target,
    kind: measure,
    reason: reason.current?.value.trim() ?? "",
    ...(minutes === null ? {} : { minutes }),
    ...(isRemoval ? { all: true } : { reach: reach.value }),
    ...(isEverywhere.value ? { everywhere: true } : {}),
  });
  const act = async (minutes: number | null) => {
    if (isAsking.value) return;
    isAsking.value = true;
    fault.value = "";
    const wrong = await give(stores, orderFor(minutes), ({ count }) =>
      measure === "remove" ? words.done.remove(count) : words.done[measure](name, minutes),
    );
    isAsking.value = false;
    if (wrong === null) close();
    else fault.value = wrong;
  };
  return (
    <form ref={form} class="measure-form" noValidate onSubmit={(event) => event.preventDefault()}>
      <h3>{words.headings[measure]}</h3>
      <p>{words.lead[measure]}</p>
      {isRemoval ? null : (
        <label class="field">
          <span>{words.reason}</span>
          <input ref={reason} dir="auto" autocomplete="off" maxLength={REASON_MAX} />
        </label>
      )}
      <div class="times">
        {TIMES[measure].map((minutes) => (
          <button
            key={minutes ?? "all"}
            type="button"
            class="main"
            disabled={isAsking.value}
            onClick={() => act(minutes)}
          >
            {isRemoval
              ? minutes === null
                ? words.removeAll
                : words.removeLast(minutes)
              : measure === "kick"
                ? words.kickNow
                : words.time(minutes)}
          </button>
        ))}
      </div>
      <p class="refusal" role="alert">
        {fault.value}
      </p>
      {isRemoval ? null : (
        <Scope
          order={{ ...target, kind: measure }}
          reach={reach.value}
          setReach={(value) => {
            reach.value = value;
          }}
          isEverywhere={isEverywhere.value}
          setEverywhere={(value) => {
            isEverywhere.value = value;
          }}
        />
      )}
    </form>
  );
}

interface ScopeProps {
  readonly order: Order;
  readonly reach: Reach;
  readonly setReach: (reach: Reach) => void;
  readonly isEverywhere: boolean;
  readonly setEverywhere: (isEverywhere: boolean) => void;
}

/** What it reaches besides the person, with those whom it hits. */
function Scope({ order, reach, setReach, isEverywhere, setEverywhere }: ScopeProps) {
  const { person } = useStores();
  const words = useModeratorWords();
  const hits = useSignal<Moderation | null>(null);
  const mayEverywhere = useSignal(false);
  const preview = (more: Partial<Order>) =>
    person.chat ? moderate(person.chat, { ...order, ...more, preview: true }) : Promise.reject();
  useEffect(() => {
    // Only the server knows whether the role holds in all rooms.
    preview({ everywhere: true }).then(
      () => {
        mayEverywhere.value = true;
      },
      () => {},
    );
  }, []);
  useEffect(() => {
    let isWanted = true;
    preview({ reach, ...(isEverywhere ? { everywhere: true } : {}) }).then(
      (found) => {
        if (isWanted) hits.value = found;
      },
      () => {
        if (isWanted) hits.value = null;
      },
    );
    return () => {
      isWanted = false;
    };
  }, [reach, isEverywhere]);
  return (
    <fieldset class="scope">
      <legend>{words.reach}</legend>
      <select
        aria-label={words.reach}
        value={reach}
        onChange={({ currentTarget }) =>
          setReach(REACHES.find((each) => each === currentTarget.value) ?? "address")
        }
      >
        {REACHES.map((each) => (
          <option key={each} value={each}>
            {words.reaches[each]}
          </option>
        ))}
      </select>
      {mayEverywhere.value ? (
        <label class="check">
          <input
            type="checkbox"
            checked={isEverywhere}
            onChange={({ currentTarget }) => setEverywhere(currentTarget.checked)}
          />
          <span>{words.everywhere}</span>
        </label>
      ) : null}
      <p class="muted" role="status">
        {hits.value ? words.hits(hits.value.hits, hits.value.hitCount) : ""}
      </p>
    </fieldset>
  );
}

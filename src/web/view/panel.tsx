import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Order, type Reviewed, review } from "../../client/moderation.ts";
import type { ReviewSubject } from "../../protocol/kinds/review.ts";
import { Throttle } from "../store/throttle.ts";
import { errorOf } from "../text/failure.ts";
import { goFromDialog } from "./go-from-dialog.ts";
import { lazy } from "./lazy.tsx";
import { useMoment } from "./moment.ts";
import { Nickname } from "./nickname.tsx";
import { faultWords, give, takeBack, useModeratorWords } from "./order.ts";
import { RoomForms } from "./room-settings.tsx";
import { serverHealth } from "./server-health.ts";
import { type Subject, useRoomWords, useStores } from "./stores.ts";

const TABS = ["reports", "held", "people", "force", "log", "room", "tokens", "health"] as const;
type Tab = (typeof TABS)[number];

/** What only owners see. */
const OWN_TABS: readonly Tab[] = ["tokens", "health"];
const Health = lazy(async () => (await import("./health.tsx")).Health);
const Tokens = lazy(async () => (await import("./tokens.tsx")).Tokens);

/** A list that is open is loaded again at most this often. */
const RELOAD_EVERY_MS = 1_000;

interface PanelProps {
  readonly close: () => void;
}

/** What waits for moderators, what they have done, and what is set in the room. */
export function Panel({ close }: PanelProps) {
  const { moderation } = useStores();
  const words = useModeratorWords();
  const { reports, held } = moderation.waiting.value;
  const notices = moderation.isOwner ? (serverHealth.value?.notices.length ?? 0) : 0;
  const tab = useSignal<Tab>(reports > 0 ? "reports" : held > 0 ? "held" : notices > 0 ? "health" : "people");
  const tabs: readonly Tab[] = moderation.isOwner ? TABS : TABS.filter((each) => !OWN_TABS.includes(each));
  const counts: Partial<Record<Tab, number>> = { reports, held, health: notices };
  const move = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab.value) + by + tabs.length) % tabs.length];
    if (next) tab.value = next;
    event.currentTarget.querySelectorAll("button")[tabs.indexOf(tab.value)]?.focus();
  };
  return (
    <>
      <Raid />
      <div class="tabs" role="tablist" aria-label={words.title} onKeyDown={move}>
        {tabs.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            class="quiet"
            aria-selected={each === tab.value}
            aria-controls="moderation-tab"
            tabIndex={each === tab.value ? 0 : -1}
            onClick={() => {
              tab.value = each;
            }}
          >
            {words.tabs[each]}
            {counts[each] ? <span class="badge">{counts[each]}</span> : null}
          </button>
        ))}
      </div>
      <div id="moderation-tab" class="tab" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {tab.value === "reports" ? <Reports close={close} /> : null}
        {tab.value === "held" ? <Held /> : null}
        {tab.value === "people" ? <People /> : null}
        {tab.value === "force" ? <Actions key="force" what="force" /> : null}
        {tab.value === "log" ? <Actions key="log" what="log" /> : null}
        {tab.value === "room" ? <RoomForms /> : null}
        {tab.value === "tokens" ? <Tokens /> : null}
        {tab.value === "health" ? <Health /> : null}
      </div>
    </>
  );
}

/** One tap turns raid mode on, one removes all that came with the raid. */
function Raid() {
  const stores = useStores();
  const words = useModeratorWords();
  const fault = useSignal("");
  const isRaid = stores.moderation.isRaid.value;
  const act = async (...order: Parameters<typeof give> extends [unknown, ...infer Rest] ? Rest : never) => {
    fault.value = (await give(stores, ...order)) ?? "";
  };
  return (
    <section class={isRaid ? "raid-bar on" : "raid-bar"} aria-label={words.raid}>
      <p>
        <b>{isRaid ? words.raidIsOn : words.raidIsOff}</b>
        <span class="muted"> {words.raidNote}</span>
      </p>
      <p class="buttons">
        <button
          type="button"
          class={isRaid ? "" : "main"}
          aria-pressed={isRaid}
          onClick={() =>
            act({ kind: isRaid ? "calm" : "raid" }, () => (isRaid ? words.raidIsOff : words.raidIsOn))
          }
        >
          {isRaid ? words.calm : words.arm}
        </button>
        {isRaid ? (
          <button
            type="button"
            class="main"
            onClick={() => act({ kind: "sweep" }, ({ count, hitCount }) => words.swept(count, hitCount))}
          >
            {words.sweep}
          </button>
        ) : null}
      </p>
      <p class="refusal" role="alert">
        {fault.value}
      </p>
    </section>
  );
}

/** What the server says about one subject, anew whenever something waits or was done. */
function useReview<S extends ReviewSubject>(what: S, person?: string) {
  const { person: me, moderation, room } = useStores();
  const words = useModeratorWords();
  const list = useSignal<readonly Reviewed[S][] | null>(null);
  const hasMore = useSignal(false);
  const fault = useSignal("");
  const load = async (before?: string) => {
    const { chat } = me;
    if (!chat) return;
    const options = { ...(person ? { person } : {}), ...(before ? { before } : {}) };
    const error = await errorOf(
      review(chat, what, options).then(({ list: found, more }) => {
        list.value = before ? [...(list.value ?? []), ...found] : found;
        hasMore.value = more;
      }),
    );
    fault.value = error ? faultWords(error, words) : "";
  };
  const { reports, held } = moderation.waiting.value;
  // In a raid, hundreds come and are reported.
  const [throttle] = useState(() => new Throttle(RELOAD_EVERY_MS, () => void load()));
  const online = what === "people" ? room.online.value : null;
  useEffect(() => throttle.request(), [reports, held, online, moderation.done.value]);
  return { list: list.value, hasMore: hasMore.value, fault: fault.value, load };
}

interface ListedProps {
  readonly list: readonly unknown[] | null;
  /** Whether there are others, which cannot be loaded. */
  readonly hasMore: boolean;
  readonly fault: string;
  readonly none: string;
  readonly children: ComponentChildren;
}

/** A list, or why there is none. */
function Listed({ list, hasMore, fault, none, children }: ListedProps) {
  const words = useModeratorWords();
  if (fault !== "")
    return (
      <p class="refusal" role="alert">
        {fault}
      </p>
    );
  if (list === null) return <p class="muted">{words.loading}</p>;
  if (list.length === 0) return <p class="muted">{none}</p>;
  return (
    <>
      <ul class="cases">{children}</ul>
      {hasMore ? <p class="muted">{words.others(list.length)}</p> : null}
    </>
  );
}

/** @returns what does something about a case, and says what went wrong in the toast */
function useOrders() {
  const stores = useStores();
  return async (order: Order, said: Parameters<typeof give>[2]) => {
    const wrong = await give(stores, order, said);
    if (wrong !== null) stores.announcer.showToast(wrong);
  };
}

function Reports({ close }: PanelProps) {
  const stores = useStores();
  const { room, acting } = stores;
  const moment = useMoment();
  const words = useModeratorWords();
  const { list, hasMore, fault } = useReview("reports");
  room.log.items.value;
  const order = useOrders();
  return (
    <Listed list={list} hasMore={hasMore} fault={fault} none={words.noReports}>
      {list?.map(({ id, of, content: before, person, name, reason, reporter, at }) => {
        // What was removed since the list was loaded.
        const content = of !== undefined && room.log.find(of)?.deleted ? undefined : before;
        const target = of !== undefined && content !== undefined ? { of } : person ? { person } : { name };
        const subject: Subject = { name, by: person, target };
        return (
          <li key={id}>
            <p>
              {words.reported(
                <Nickname key="reporter" name={reporter} />,
                <Nickname key="name" name={name} />,
              )}{" "}
              <time class="muted">{moment(at)}</time>
            </p>
            {of === undefined ? null : content === undefined ? (
              <p class="muted">{words.isGone}</p>
            ) : (
              <blockquote dir="auto">{content}</blockquote>
            )}
            {reason === "" ? null : (
              <p>
                {words.why} <bdi>{reason}</bdi>
              </p>
            )}
            <p class="buttons">
              {of === undefined || content === undefined ? null : (
                <>
                  <button
                    type="button"
                    onClick={() => {
                      close();
                      goFromDialog(stores, of);
                    }}
                  >
                    {words.goTo}
                  </button>
                  <button
                    type="button"
                    onClick={() =>
                      order({ kind: "remove", of }, ({ count }) => words.done.remove(count || 1))
                    }
                  >
                    {words.removeIt}
                  </button>
                </>
              )}
              {(["mute", "ban"] as const).map((measure) => (
                <button
                  key={measure}
                  type="button"
                  onClick={() => {
                    acting.value = { kind: measure, subject };
                  }}
                >
                  {words.measures[measure]}
                </button>
              ))}
              <button type="button" onClick={() => order({ kind: "dismiss", id }, () => words.dismissed)}>
                {words.dismissIt}
              </button>
            </p>
          </li>
        );
      })}
    </Listed>
  );
}

function Held() {
  const moment = useMoment();
  const words = useModeratorWords();
  const { list, hasMore, fault } = useReview("held");
  const order = useOrders();
  return (
    <Listed list={list} hasMore={hasMore} fault={fault} none={words.noHeld}>
      {list?.map(({ id, name, content, why, at }) => (
        <li key={id}>
          <p>
            <Nickname name={name} /> <span class="muted">{words.heldFor[why]}</span>{" "}
            <time class="muted">{moment(at)}</time>
          </p>
          <blockquote dir="auto">{content}</blockquote>
          <p class="buttons">
            <button
              type="button"
              class="main"
              onClick={() => order({ kind: "approve", id }, () => words.approved)}
            >
              {words.approve}
            </button>
            <button type="button" onClick={() => order({ kind: "reject", id }, () => words.rejected)}>
              {words.reject}
            </button>
          </p>
        </li>
      ))}
    </Listed>
  );
}

function People() {
  const { acting, room } = useStores();
  const moment = useMoment();
  const pageWords = useRoomWords();
  const words = useModeratorWords();
  const { list, hasMore, fault } = useReview("people");
  const opened = useSignal("");
  return (
    <Listed list={list} hasMore={hasMore} fault={fault} none={words.noPeople}>
      {list?.map(({ name, person, role, joined, sharing, muted }) => (
        <li key={name}>
          <p>
            <Nickname name={name} />{" "}
            {role === "visitor" ? null : <span class="new-holder">{pageWords.roster.marks[role]}</span>}{" "}
            {muted ? <b>{words.isMuted}</b> : null}{" "}
            <span class="muted">
              {joined === undefined ? "" : words.joined(moment(joined))}
              {sharing > 0 ? ` · ${words.sharing(sharing)}` : ""}
            </span>
          </p>
          {name === room.nickname.value ? null : (
            <p class="buttons">
              {(["mute", "kick", "ban", "remove"] as const).map((measure) => (
                <button
                  key={measure}
                  type="button"
                  onClick={() => {
                    acting.value = { kind: measure, subject: { name, by: person, target: { name } } };
                  }}
                >
                  {words.measures[measure]}
                </button>
              ))}
              <button
                type="button"
                class="quiet"
                aria-expanded={opened.value === person}
                onClick={() => {
                  opened.value = opened.value === person ? "" : person;
                }}
              >
                {words.history}
              </button>
            </p>
          )}
          {opened.value === person ? <Actions what="log" person={person} /> : null}
        </li>
      ))}
    </Listed>
  );
}

interface ActionsProps {
  readonly what: "force" | "log";
  readonly person?: string;
}

/** What was done, newest first. */
function Actions({ what, person }: ActionsProps) {
  const stores = useStores();
  const words = useModeratorWords();
  const { list, hasMore, fault, load } = useReview(what, person);
  const moment = useMoment();
  return (
    <>
      <Listed
        list={list}
        hasMore={what === "force" && hasMore}
        fault={fault}
        none={what === "force" ? words.noForce : words.noLog}
      >
        {list?.map(
          ({
            action,
            kind,
            name,
            reason,
            moderator,
            at,
            until,
            count,
            everywhere,
            reaches,
            over,
            undoable,
          }) => (
            <li key={action} class={over ? "over" : undefined}>
              <p>
                <b>{words.kinds[kind] ?? kind}</b>
                {name === undefined ? null : (
                  <>
                    : <Nickname name={name} />
                  </>
                )}
                {count === undefined ? null : <span class="muted"> ({count})</span>}
              </p>
              {reason ? <p dir="auto">{reason}</p> : null}
              <p class="muted">
                {[
                  moment(at),
                  moderator || words.server,
                  everywhere ? words.inAllRooms : "",
                  reaches ? words.reachesAddress : "",
                  over ? words.over : until === undefined ? "" : words.until(moment(until)),
                ]
                  .filter((each) => each !== "")
                  .join(" · ")}
              </p>
              {undoable ? (
                <p class="buttons">
                  <button type="button" onClick={() => takeBack(stores, action)}>
                    {words.undo}
                  </button>
                </p>
              ) : null}
            </li>
          ),
        )}
      </Listed>
      {what === "log" && hasMore ? (
        <button type="button" class="quiet" onClick={() => load(list?.at(-1)?.action)}>
          {words.more}
        </button>
      ) : null}
    </>
  );
}

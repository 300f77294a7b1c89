import type { ComponentChildren } from "preact";
import type { ServerHealth } from "../../client/health.ts";
import { HEALTH_WORDS, type HealthWords } from "../words/health.ts";
import { useMoment } from "./moment.ts";
import { faultWords, useModeratorWords } from "./order.ts";
import { serverFault, serverHealth, useServerHealth } from "./server-health.ts";
import { useStores } from "./stores.ts";

const LOOK_EVERY_MS = 10_000;

function useHealthWords(): HealthWords {
  return HEALTH_WORDS[useStores().settings.words.value.locale];
}

/** How the server is, and what needs its operator, for owners. */
export function Health() {
  const moderatorWords = useModeratorWords();
  const words = useHealthWords();
  useServerHealth(LOOK_EVERY_MS);
  const health = serverHealth.value;
  const fault = serverFault.value;
  return (
    <>
      <p class="refusal" role="alert">
        {fault ? faultWords(fault, moderatorWords) : ""}
      </p>
      {health ? (
        <>
          <Notices {...health} />
          <Figures {...health} />
        </>
      ) : (
        <p class="muted">{fault ? "" : words.loading}</p>
      )}
    </>
  );
}

function Notices({ notices, healthy }: ServerHealth) {
  const words = useHealthWords();
  const moment = useMoment();
  if (notices.length === 0) return healthy ? <p>{words.well}</p> : null;
  return (
    <ul class="cases" aria-label={words.notices}>
      {notices.map((notice) => (
        <li key={`${notice.kind} ${notice.about}`} class={`notice ${notice.severity}`}>
          <p>
            <b>{words.severity[notice.severity]}</b>: {words.notice(notice)}
          </p>
          <p class="muted">{words.since(moment(notice.since))}</p>
        </li>
      ))}
    </ul>
  );
}

function Figures(health: ServerHealth) {
  const { disk, data, backup } = health;
  const words = useHealthWords();
  const moment = useMoment();
  return (
    <dl class="figures" aria-label={words.figures}>
      <Figure name={words.people}>
        {words.ofConnections(health.people, health.connections, health.maxConnections)}
      </Figure>
      <Figure name={words.rooms}>{words.number(health.rooms)}</Figure>
      <Figure name={words.messages}>{words.number(health.messages)}</Figure>
      <Figure name={words.waiting}>{words.waits(health.reports, health.held)}</Figure>
      <Figure name={words.raids}>{words.number(health.raids)}</Figure>
      <Figure name={words.storing}>{words.stores(health.healthy)}</Figure>
      {disk ? <Figure name={words.disk}>{words.ofDisk(disk.free, disk.size)}</Figure> : null}
      {data === undefined ? null : <Figure name={words.data}>{words.size(data)}</Figure>}
      {backup ? (
        <Figure name={words.newestBackup}>
          {words.backup(backup.newest === undefined ? undefined : moment(backup.newest))}
        </Figure>
      ) : null}
      <Figure name={words.memory}>{words.size(health.memory)}</Figure>
      <Figure name={words.version}>{health.version}</Figure>
      <Figure name={words.started}>{moment(health.started)}</Figure>
    </dl>
  );
}

function Figure({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Where something is in a history: its id, and its time in Unix milliseconds, which is null at the beginning. */
export interface Place {
  readonly id: number;
  readonly time: number | null;
}

/** What a webhook can tell, as `type` in a payload. */
export type WebhookEventType =
  | "message.created"
  | "message.changed"
  | "history.gap"
  | "history.reset"
  | "person.joined"
  | "person.renamed"
  | "person.left"
  | "report.created"
  | "raid.started"
  | "raid.ended"
  | "notice.raised"
  | "notice.cleared";

export interface WebhookEvent {
  /** The same in every attempt to deliver it. */
  readonly id: string;
  readonly type: WebhookEventType;
  /** When it happened, in Unix milliseconds. */
  readonly time: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The id of an event that has a place in a room, or in what moderators know: whoever makes it again makes the same. */
export function eventIdOf(
  webhook: string,
  type: WebhookEventType,
  room: string,
  { id, time }: Place,
): string {
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify([webhook, type, room, id, time]));
  return `evt_${digest.digest("hex").slice(0, 32)}`;
}

/** The body of a delivery. */
export function bodyOf({ type, time, data }: Pick<WebhookEvent, "type" | "time" | "data">): string {
  return JSON.stringify({ type, timestamp: new Date(time).toISOString(), data });
}

export const BEGINNING: Place = { id: 0, time: null };

/** What comes next in a place, and the place that is reached by it. There may be nothing to tell on the way. */
export interface Step {
  readonly events: readonly WebhookEvent[];
  readonly place: Place;
}

/** Where a webhook reads what it tells. */
export interface Source {
  /** Where a webhook that was never delivered begins. Rejects if it cannot be read now. */
  begin(): Promise<Place>;
  /** What comes next; null if there is nothing. Rejects if it cannot be read now. */
  next(place: Place): Promise<Step | null>;
  /** Lets go of what it holds while it reads. */
  release(): void;
}

/** A message as the history and the events show it. */
export interface Message {
  readonly name: string;
  readonly content: string;
  /** Written by the server, in its own template and time zone. */
  readonly timestamp: string;
}

/** Why a request was not done. */
export interface Refusal {
  readonly reason: string;
  /** One sentence for a person, when something failed inside the server. */
  readonly error?: string | undefined;
  /** Seconds to wait, when there were too many requests. */
  readonly retryS?: number | undefined;
  /** The content a refused `send` carried, when the reply tells it. */
  readonly content?: string | undefined;
}

/** A frame from the server that this page acts on. */
export type Frame =
  | { readonly kind: "ping"; readonly timeoutS: number }
  | { readonly kind: "registered"; readonly name: string }
  | {
      readonly kind: "renamed";
      readonly newname: string;
      readonly oldname: string;
      readonly timestamp: string;
    }
  | { readonly kind: "history"; readonly messages: readonly Message[]; readonly online: readonly string[] }
  | { readonly kind: "sent"; readonly message: Message }
  | { readonly kind: "refused"; readonly request: "name" | "get" | "send"; readonly refusal: Refusal }
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "joined" | "left"; readonly name: string; readonly timestamp: string }
  | {
      readonly kind: "changed";
      readonly newname: string;
      readonly oldname: string;
      readonly timestamp: string;
    };

type Fields = Readonly<Record<string, unknown>>;

/** Reads one frame of the v2 dialect; undefined for what is malformed or not known. Never throws. */
export function parseFrame(data: unknown): Frame | undefined {
  const frame = typeof data === "string" ? parseJson(data) : undefined;
  if (!isFields(frame)) return undefined;
  const { type, status, timeout } = frame;
  switch (type) {
    case "ping":
      return typeof timeout === "number" ? { kind: "ping", timeoutS: timeout } : undefined;
    case "receive":
      return parseEvent(frame);
    case "name":
    case "get":
    case "send":
      return status === false
        ? { kind: "refused", request: type, refusal: parseRefusal(frame) }
        : parseReply(type, frame);
    default:
      return undefined;
  }
}

function parseReply(type: "name" | "get" | "send", frame: Fields): Frame | undefined {
  const { action, name, data } = frame;
  switch (type) {
    case "name":
      if (action === "change") return parseChange("renamed", frame);
      return typeof name === "string" ? { kind: "registered", name } : undefined;
    case "get":
      return parseHistory(data);
    case "send":
      return parseMessageFrame("sent", frame);
  }
}

function parseEvent(frame: Fields): Frame | undefined {
  const { datatype, name, timestamp } = frame;
  switch (datatype) {
    case "message":
      return parseMessageFrame("message", frame);
    case "change":
      return parseChange("changed", frame);
    case "register":
    case "leave":
      if (typeof name !== "string" || typeof timestamp !== "string") return undefined;
      return { kind: datatype === "register" ? "joined" : "left", name, timestamp };
    default:
      return undefined;
  }
}

function parseHistory(data: unknown): Frame | undefined {
  if (!isFields(data)) return undefined;
  const { message, online } = data;
  if (!Array.isArray(message) || !Array.isArray(online)) return undefined;
  return {
    kind: "history",
    messages: message.flatMap((item: unknown) => (isFields(item) ? (parseMessage(item) ?? []) : [])),
    online: online.filter((name: unknown) => typeof name === "string"),
  };
}

function parseRefusal(frame: Fields): Refusal {
  const { reason, error, retry, content } = frame;
  return {
    reason: typeof reason === "string" ? reason : "",
    error: typeof error === "string" ? error : undefined,
    retryS: typeof retry === "number" ? retry : undefined,
    content: typeof content === "string" ? content : undefined,
  };
}

function parseMessage({ name, content, timestamp }: Fields): Message | undefined {
  if (typeof name !== "string" || typeof content !== "string" || typeof timestamp !== "string")
    return undefined;
  return { name, content, timestamp };
}

function parseMessageFrame(kind: "sent" | "message", frame: Fields): Frame | undefined {
  const message = parseMessage(frame);
  return message && { kind, message };
}

function parseChange(
  kind: "renamed" | "changed",
  { oldname, newname, timestamp }: Fields,
): Frame | undefined {
  if (typeof oldname !== "string" || typeof newname !== "string" || typeof timestamp !== "string")
    return undefined;
  return { kind, oldname, newname, timestamp };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

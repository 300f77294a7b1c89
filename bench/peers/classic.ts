/** The peers' part of the classic protocol: the replies and events that the benchmark needs. */

export type Request =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "send"; readonly content: string };

/** All timestamps have the same length. */
const timestamp = () => {
  const [date = "", time = ""] = new Date().toISOString().split(/[T.]/);
  return `${date.split("-").toReversed().join("/")} ${time}`;
};

export function registered(name: string) {
  return { type: "name", action: "register", name, status: true, timestamp: timestamp() };
}

export function registerEvent(name: string) {
  return { type: "receive", datatype: "register", name, timestamp: timestamp() };
}

export function sent(name: string, content: string) {
  return { type: "send", name, content, status: true, timestamp: timestamp() };
}

export function messageEvent(name: string, content: string) {
  return { type: "receive", datatype: "message", name, content, timestamp: timestamp() };
}

/** The port that the peer should listen on; 0 for any free one. */
export function portOf(args: readonly string[]): number {
  return Number(args[args.indexOf("--port") + 1]);
}

/** Tells the benchmark that the peer is listening, in the format of the chat server's log. */
export function listening(port: number): void {
  console.log(JSON.stringify({ event: "listening", port }));
}

/** The port on which a Node server listens. */
export function portIn(address: unknown): number {
  return typeof address === "object" && address !== null && "port" in address ? Number(address.port) : 0;
}

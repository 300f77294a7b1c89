/** What the peers have of the classic protocol: how a reply and an event are written. Only what the benchmark asks for. */

export type Request =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "send"; readonly content: string };

/** Any timestamp is as long as another. */
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

/** The port that the peer is told to listen on; 0: any free one. */
export function portOf(args: readonly string[]): number {
  return Number(args[args.indexOf("--port") + 1]);
}

/** Tells the benchmark that the peer listens, in the words of the chat server's log. */
export function listening(port: number): void {
  console.log(JSON.stringify({ event: "listening", port }));
}

/** The port that a server of Node got. */
export function portIn(address: unknown): number {
  return typeof address === "object" && address !== null && "port" in address ? Number(address.port) : 0;
}

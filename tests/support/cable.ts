/** A cable to a server that can be cut: both ends then hear nothing more, and no close frame either. */
import type { Socket, TCPSocketListener } from "bun";

type End = { other: Socket<End> | null; readonly early: Buffer[] };

export class Cable implements AsyncDisposable {
  readonly #listener: TCPSocketListener<End>;
  readonly #ends = new Set<Socket<End>>();
  #isCut = false;

  /** @param port of the server, on this machine */
  constructor(port: number) {
    this.#listener = Bun.listen<End>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => this.#connect(socket, port),
        data: (socket, bytes) => pass(socket, bytes),
        close: (socket) => void socket.data.other?.end(),
      },
    });
  }

  /** The HTTP URL of a path at this end of the cable. */
  http(path: string): string {
    return `http://127.0.0.1:${this.#listener.port}${path}`;
  }

  /** Breaks all connections. New ones break at once. */
  cut(): void {
    this.#isCut = true;
    for (const end of this.#ends) end.terminate();
    this.#ends.clear();
  }

  /** Lets new connections through again. */
  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.stop(true);
  }

  #connect(near: Socket<End>, port: number): void {
    near.data = { other: null, early: [] };
    if (this.#isCut) {
      near.terminate();
      return;
    }
    this.#ends.add(near);
    void Bun.connect<End>({
      hostname: "127.0.0.1",
      port,
      data: { other: near, early: [] },
      socket: {
        open: (far) => {
          this.#ends.add(far);
          near.data.other = far;
          for (const bytes of near.data.early) far.write(bytes);
        },
        data: (far, bytes) => pass(far, bytes),
        close: () => void near.end(),
      },
    });
  }
}

/** What is passed on here is small; the system takes it whole. */
function pass(from: Socket<End>, bytes: Buffer): void {
  const { other, early } = from.data;
  if (other) other.write(bytes);
  else early.push(Buffer.from(bytes));
}

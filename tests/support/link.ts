/** A way to a TCP port that can be cut without a sign to either end, as a network is that loses every packet. */
import type { Socket, TCPSocketListener } from "bun";

interface Ends {
  other: Socket<Ends> | null;
  /** What came before the other end was there. */
  early: Uint8Array[];
}

export class Link implements Disposable {
  readonly #listener: TCPSocketListener<Ends>;
  readonly #sockets = new Set<Socket<Ends>>();
  #isCut = false;

  constructor(toPort: number) {
    const handlers = {
      data: (socket: Socket<Ends>, bytes: Uint8Array) => this.#pass(socket, bytes),
      close: (socket: Socket<Ends>) => {
        this.#sockets.delete(socket);
        if (!this.#isCut) socket.data.other?.end();
      },
      error: () => {},
    };
    this.#listener = Bun.listen<Ends>({
      hostname: "127.0.0.1",
      port: 0,
      data: { other: null, early: [] },
      socket: {
        ...handlers,
        open: (near) => {
          near.data = { other: null, early: [] };
          this.#sockets.add(near);
          if (this.#isCut) return;
          void Bun.connect<Ends>({
            hostname: "127.0.0.1",
            port: toPort,
            data: { other: near, early: [] },
            socket: {
              ...handlers,
              open: (far) => {
                this.#sockets.add(far);
                near.data.other = far;
                for (const bytes of near.data.early.splice(0)) far.write(bytes);
              },
            },
          }).catch(() => near.end());
        },
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** From here on nothing passes; connections stay open. */
  cut(): void {
    this.#isCut = true;
  }

  /** New connections pass again. Those of before never will: what they lost is lost. */
  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.terminate();
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#listener.stop(true);
  }

  #pass(socket: Socket<Ends>, bytes: Uint8Array): void {
    if (this.#isCut) return;
    if (socket.data.other === null) socket.data.early.push(Uint8Array.from(bytes));
    // What the tests send is far less than what a socket takes at once.
    else socket.data.other.write(bytes);
  }
}

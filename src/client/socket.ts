/** What a chat needs of a WebSocket. That of browsers, of Bun and of the package `ws` are such. */
export interface Socket {
  /** The subprotocol that the server confirmed, or "". */
  readonly protocol: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void;
}

/** Makes a connection: `WebSocket` of the platform or of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => Socket;

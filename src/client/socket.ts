/** What a chat needs from a WebSocket. Those of browsers, of Bun and of the package `ws` fit. */
export interface Socket {
  /** The subprotocol that the server confirmed, or "". */
  readonly protocol: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void;
}

/** Opens a connection: the class `WebSocket` of the platform or of the package `ws`. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => Socket;

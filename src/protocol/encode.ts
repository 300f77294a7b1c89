declare const wireType: unique symbol;

/** The JSON text of a frame of the wire type F. */
export type FrameText<F> = string & { readonly [wireType]: F };

/** The same for a frame with messages in it, in three pieces: many frames share the messages, which are encoded already. */
export interface HistoryFrame<F = object> {
  readonly head: string;
  /** JSON texts joined by commas, in UTF-8. */
  readonly messages: Uint8Array;
  readonly tail: string;
  /** Nothing at run time. */
  readonly [wireType]?: F;
}

/**
 * The JSON text of a frame. Its keys keep the order in which they are written down: clients in the field compare texts.
 *
 * @template F the frame's wire type, which must be named: a missing or misspelt key is then a compile error
 */
export function encode<F extends object = never>(frame: NoInfer<F>): FrameText<F> {
  return JSON.stringify(frame) as FrameText<F>;
}

/** The text of a frame with further keys at its end. @template K the type of these keys, which must be named */
export function withKeys<K extends object = never>(frame: string, keys: NoInfer<K>): string {
  return `${frame.slice(0, -1)},${JSON.stringify(keys).slice(1)}`;
}

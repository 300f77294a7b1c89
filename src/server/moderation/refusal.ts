/** Something that was asked for is not done. The message is one sentence for the person. */
export class Refusal<R extends string = string> extends Error {
  override readonly name = "Refusal";
  readonly reason: R;

  constructor(reason: R, sentence: string) {
    super(sentence);
    this.reason = reason;
  }
}

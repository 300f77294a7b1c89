/** A command cannot be carried out. The message is one sentence for the operator. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

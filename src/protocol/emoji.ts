import { EMOJI_MAX } from "./limits.ts";

/** One emoji as Unicode recommends it for general interchange (UTS #51, ED-27), with all of its variation selectors. */
const EMOJI = /^\p{RGI_Emoji}$/v;

/** Whether a value is one emoji. Which ones there are depends on the version of Unicode that the runtime has. */
export function isEmoji(value: unknown): value is string {
  return typeof value === "string" && value.length <= EMOJI_MAX && EMOJI.test(value);
}

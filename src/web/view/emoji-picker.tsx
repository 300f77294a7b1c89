import { Dialog } from "./dialog.tsx";
import { lazy } from "./lazy.tsx";

const EmojiList = lazy(async () => (await import("./emoji.tsx")).EmojiList);

interface EmojiPickerProps {
  /** Says what the emoji is for. */
  readonly title: string;
  /** Called with each emoji that is picked, fully qualified. */
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** A dialog with all emoji, open for as long as it is rendered. What is in it is loaded when it is first opened. */
export function EmojiPicker(props: EmojiPickerProps) {
  return (
    <Dialog title={props.title} name="emoji" close={props.onClose}>
      <EmojiList {...props} />
    </Dialog>
  );
}

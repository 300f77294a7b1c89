import { useEffect } from "preact/hooks";
import { FILE_WORDS } from "../words/files.ts";
import { useStores } from "./stores.ts";

/** Says that files cannot be sent when somebody pastes or drops one. Without this the browser would leave the chat for a dropped one. */
export function useFileRefusal(): void {
  const { announcer, settings } = useStores();
  useEffect(() => {
    const refuse = (event: Event) => {
      event.preventDefault();
      announcer.showToast(FILE_WORDS[settings.words.peek().locale]);
    };
    const onPaste = (event: ClipboardEvent) => {
      const types = event.clipboardData?.types ?? [];
      // Office programs add a picture of the text.
      if (types.includes("Files") && !types.includes("text/plain")) refuse(event);
    };
    const onDrop = (event: DragEvent) => {
      const { target, dataTransfer, type } = event;
      const takesFiles = target instanceof HTMLInputElement && target.type === "file";
      if (takesFiles || !dataTransfer?.types.includes("Files")) return;
      if (type === "drop") refuse(event);
      // Otherwise there is no drop.
      else event.preventDefault();
    };
    addEventListener("paste", onPaste);
    addEventListener("dragover", onDrop);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("paste", onPaste);
      removeEventListener("dragover", onDrop);
      removeEventListener("drop", onDrop);
    };
  }, []);
}

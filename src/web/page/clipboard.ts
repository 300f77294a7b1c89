/**
 * Copies a text.
 *
 * @returns false where the browser does not let the page write to the clipboard: over plain HTTP, and in some frames
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Copies the link to what a hash names. If that is not allowed, the address bar has it. @returns whether it was copied */
export async function copyLink(hash: string): Promise<boolean> {
  const link = new URL(hash, location.href).href;
  const isCopied = await copyText(link);
  if (!isCopied) history.replaceState(null, "", link);
  return isCopied;
}

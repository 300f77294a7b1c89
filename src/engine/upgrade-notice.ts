/** What the log says when a start has changed the form of something, which `what` names. */
export function upgradeNotice(
  what: string,
  { from, to }: { readonly from: number; readonly to: number },
): string {
  return `${what} was brought from version ${from} to ${to}; \`upgrade --back\` lets the version before use it again.`;
}

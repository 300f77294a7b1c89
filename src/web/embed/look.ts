/** How the page in a host's frame looks. It learns that from the fragment of its address, which no server sees. */

const MARK = "#embed";
const KEYS = ["theme", "accent", "title", "lang", "nickname"] as const;

const FLAGS = ["login", "button"] as const;

/** What the host chooses for the page. Each is empty if the host leaves it to the page. */
export type Look = Readonly<Record<(typeof KEYS)[number], string>> & {
  /** Whether the host will give a token of its login. */
  readonly login: boolean;
  /** Whether the host's button that closes the chat is over the page's upper corner. */
  readonly button: boolean;
};

/** The fragment for a look. */
export function fragmentOf(look: Look): string {
  const parameters = new URLSearchParams(KEYS.map((key) => [key, look[key]]));
  for (const key of FLAGS) if (look[key]) parameters.set(key, "");
  return `${MARK}&${parameters}`;
}

/** Reads a fragment; null if it is not that of a host's frame. */
export function lookOf(fragment: string): Look | null {
  if (!fragment.startsWith(MARK)) return null;
  const parameters = new URLSearchParams(fragment.slice(MARK.length));
  const [theme = "", accent = "", title = "", lang = "", nickname = ""] = KEYS.map(
    (key) => parameters.get(key) ?? "",
  );
  return {
    theme,
    accent,
    title,
    lang,
    nickname,
    login: parameters.has("login"),
    button: parameters.has("button"),
  };
}

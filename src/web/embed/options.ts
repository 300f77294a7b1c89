/** Gives a token of the host's login. */
export type GiveToken = () => string | Promise<string>;

/** What a host site may choose. */
export interface EmbedOptions {
  /** The name of the room; the main room if not given. */
  readonly room?: string | undefined;
  /** `light`, `dark` or `classic`; that of the system if not given. */
  readonly theme?: string | undefined;
  /** A colour such as `#0b6e69`. */
  readonly accent?: string | undefined;
  readonly title?: string | undefined;
  /** `en` or `vi`; the language of the browser if not given. */
  readonly lang?: string | undefined;
  /** The nickname to suggest. */
  readonly nickname?: string | undefined;
  /** A token of the host's login, or what gives one; null for somebody who has signed out. */
  readonly token?: string | GiveToken | null | undefined;
  /** Whether the host gets what others write. */
  readonly messages?: boolean | undefined;
}

/** The options in the attributes of the script's element. */
export function optionsIn({ dataset }: HTMLElement): EmbedOptions {
  const { room, theme, accent, title, lang, nickname, tokenUrl } = dataset;
  const token = tokenUrl === undefined ? dataset.token : () => fetchToken(tokenUrl);
  return { room, theme, accent, title, lang, nickname, token, messages: dataset.messages !== undefined };
}

async function fetchToken(url: string): Promise<string> {
  const response = await fetch(url, { cache: "no-store" });
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return response.text();
}

import type { Engine } from "../engine/engine.ts";
import {
  GLANCE_CONTENT_MAX,
  GLANCE_MESSAGES_MAX,
  GLANCE_PEOPLE_MAX,
  type Glance,
} from "../protocol/glance.ts";

/**
 * What somebody sees of a room before joining. Opens nothing. Rejects if the store fails.
 *
 * @returns null if the engine is closing
 */
export async function glanceAt(
  engine: Pick<Engine, "recent" | "headcounts" | "present">,
  room: string,
): Promise<Glance | null> {
  const [recent, headcounts] = await Promise.all([engine.recent(room), engine.headcounts([room])]);
  if (recent === null) return null;
  return {
    online: headcounts.get(room) ?? 0,
    people: engine
      .present(room)
      .slice(0, GLANCE_PEOPLE_MAX)
      .map(({ name }) => name),
    messages: recent
      .slice(-GLANCE_MESSAGES_MAX)
      .map(({ name, content }) => ({ name, content: beginning(content) })),
  };
}

/** By characters, so that none is cut in two. */
function beginning(content: string): string {
  if (content.length <= GLANCE_CONTENT_MAX) return content;
  return `${content
    .slice(0, GLANCE_CONTENT_MAX)
    .toWellFormed()
    .replace(/\ufffd$/, "")}…`;
}

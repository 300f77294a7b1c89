import { fieldsOf, listOf, numberOf, textOf } from "../../client/frame.ts";
import type { Glance } from "../../protocol/glance.ts";

/**
 * Asks what goes on in the room of the page. Rejects if the server does not say so, as of a room that not everybody may read.
 */
export async function fetchGlance(): Promise<Glance> {
  const response = await fetch("?glance");
  if (!response.ok) throw new Error(`the glance has the status ${response.status}`);
  const { online, people, messages } = fieldsOf<Glance>(await response.json());
  return {
    online: numberOf(online) ?? 0,
    people: listOf(people).map(textOf),
    messages: listOf(messages).map((each) => {
      const { name, content } = fieldsOf(each);
      return { name: textOf(name), content: textOf(content) };
    }),
  };
}

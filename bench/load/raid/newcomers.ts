import { Chat } from "../../../src/client/index.ts";
import { contentOf } from "./authors.ts";
import { addressOf, now, type Place, until, webSocketFrom } from "./line.ts";

export interface NewcomersPlan {
  readonly place: Place;
  readonly net: string;
  readonly newcomers: number;
  /** When they come, and when they give up. Unix milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How a newcomer fared. */
export interface Visit {
  /** The content of the only message. */
  readonly content: string;
  /** Until the newcomer had a nickname, in milliseconds; null for never. */
  readonly inMs: number | null;
}

/** People of good will, with what the SDK does by itself, who come to a room and want to say one thing. */
export async function visit({ place, net, newcomers, fromMs, untilMs }: NewcomersPlan): Promise<Visit[]> {
  await until(fromMs);
  const numbers = Array.from({ length: newcomers }, (_, at) => at + 1);
  return await Promise.all(
    numbers.map(async (number) => {
      const chat = new Chat(addressOf(place), {
        name: `Newcomer ${number}`,
        WebSocket: webSocketFrom(`${net}.${number}`),
      });
      const content = contentOf("newcomer", `${number} says hello`);
      const isIn = chat.ready().then(
        () => true,
        () => false,
      );
      // It waits for the nickname, and is repeated as long as it is refused for a time.
      chat.send(content).catch(() => {});
      const inMs = await Promise.race([
        isIn.then((is) => (is ? now() - fromMs : null)),
        until(untilMs).then(() => null),
      ]);
      await until(untilMs);
      await chat.close();
      return { content, inMs };
    }),
  );
}

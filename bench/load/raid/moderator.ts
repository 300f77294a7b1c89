import type { ClaimRequest } from "../../../src/protocol/kinds/claim.ts";
import type { IdentifyRequest } from "../../../src/protocol/kinds/identify.ts";
import type { NameRequest } from "../../../src/protocol/kinds/name.ts";
import { authorOf } from "./authors.ts";
import { type Frame, Inquiry, isFrame, now, type Place } from "./line.ts";
import { type Regulars, reached } from "./regulars.ts";

const PATIENCE_MS = 5000;
/** Between two looks at a fresh page, of which the limits allow five a second. */
const LOOK_EVERY_MS = 200;
/** The longest page that the protocol has. */
const PAGE = 1000;

/** What became of a room when its moderator had swept it. */
export interface Swept {
  /** Why it could not be swept; null if it was. */
  readonly refusal: string | null;
  /** The raiders' messages that stood in the regulars' views and on a fresh page before, and after that. */
  readonly before: number;
  readonly after: number;
  /** From the click until nothing of the raid was left, in the regulars' views and on a fresh page: the longer of the two. */
  readonly goneMs: number;
  /** Messages of regulars and newcomers that are gone. */
  readonly wronglyGone: number;
}

/** An owner of the chat in a room, with a window for orders and one whose page is loaded again and again. */
export class Moderator {
  readonly #orders: Inquiry;
  readonly #pages: Inquiry;

  private constructor(orders: Inquiry, pages: Inquiry) {
    this.#orders = orders;
    this.#pages = pages;
  }

  /** @param key of an owner */
  static async enter(place: Place, from: string, key: string): Promise<Moderator> {
    const window = async (name: string) => {
      const inquiry = new Inquiry(place, from);
      await demand(inquiry, { type: "identify", key });
      await demand(inquiry, { type: "name", name });
      return inquiry;
    };
    return new Moderator(await window("Moderator"), await window("Moderator, again"));
  }

  /** Removes all that came with a raid by one click, and looks until it is gone. */
  async sweep(regulars: Regulars): Promise<Swept> {
    const before = regulars.inView("raider");
    const clickedAtMs = now();
    const [{ status, reason }, page] = await Promise.all([
      this.#orders.ask({ type: "moderate", kind: "sweep" }),
      reached(() => regulars.inView("raider") === 0, PATIENCE_MS).then(() => this.#cleanPage(clickedAtMs)),
    ]);
    return {
      refusal: status === true ? null : String(reason),
      before,
      after: Math.max(regulars.inView("raider"), raidersOf(page)),
      goneMs: now() - clickedAtMs,
      wronglyGone: regulars.wronglyGone(
        page.filter(({ deleted }) => deleted === true).map(({ id }) => Number(id)),
      ),
    };
  }

  /** A fresh page as soon as there is nothing of raiders on it, or when it takes too long. */
  async #cleanPage(sinceMs: number): Promise<readonly Frame[]> {
    for (;;) {
      const page = messagesOf(await this.#pages.ask({ type: "get", limit: PAGE }));
      if (raidersOf(page) === 0 || now() > sinceMs + PATIENCE_MS) return page;
      await Bun.sleep(LOOK_EVERY_MS);
    }
  }

  leave(): void {
    this.#orders.end();
    this.#pages.end();
  }
}

/** Makes the person with a key an owner. @param code that the chat's command gave */
export async function becomeOwner(place: Place, key: string, code: string): Promise<void> {
  const inquiry = new Inquiry(place, "127.0.0.1");
  await demand(inquiry, { type: "identify", key });
  await demand(inquiry, { type: "claim", code });
  inquiry.end();
}

/** @throws Error if it is refused */
async function demand(
  inquiry: Inquiry,
  request: IdentifyRequest | ClaimRequest | NameRequest,
): Promise<void> {
  const { status, reason } = await inquiry.ask(request);
  if (status !== true) throw new Error(`The moderator's ${request.type} was refused: ${reason}.`);
}

function raidersOf(page: readonly Frame[]): number {
  return page.filter(({ content }) => authorOf(content) === "raider").length;
}

function messagesOf({ data }: Frame): readonly Frame[] {
  if (typeof data !== "object" || data === null || !("message" in data)) throw new Error("There is no page.");
  const { message } = data;
  return Array.isArray(message) ? message.filter(isFrame) : [];
}

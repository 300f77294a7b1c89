import type { CommandsRequest } from "../protocol/kinds/commands.ts";
import type { EnterRequest } from "../protocol/kinds/enter.ts";
import type { HealthRequest } from "../protocol/kinds/health.ts";
import type { MineRequest } from "../protocol/kinds/mine.ts";
import type { ModerateRequest } from "../protocol/kinds/moderate.ts";
import type { ReportRequest } from "../protocol/kinds/report.ts";
import type { ReviewRequest } from "../protocol/kinds/review.ts";
import type { RoomRequest } from "../protocol/kinds/room.ts";
import type { TokensRequest } from "../protocol/kinds/tokens.ts";
import { ChatError, errorOf, UncertainError } from "./errors.ts";
import type { Answer } from "./frame.ts";
import type { RequestChannel } from "./request-channel.ts";
import type { Settings } from "./settings.ts";
import { type WaitOptions, wait } from "./wait.ts";

/** The requests about a room and about who may do what in it. */
export type Question =
  | ModerateRequest
  | RoomRequest
  | ReportRequest
  | ReviewRequest
  | EnterRequest
  | MineRequest
  | CommandsRequest
  | TokensRequest
  | HealthRequest;

interface Call {
  readonly request: Question;
  readonly answered: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** The channel on which it was sent last. */
  channel?: RequestChannel;
}

/**
 * Questions that wait for a connection or for their replies. They need no nickname, except for a report and for commands, which
 * wait until the chat is in the room. After a lost connection only those are asked again that do nothing twice.
 */
export class Calls {
  readonly #settings: Settings;
  readonly #isInside: () => boolean;
  #channel: RequestChannel | null = null;
  #calls: Call[] = [];

  constructor(settings: Settings, isInside: () => boolean) {
    this.#settings = settings;
    this.#isInside = isInside;
  }

  /** @param read makes the result from the reply, at the reply's place among the events */
  ask<T>(request: Question, options: WaitOptions, read: (answer: Answer) => T): Promise<T> {
    return wait(this.#settings.environment, options, (resolve, reject) => {
      if (this.#channel?.version === 2) throw new ChatError("UnknownType");
      const call: Call = { request, answered: (answer) => resolve(read(answer)), reject };
      this.#calls.push(call);
      this.flush();
      return (error) => {
        // If it was sent, its reply still counts.
        if (call.channel) reject(isRepeatable(request) ? error : new UncertainError("Uncertain"));
        else {
          this.#remove(call);
          reject(error);
        }
      };
    });
  }

  /** There is a connection, and it has been said who the person is. */
  begin(channel: RequestChannel): void {
    this.#channel = channel;
    if (channel.version === 2) this.end(new ChatError("UnknownType"));
    this.flush();
  }

  /** Sends what can be sent now. */
  flush(): void {
    const channel = this.#channel;
    if (!channel) return;
    for (const call of this.#calls) {
      const needsNickname = call.request.type === "report" || call.request.type === "commands";
      if (call.channel === channel || (needsNickname && !this.#isInside())) continue;
      call.channel = channel;
      channel.askPatiently(call.request, (reply) => {
        this.#remove(call);
        if (reply.kind === "answer") call.answered(reply.answer);
        else call.reject(errorOf(reply));
      });
    }
  }

  /** The connection is lost. */
  lost(): void {
    this.#channel = null;
    for (const call of this.#calls) {
      if (!call.channel || isRepeatable(call.request)) continue;
      this.#remove(call);
      call.reject(new UncertainError("Uncertain"));
    }
  }

  /** There will be no more replies. */
  end(error: ChatError): void {
    for (const { reject } of this.#calls.splice(0)) reject(error);
  }

  #remove(call: Call): void {
    this.#calls = this.#calls.filter((each) => each !== call);
  }
}

/** Whether it makes no difference if the server gets a question twice. */
function isRepeatable(request: Question): boolean {
  switch (request.type) {
    case "review":
    case "enter":
    case "commands":
    case "health":
      return true;
    case "moderate":
      return request.preview === true;
    case "room":
      return request.set === undefined;
    case "mine":
      return request.do === "get";
    case "tokens":
      return request.do === "list";
    case "report":
      return false;
  }
}

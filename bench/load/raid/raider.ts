import { solve } from "../../../src/client/solve.ts";
import type { Challenge } from "../../../src/protocol/kinds/enter.ts";
import { count } from "../attack/answers.ts";
import { ownCpuS } from "../counts.ts";
import { type Frame, framesOf, Line, now, type Place, until } from "./line.ts";
import { type Style, type StyleKey, styleOf } from "./styles.ts";

/** How soon a nickname is tried again that was refused: as often as the limits allow. */
const NAME_EVERY_MS = 500;
const BACK_AFTER_MS = 1000;
const STATUS = '"status":';

export interface RaidPlan {
  readonly place: Place;
  readonly style: StyleKey;
  /** They connect from as many addresses, which begin with this and end with two numbers. */
  readonly net: string;
  readonly raiders: number;
  /** In which time they come, one after another, and when the raid is over, in seconds. */
  readonly joinS: number;
  readonly seconds: number;
  /** The nicknames of the people who are there. */
  readonly regulars: readonly string[];
}

/** What the raiders did, and what the server did with it. */
export interface RaidTally {
  /** How many of them got a nickname. */
  readonly joined: number;
  readonly sent: number;
  readonly stored: number;
  /** Refused requests, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** CPU seconds of the raiders. */
  readonly loadCpuS: number;
}

let lastProof: Promise<string> = Promise.resolve("");

/** Raids a room, and leaves it when the time is over. */
export async function raid(plan: RaidPlan): Promise<RaidTally> {
  const startedAtMs = now();
  const startedCpuS = ownCpuS();
  const raiders: Raider[] = [];
  const refused: Record<string, number> = {};
  for (let at = 0; at < plan.raiders; at++) {
    await until(startedAtMs + (at * plan.joinS * 1000) / plan.raiders);
    raiders.push(new Raider(plan, at, refused));
  }
  await until(startedAtMs + plan.seconds * 1000);
  for (const raider of raiders) raider.leave();
  const total = (of: (raider: Raider) => number) => raiders.reduce((sum, each) => sum + of(each), 0);
  return {
    joined: total(({ hasJoined }) => Number(hasJoined)),
    sent: total(({ sent }) => sent),
    stored: total(({ stored }) => stored),
    refused,
    loadCpuS: ownCpuS() - startedCpuS,
  };
}

/** A program that wants to be in a room and to write there, whatever it is told. */
class Raider {
  readonly #plan: RaidPlan;
  readonly #style: Style;
  readonly #number: number;
  readonly #from: string;
  readonly #refused: Record<string, number>;
  readonly #gone = new AbortController();
  #line: Line;
  /** Of this connection. */
  #isIn = false;
  #sentHere = 0;
  /** Whether a nickname or a proof is under way. */
  #isTrying = false;
  #tries = 0;
  hasJoined = false;
  sent = 0;
  stored = 0;

  constructor(plan: RaidPlan, number: number, refused: Record<string, number>) {
    this.#plan = plan;
    this.#style = styleOf(plan.style);
    this.#number = number;
    this.#from = `${plan.net}.${1 + (number >> 7)}.${1 + (number & 0x7f)}`;
    this.#refused = refused;
    this.#line = this.#dial();
  }

  leave(): void {
    this.#gone.abort();
    this.#line.drop();
  }

  #dial(): Line {
    this.#isIn = false;
    this.#isTrying = false;
    this.#sentHere = 0;
    return new Line(this.#plan.place, this.#from, this.#style.version, {
      opened: () => {
        this.#askName();
        if (this.#style.isHeedless) this.#talk();
      },
      read: (text) => this.#read(text),
      ended: () =>
        this.#later(BACK_AFTER_MS, () => {
          this.#line = this.#dial();
        }),
    });
  }

  #read(text: string): void {
    // Most of what arrives are events, which raiders do not care about.
    if (text.includes(STATUS)) for (const frame of framesOf(text)) this.#answered(frame);
  }

  #answered(frame: Frame): void {
    const { type, status, reason, error } = frame;
    const isAccepted = status === true;
    // Version 2 has a sentence for what version 3 has reasons for.
    const why = String(this.#style.version === 2 ? (error ?? reason) : reason);
    if (status === false) count(this.#refused, why);
    if (type === "name") {
      this.#isTrying = false;
      if (isAccepted) this.#entered();
      else this.#goOn(why);
    } else if (type === "send") {
      if (isAccepted) this.stored++;
      else if (this.#style.isRenamed || why === "ProofRequired") this.#goOn(why);
    } else if (type === "enter") void this.#prove(isAccepted, frame.challenge);
  }

  /** Does what may help after a refusal, unless it is doing that already. */
  #goOn(why: string): void {
    if (this.#isTrying) return;
    this.#isTrying = true;
    if (this.#style.isProven && why === "ProofRequired") this.#line.send({ type: "enter" });
    else this.#later(NAME_EVERY_MS, () => this.#askName());
  }

  #askName(): void {
    this.#isTrying = true;
    const name = this.#style.name(this.#number, this.#tries++, this.#plan.regulars);
    this.#line.send({ type: "name", name });
  }

  #entered(): void {
    this.hasJoined = true;
    if (this.#isIn) return;
    this.#isIn = true;
    if (!this.#style.isHeedless) this.#talk();
  }

  #talk(): void {
    const line = this.#line;
    this.#later(this.#style.pauseMs(this.#sentHere), () => {
      if (line !== this.#line) return;
      this.sent++;
      line.send({ type: "send", content: this.#style.text(this.#number, this.#sentHere++) });
      this.#talk();
    });
  }

  async #prove(isAccepted: boolean, challenge: unknown): Promise<void> {
    const line = this.#line;
    if (isAccepted && challenge !== undefined) {
      // Both ends are from one build.
      const proof = await this.#solved(challenge as Challenge);
      line.send({ type: "enter", proof });
      return;
    }
    this.#isTrying = false;
    if (!isAccepted || !this.#isIn) this.#later(NAME_EVERY_MS, () => this.#askName());
  }

  /** They solve one after another: all at once, none of them would be done before the raid is over. */
  #solved(challenge: Challenge): Promise<string> {
    const solved = lastProof.then(() => solve(challenge, this.#gone.signal));
    lastProof = solved.catch(() => "");
    return lastProof;
  }

  #later(waitMs: number, work: () => void): void {
    setTimeout(() => {
      if (!this.#gone.signal.aborted) work();
    }, waitMs);
  }
}

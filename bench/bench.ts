import { CONTENDERS, type Contender, type ContenderName } from "./contenders.ts";
import type { Attack } from "./load/attack/attack.ts";
import { Load } from "./load/load.ts";
import type { CrowdPlan } from "./load/orders.ts";
import { type Server, Servers, type StartOptions } from "./servers.ts";

/** How much work a run does. */
export type Size = "full" | "short" | "tiny";

export interface BenchOptions {
  readonly size: Size;
  /** Measured rounds, after a warm-up. */
  readonly rounds: number;
  readonly peers: ReadonlySet<ContenderName>;
  /** The attacks of the workload `abuse`, and how many rounds each has; so many has each raid, too. */
  readonly attacks: readonly Attack[];
  readonly attackRounds: number;
  /** The folder of the project whose chat server is measured; this project by default. */
  readonly checkout?: string;
  /** Where the servers keep their files. */
  readonly folder: string;
  /** Called with a text for each step of the run. */
  readonly progress: (text: string) => void;
}

/** Of processes that stand for other machines, and must not take the processors from those who are measured. */
export const ELSEWHERE_NICENESS = 10;

/** What every workload gets: the load generator, servers, and how much to do. */
export class Bench implements Disposable {
  readonly load = new Load();
  readonly servers: Servers;
  readonly rounds: number;
  readonly attacks: readonly Attack[];
  readonly attackRounds: number;
  readonly progress: (text: string) => void;
  #attacker: Load | null = null;
  readonly #size: Size;
  readonly #peers: ReadonlySet<ContenderName>;

  constructor(options: BenchOptions) {
    const { size, rounds, peers, attacks, attackRounds, checkout, folder, progress } = options;
    this.servers = new Servers(folder, checkout);
    this.rounds = rounds;
    this.attacks = attacks;
    this.attackRounds = attackRounds;
    this.progress = progress;
    this.#size = size;
    this.#peers = peers;
  }

  /**
   * Another load generator, which attacks. It has a lower priority than all others: a real attacker has a machine of its own.
   */
  get attacker(): Load {
    this.#attacker ??= new Load(ELSEWHERE_NICENESS);
    return this.#attacker;
  }

  /** The value for this run's size. */
  sized<T>(full: T, short: T, tiny: T): T {
    return { full, short, tiny }[this.#size];
  }

  /** Those of the named contenders that take part in this run. */
  among(names: readonly ContenderName[]): Contender[] {
    return CONTENDERS.filter(
      ({ name, isPeer }) => names.includes(name) && (!isPeer || this.#peers.has(name)),
    );
  }

  /** How many CPU seconds of the server one measurement should take, so that steps of 10 ms do not matter. */
  get sectionCpuS(): number {
    return this.sized(1.1, 0.15, 0.01);
  }

  /**
   * Does something with each of several things, in an order that is reversed with each round.
   *
   * @param longestS after so many seconds no further round is started: a busy machine gives fewer rounds, not a longer run
   * @param rounds by default those of this run
   */
  async eachRound<T>(
    all: readonly T[],
    work: (one: T, round: number) => Promise<void>,
    longestS = this.sized(75, 7, 60),
    rounds = this.rounds,
  ): Promise<void> {
    const startedAtMs = performance.now();
    for (let round = 0; round < rounds; round++) {
      if (round > 0 && performance.now() - startedAtMs > longestS * 1000) {
        this.progress(`this machine is busy, so only ${round} of ${rounds} rounds are run`);
        break;
      }
      for (const one of round % 2 === 0 ? all : all.toReversed()) await work(one, round);
    }
  }

  /** Starts a server and connects a crowd to it. */
  async stage(contender: Contender, plan: StagePlan, options: StartOptions = {}): Promise<Stage> {
    const server = await this.servers.start(contender, options);
    const stage = new Stage(this.load, contender, server, plan);
    try {
      await stage.connect();
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  [Symbol.dispose](): void {
    this.load[Symbol.dispose]();
    this.#attacker?.[Symbol.dispose]();
  }
}

export type StagePlan = Pick<CrowdPlan, "clients" | "roomSize"> & Partial<CrowdPlan>;

let stages = 0;

/** A server with its crowd. */
export class Stage implements AsyncDisposable {
  readonly crowd = `crowd ${++stages}`;
  readonly contender: Contender;
  server: Server;
  readonly #load: Load;
  readonly #plan: StagePlan;

  constructor(load: Load, contender: Contender, server: Server, plan: StagePlan) {
    this.#load = load;
    this.contender = contender;
    this.server = server;
    this.#plan = plan;
  }

  async connect(): Promise<void> {
    const { port } = this.server;
    const plan: CrowdPlan = {
      form: this.contender.form,
      contents: "words",
      comesBack: false,
      ...this.#plan,
      port,
    };
    await this.#load.order("connect", { crowd: this.crowd, plan });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load.order("disband", { crowd: this.crowd }).catch(() => {});
    await this.server.kill();
  }
}

/** The nouns of a world file: what a world, a program and a check are to the person who writes one. */
import type { Verdict } from "../check/verdict.ts";
import type { History } from "../history/operation.ts";
import type { Duration, DurationRange } from "../base/units.ts";
import type { FaultSource } from "../sim/fault-draw.ts";

/** One host, or several, by name. */
export type Targets = string | readonly string[];

/** Records an operation of a client: invoked, then ok, fail or info. Returns what `run` returns. */
export interface RecordOperation {
  /** An operation `f` on no object in particular, such as `op("poll", () => ...)`. */
  <T>(f: string, run: () => T | Promise<T>): Promise<T>;
  /** An operation `f` on the object `key`, such as `op("acquire", "job", () => ...)`. */
  <T>(f: string, key: unknown, run: () => T | Promise<T>): Promise<T>;
  /** The same with what is given to it, such as `op("write", "x", 7, () => ...)`. */
  <T>(f: string, key: unknown, input: unknown, run: () => T | Promise<T>): Promise<T>;
}

/** Assertions and recorded operations; outside a world they do nothing, at no cost. */
export interface Probe {
  readonly op: RecordOperation;
  /** Must be true whenever it is reached: a violation otherwise. `detail` is shown with it. */
  always(name: string, condition: boolean, detail?: unknown): void;
  /** Must be true at least once in a campaign. */
  sometimes(name: string, condition: boolean): void;
  /**
   * Must be true at some moment of the calm after the faults, where it is reached at all. `detail` says what
   * was seen instead: the last one is shown.
   */
  eventually(name: string, condition: boolean, detail?: unknown): void;
}

/** Random numbers of one host, drawn from the run's seed. */
export interface Random {
  /** A number in [0, 1). */
  (): number;
  /** An integer in [min, max], both included. */
  integer(min: number, max: number): number;
  /** One element of a non-empty array. */
  pick<T>(items: readonly T[]): T;
}

/** What an inline program is given. */
export interface InlineContext extends Probe {
  /** The host's name, such as "worker-2". */
  readonly host: string;
  /** Which of its group the host is: 0, 1, 2, ... */
  readonly index: number;
  readonly random: Random;
  /** Waits, as the host's own clock counts it. */
  sleep(duration: Duration): Promise<void>;
}

/** A program written in the world file itself. It runs afresh on each of its hosts: they share nothing. */
export type InlineProgram = (context: InlineContext) => unknown;

/** A building block, such as `redis()`; see `lightcone/blocks`. */
export interface BlockProgram {
  readonly name: string;
  readonly entry: string;
  readonly argv: readonly string[];
}

/** What a host runs: an inline function, a Node entry file (relative to the world file), or a block. */
export type Program = InlineProgram | string | BlockProgram;

/** One value for all hosts of a group, or one for each. */
export type PerHost<T> = T | ((host: string, index: number) => T);

/** How a group's programs are started. */
export interface HostOptions {
  /** Arguments after the entry: `process.argv.slice(2)`. */
  readonly argv?: PerHost<readonly string[]>;
  /** The whole environment; a host inherits nothing from the real machine. */
  readonly env?: PerHost<Readonly<Record<string, string>>>;
  /**
   * The working directory on the host. Default: for a file, the nearest folder with a package.json at or above it;
   * `/` for other programs.
   */
  readonly cwd?: string;
  /** Starts the program again this long after it ends by itself, as a supervisor would. Default: never. */
  readonly restart?: Duration;
}

/** How a link behaves while no fault touches it. */
export interface LinkOptions {
  /** One way. A range is drawn from anew for each segment. */
  readonly latency?: DurationRange;
  /** Bytes a second. Default: no limit. */
  readonly bandwidth?: number;
  /** The share of segments that is lost, 0 to 1. TCP retransmits: its users see delay. */
  readonly loss?: number;
}

/** How long a fault lasts, and how often it comes. The seed draws from these ranges. */
export interface FaultOptions {
  readonly lasts?: DurationRange;
  /** The average time from the end of one to the start of the next. */
  readonly every?: DurationRange;
}

/** How a host crashes. */
export interface CrashOptions extends FaultOptions {
  /** `process`: the operating system lives on. `machine`: power is lost. Default: either. */
  readonly how?: "process" | "machine";
}

/** How far clocks go wrong. */
export interface ClockOptions extends FaultOptions {
  /** How far the wall clock jumps, ahead or back. */
  readonly by?: DurationRange;
  /** How fast it drifts, in parts per million, from and to. */
  readonly ppm?: readonly [number, number];
}

/** How much latency is added. */
export interface LatencyOptions extends FaultOptions {
  readonly by?: DurationRange;
}

/** How much is lost. */
export interface LossOptions extends FaultOptions {
  /** The share that is lost, from and to. */
  readonly probability?: readonly [number, number];
}

/** What a check is given to judge. */
export interface RunRecord {
  readonly history: History;
  readonly seed: number;
}

/** A check: `mutex()` and its like from `lightcone/check`, or one of your own. */
export interface Check {
  readonly name: string;
  /**
   * A verdict; or `true` for "holds", and `false` or a sentence for "violated". `violated(sentence,
   * operations)` of `lightcone/check` makes a verdict that says which operations show it: the story tells those,
   * where it otherwise tells all that shrinking has left of the run.
   */
  judge(record: RunRecord): Verdict | boolean | string;
  /**
   * The operations that it is about, by name; an empty list stands for all. A world none of whose runs has
   * such an operation that was answered (`ok`) is refused, as the check would hold over nothing. Without this, a
   * world is refused when it has no operations at all.
   */
  readonly looksFor?: readonly string[];
  /**
   * What a process holds is given up when the process dies: an `ok` of the first is then followed by the
   * second, of which nobody knows when it took effect. Each is a name, or several that mean the same; the
   * second name of the one belongs to the second of the other.
   */
  readonly givenUpAtDeath?: readonly [
    acquire: string | readonly string[],
    release: string | readonly string[],
  ];
}

/**
 * What every world promises unless it says otherwise: that no exception goes uncaught, that no process exits
 * with a code, that no operation hangs through the calm, and that no process ends with work unfinished.
 */
export type Tolerable = "uncaught" | "exits" | "hangs" | "unfinished";

/** How a run is divided. */
export interface RunOptions {
  /** The last part of the run, without faults. Default: a third, at most 20s. */
  readonly calm?: Duration;
}

/** Describes a world; given to the function that `world` is called with. */
export interface WorldBuilder {
  /** One host; returns its name. */
  host(name: string, program: Program, options?: HostOptions): string;
  /** `count` hosts NAME-1, NAME-2, ...; returns their names. */
  hosts(name: string, count: number, program: Program, options?: HostOptions): string[];
  /** How all links behave. Default: half a millisecond each way. */
  link(options: LinkOptions): void;
  /** How the links from `from` to `to` behave, and back. The last word on a link counts. */
  link(from: Targets, to: Targets, options: LinkOptions): void;
  /** What may go wrong. Which of it does, when and how hard, the seed decides. */
  faults(...sources: readonly FaultSource[]): void;
  /** A process dies with its memory, or its machine loses power; it starts again afterwards. */
  crash(targets?: Targets, options?: CrashOptions): FaultSource;
  /** A process stops, as in a long garbage collection; its sockets stay. */
  pause(targets?: Targets, options?: FaultOptions): FaultSource;
  /** A wall clock jumps, or drifts. */
  clock(targets?: Targets, options?: ClockOptions): FaultSource;
  /** Hosts cannot reach each other: one way or both, one host alone or a split in two. */
  partition(targets?: Targets, options?: FaultOptions): FaultSource;
  /** Links become slow. */
  latency(targets?: Targets, options?: LatencyOptions): FaultSource;
  /** Links lose segments. */
  loss(targets?: Targets, options?: LossOptions): FaultSource;
  /** What must hold. */
  check(...checks: readonly Check[]): void;
  /**
   * Which errors are definite: an operation that throws one of them did not happen, and never will.
   * Every other error leaves that open (`info`).
   */
  definite(isDefinite: (error: unknown, f: string) => boolean): void;
  /**
   * What this world does not promise: `"uncaught"` exceptions, `"exits"` with a code other than zero, operations
   * that `"hangs"` through the calm, processes that end with work `"unfinished"`.
   */
  tolerate(...what: readonly Tolerable[]): void;
  /**
   * Operations, by name, that may wait for ever: subscriptions, blocking reads of a queue. They neither hang nor
   * are they left unfinished, however long they are open.
   *
   * @example
   * w.openEnded("subscribe");
   */
  openEnded(...names: readonly string[]): void;
  /** How long a run lasts, in simulated time. */
  run(duration: Duration, options?: RunOptions): void;
}

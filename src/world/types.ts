/** The types of a world file: a world, a program and a check, from the point of view of its author. */
import type { Verdict } from "../check/verdict.ts";
import type { Service } from "./outside/types.ts";
import type { BlockSuffers } from "./plan.ts";
import type { SharedOptions } from "./shared.ts";
import type { SeenFault, SeenHost } from "./seen.ts";
import type { History } from "../history/operation.ts";
import type { Duration, DurationRange } from "../base/units.ts";
import type { FaultSource, faultWords, OptionsOf } from "../sim/faults/index.ts";

/** The name of one host, or the names of several. */
export type Targets = string | readonly string[];

/** Records a client's operation: its invocation, then ok, fail or info. Returns the result of `run`. */
export interface RecordOperation {
  /** An operation `f` without a specific object, such as `op("poll", () => ...)`. */
  <T>(f: string, run: () => T | Promise<T>): Promise<T>;
  /** An operation `f` on the object `key`, such as `op("acquire", "job", () => ...)`. */
  <T>(f: string, key: unknown, run: () => T | Promise<T>): Promise<T>;
  /** An operation `f` on the object `key` with an input, such as `op("write", "x", 7, () => ...)`. */
  <T>(f: string, key: unknown, input: unknown, run: () => T | Promise<T>): Promise<T>;
}

/** Assertions and recorded operations. Outside a world they do nothing, at no cost. */
export interface Probe {
  readonly op: RecordOperation;
  /**
   * The condition must be true whenever this is reached; otherwise it is a violation. `detail` is shown
   * with it.
   */
  always(name: string, condition: boolean, detail?: unknown): void;
  /** The condition must be true at least once in a campaign. */
  sometimes(name: string, condition: boolean): void;
  /**
   * The condition must be true at some moment of the calm period after the faults, if this is reached at
   * all. `detail` says what was observed instead; the last one is shown.
   */
  eventually(name: string, condition: boolean, detail?: unknown): void;
  /**
   * Marks a point of the program: a step that it has come to, such as "charged". Faults may crash the process
   * exactly here (`w.crashAt`); stories and traces show it.
   */
  step(name: string): void;
  /**
   * Tells a part of the program's state: `state("role", "leader")`. A run's page shows the latest value of each name, and
   * what it was at any moment. It judges nothing. `value` is plain data: what JSON can write.
   */
  state(name: string, value: unknown): void;
  /**
   * Whether to take a rare path here that is correct and seldom taken: an empty cache, a batch of one, a needless
   * retry. True only while a fault says so (`w.buggify`); always false outside of a world.
   */
  buggify(name: string): boolean;
  /**
   * Whether the calm has begun: no fault will begin any more, and all but those for good are over. A workload can stop
   * writing, and read what is there. Always false outside of a world, where nobody knows.
   */
  calm(): boolean;
  /**
   * Faults to place from inside of the program: `using cut = faults.partition("a", "b")`, or `cut.lift()` where `using`
   * is not known. They are in the schedule of the run, replayed and shrunk.
   */
  readonly faults: HandFaults;
}

/** A fault that a program has placed. With `using`, it is lifted at the end of the block. */
export interface FaultHandle {
  /** Ends the fault, if it is not over. */
  lift(): void;
  [Symbol.dispose](): void;
}

/** When a fault that a program places begins, and how long it lasts. */
export interface HandOptions {
  /** How long it lasts at most. Default: until it is lifted, or until the calm. */
  readonly lasts?: DurationRange;
  /** How much later it begins. Default: at once. */
  readonly in?: Duration;
  /** It begins when a message is sent that this filter asks for: "redis.cmd=SET". Default: at once. */
  readonly after?: string;
}

/** The options of a word that a program may give when it places a fault by hand. */
type HandOptionsOf<Word> = Omit<OptionsOf<Word>, "lasts" | "every" | "at"> & HandOptions;

/**
 * Faults that a program places itself, by the words of worlds: `faults.crash("redis-1", { how: "machine", lasts: "2s" })`.
 * They strike all hosts that are named; what is not said is drawn from the seed. Faults of links take two sides:
 * `faults.partition("redis-1", ["redis-2", "redis-3"])`. Outside of a world nothing happens.
 */
export type HandFaults = {
  readonly [Word in keyof typeof faultWords]: {
    (targets?: Targets, options?: HandOptionsOf<(typeof faultWords)[Word]>): FaultHandle;
    (
      targets: Targets,
      others: Targets,
      options?: HandOptionsOf<(typeof faultWords)[Word]>,
    ): FaultHandle;
  };
};

/** Random numbers for one host, drawn from the run's seed. */
export interface Random {
  /** A number in [0, 1). */
  (): number;
  /** An integer in [min, max], both inclusive. */
  integer(min: number, max: number): number;
  /** One element of a non-empty array. */
  pick<T>(items: readonly T[]): T;
}

/** The argument of an inline program. */
export interface InlineContext extends Probe {
  /** The host's name, such as "worker-2". */
  readonly host: string;
  /** The index of the host in its group: 0, 1, 2, ... */
  readonly index: number;
  readonly random: Random;
  /** Waits for a duration, measured by the host's own clock. */
  sleep(duration: Duration): Promise<void>;
}

/**
 * A program written in the world file itself. It is started separately on each of its hosts, which share no
 * state.
 */
export type InlineProgram = (context: InlineContext) => unknown;

/** A building block, such as `redis()`; see `lightcone/blocks`. */
export interface BlockProgram {
  readonly name: string;
  readonly entry: string;
  readonly argv: readonly string[];
  /** What can go wrong with it in ways of its own. */
  readonly suffers?: BlockSuffers;
}

/** The program of a host: an inline function, a Node entry file (relative to the world file), or a block. */
export type Program = InlineProgram | string | BlockProgram;

/** One value for all hosts of a group, or one for each. */
export type PerHost<T> = T | ((host: string, index: number) => T);

/** Options for starting the programs of a group. */
export interface HostOptions {
  /** Arguments after the entry: `process.argv.slice(2)`. */
  readonly argv?: PerHost<readonly string[]>;
  /**
   * Flags for Node itself, before the entry: `--env-file=.env`, `--env-file-if-exists=.env`, `--require MODULE`,
   * `--import MODULE`, `--conditions NAME`. They appear in `process.execArgv`. `NODE_OPTIONS` in `env` works too,
   * except for environment files, as in Node. Paths are relative to `cwd`. Default: none.
   */
  readonly execArgv?: PerHost<readonly string[]>;
  /** The complete environment. A host inherits nothing from the real machine. */
  readonly env?: PerHost<Readonly<Record<string, string>>>;
  /**
   * Files that are loaded in place of modules, by the modules' names: `{ "native-thing": "./stub.ts" }`. Paths are
   * relative to the world file. It applies to all code of the host, packages included. Default: none, and for some
   * native add-ons a substitute of Lightcone's.
   */
  readonly substitute?: Readonly<Record<string, string>>;
  /**
   * The working directory on the host. Default: for a file, the nearest directory at or above it with a
   * package.json; `/` for other programs.
   */
  readonly cwd?: string;
  /**
   * Whether a program that ends on its own is started again, as by systemd or Docker: `"never"`, `"on-failure"`
   * (its exit code is not 0, or a signal ended it) or `"always"`. A duration means "always", this long after
   * its end. Processes that it leaves behind are killed first. Default: `"never"`.
   */
  readonly restart?: "never" | "on-failure" | "always" | Duration;
  /**
   * Other versions of the program, by name: `{ next: "./server-2.ts" }`. Hosts start with the first version, the
   * program itself; `w.upgrade` replaces it by another one and back, on the same disk.
   */
  readonly versions?: Readonly<Record<string, Program | VersionOptions>>;
  /** The time from its end to its restart, with `"on-failure"` and `"always"`. Default: `"100ms"`. */
  readonly restartDelay?: Duration;
}

/** Options for the hosts of a group: how their programs start, where they stand, and what machines they are. */
export interface PlacedHostOptions extends HostOptions {
  /** How slow its processor is: the time that every event takes, such as `"200us"`. Default: none. */
  readonly cpu?: PerHost<Duration>;
  /** How fast its clocks run: parts per million that they gain, or lose if negative. Default: 0. */
  readonly driftPpm?: PerHost<number>;
  /** The rack that it stands in. Hosts of one rack may fail together. Default: none. */
  readonly rack?: PerHost<string>;
  /** The zone that it stands in, such as a data center. Hosts of one zone may fail together. Default: none. */
  readonly zone?: PerHost<string>;
}

/** What a world survives. */
export interface SurvivesOptions {
  /** How many may be lost at once: a number, or `"minority"` (fewer than half). Default: `"minority"`. */
  readonly lost?: number | "minority";
  /** What is lost as a whole: a `"host"`, or all hosts of a `"rack"` or a `"zone"`. Default: `"host"`. */
  readonly of?: "host" | "rack" | "zone";
  /** Whether disks of lost hosts may be damaged: by bits that rot, lost syncs, replaced machines. Default: true. */
  readonly disks?: boolean;
}

/** What another version of a program does differently. What it does not say is as in the first version. */
export interface VersionOptions {
  /** Default: the program of the first version. */
  readonly program?: Program;
  /** Arguments after the entry, in place of the first version's. */
  readonly argv?: PerHost<readonly string[]>;
  /** Variables of the environment, added to those of the first version. */
  readonly env?: PerHost<Readonly<Record<string, string>>>;
  /** Files in place of modules, added to those of the first version: another version of a package, for example. */
  readonly substitute?: Readonly<Record<string, string>>;
}

/** One program of a host that runs several. What it does not say itself is taken from the host's options. */
export interface ProgramOptions extends HostOptions {
  readonly program: Program;
  /**
   * Starts it only after other programs of the host: `{ redis: "listening", migrate: "exited" }`. `"started"`: the
   * other one has been started. `"listening"`: it listens on a TCP port or a Unix socket, or has bound a UDP
   * port. `"exited"`: it has ended with exit code 0. Default: it starts at once.
   */
  readonly after?: Readonly<Record<string, "started" | "listening" | "exited">>;
}

/**
 * The programs of a host that runs several, by name.
 *
 * @example
 * w.host("shop", {
 *   redis: redis(),
 *   migrate: { program: "./migrate.js", after: { redis: "listening" } },
 *   server: { program: "./server.js", after: { migrate: "exited" }, restart: "on-failure" },
 * });
 */
export type Programs = Readonly<Record<string, Program | ProgramOptions>>;

/** The behaviour of a link without faults. */
export interface LinkOptions {
  /** One-way latency. From a range, a value is drawn for each segment; or from another distribution. */
  readonly latency?: DurationRange | LatencyDistribution;
  /** Bytes per second. Default: no limit. */
  readonly bandwidth?: number;
  /** The share of segments that is lost, 0 to 1. TCP retransmits them, so its users see a delay. */
  readonly loss?: number;
  /**
   * How many segments in a row are lost on average (Gilbert's model of bursts), while the share stays the same. Default: each
   * is lost independently.
   */
  readonly lossBurst?: number;
}

/**
 * A distribution of latencies. Log-normal, by its median and the sigma of its logarithm (default: 0.5). Pareto, with a heavy tail:
 * `min` and more, with a chance of (min / x) ** alpha of more than x (default of alpha: 2). Or a trace: latencies as
 * they were recorded, one segment after another, and again from the beginning.
 */
export type LatencyDistribution =
  | { readonly median: Duration; readonly sigma?: number }
  | { readonly min: Duration; readonly alpha?: number }
  | { readonly trace: readonly Duration[] };

export type { SharedOptions } from "./shared.ts";
export type { FaultOptions } from "../sim/faults/index.ts";
export type { ClockOptions } from "../sim/faults/clock.ts";
export type { CrashOptions } from "../sim/faults/crash.ts";
export type { BuggifyOptions } from "../sim/faults/buggify.ts";
export type { KillChildOptions } from "../sim/faults/kill-child.ts";
export type { ByzantineOptions } from "../sim/faults/byzantine.ts";
export type { UpgradeOptions } from "../sim/faults/upgrade.ts";
export type { RestartOptions } from "../sim/faults/restart.ts";
export type { CrashAtOptions } from "../sim/faults/crash-at.ts";
export type { LatencyOptions } from "../sim/faults/latency.ts";
export type { LossOptions } from "../sim/faults/loss.ts";

/** One method for each word of the registry of faults. Without targets, all hosts may be affected. */
export type FaultMethods = {
  [Word in keyof typeof faultWords]: (
    targets?: Targets,
    options?: OptionsOf<(typeof faultWords)[Word]>,
  ) => FaultSource;
};

/** The input of a check. */
export interface RunRecord {
  readonly history: History;
  readonly seed: number;
  /** The faults that have begun, in order. */
  readonly faults: readonly SeenFault[];
  /** The hosts by name, as they are at the end of the run: disk, output, ends of processes. */
  readonly hosts: Readonly<Record<string, SeenHost>>;
  /** When the calm began, and how long the run was, in nanoseconds. */
  readonly calmFromNs: number;
  readonly durationNs: number;
}

/** A check: `mutex()` and others from `lightcone/check`, or your own. */
export interface Check {
  readonly name: string;
  /**
   * Returns a verdict; or `true` for "holds", and `false` or a sentence for "violated". `violated(sentence,
   * operations)` of `lightcone/check` creates a verdict that names the operations that show the violation.
   * The story then shows those operations; otherwise it shows everything that shrinking has left of the
   * run.
   */
  judge(record: RunRecord): Verdict | boolean | string;
  /**
   * The names of the operations that the check judges; an empty list means all. A world is rejected if none
   * of its runs contains such an operation that was answered (`ok`), because the check would hold without
   * judging anything. Without this property, a world is rejected if it has no operations at all.
   */
  readonly looksFor?: readonly string[];
  /**
   * Operations by which a process acquires and releases something that it gives up when it dies. If a
   * process dies holding something, its `ok` of the first is followed by the second, which takes effect at
   * an unknown time. Each is a name, or several synonyms; the second name of the first list corresponds to
   * the second name of the second list.
   */
  readonly givenUpAtDeath?: readonly [
    acquire: string | readonly string[],
    release: string | readonly string[],
  ];
}

/**
 * The built-in requirements that a world can waive: that no exception goes uncaught, that no process exits
 * with a code, that no operation hangs through the calm period, and that no process ends with work
 * unfinished.
 */
export type Tolerable = "uncaught" | "exits" | "hangs" | "unfinished";

/** The division of a run into phases. */
export interface RunOptions {
  /** The length of the last part of the run, without faults. Default: a third, at most 20s. */
  readonly calm?: Duration;
  /**
   * When the run starts on a wall clock, as a date that `Date` reads with its time zone, such as
   * "2026-03-29T00:59:30Z". "drawn": the seed chooses one, often shortly before something changes: daylight-saving
   * time, the month, the year, a leap day. Default: "2026-01-01T00:00:00Z".
   */
  readonly start?: string;
}

/** Describes a world. Passed to the function that `world` is called with. */
export interface WorldBuilder extends FaultMethods {
  /** Adds one host with one program or several; returns its name. */
  host(name: string, program: Program | Programs, options?: PlacedHostOptions): string;
  /** Adds `count` hosts NAME-1, NAME-2, ...; returns their names. */
  hosts(
    name: string,
    count: number,
    program: Program | Programs,
    options?: PlacedHostOptions,
  ): string[];
  /**
   * Adds a stand-in for a service outside, such as "api.stripe.com", that programs find by its name over HTTP and HTTPS (its
   * certificate is one that hosts trust). The service is a function `(request, context) => answer`; or the path of a JSON file or
   * its content: an OpenAPI 3 document, or a recording. Faults concern it if they name it; `w.service` concerns all. Returns its
   * name.
   *
   * @example
   * w.outside("api.example.com", ({ method, path }) => ({ status: 200, body: { method, path } }));
   */
  outside(name: string, service: Service): string;
  /** Sets the behaviour of all links. Default: half a millisecond each way. */
  link(options: LinkOptions): void;
  /**
   * Sets the behaviour of the links between `from` and `to`, in both directions. For each link the last
   * call takes precedence.
   */
  link(from: Targets, to: Targets, options: LinkOptions): void;
  /** Sets the faults that may occur. The seed decides which of them occur, when and how severely. */
  faults(...sources: readonly FaultSource[]): void;
  /**
   * Says what the world must survive: the loss of a minority of these hosts, or of as many as `lost` says. The faults that a
   * seed draws stay inside it, so that a violation is the program's fault and never the world's. A host is lost
   * while it is down, paused or cut off from others of the group, and for the whole run if its disk is damaged or it lies.
   * Without this, faults may take any hosts at once.
   *
   * @example
   * w.survives(stores); // fewer than half of them, disks included
   * w.survives(stores, { lost: 1, of: "zone" });
   */
  survives(targets: Targets, options?: SurvivesOptions): void;
  /**
   * A disk that several hosts share at `path`, with the caches of an NFS client: what one of them writes, others see when
   * they open the file after it was closed, and names and times after some seconds. Returns the name of the server.
   *
   * @example
   * const nas = w.shared("/shared", workers);
   * w.faults(w.partition([nas, ...workers]), w.nfs());
   */
  shared(path: string, hosts: Targets, options?: SharedOptions): string;
  /** Sets the checks that must hold. */
  check(...checks: readonly Check[]): void;
  /**
   * Defines which errors are definite: an operation that throws one of them did not happen, and never will.
   * Every other error leaves the outcome open (`info`).
   */
  definite(isDefinite: (error: unknown, f: string) => boolean): void;
  /**
   * Waives built-in requirements for this world: `"uncaught"` exceptions, `"exits"` with a code other than
   * zero, operations that `"hangs"` through the calm period, processes that end with work `"unfinished"`.
   */
  tolerate(...what: readonly Tolerable[]): void;
  /**
   * Names of operations that may wait forever: subscriptions, blocking reads of a queue. They count neither as
   * hanging nor as unfinished, however long they are open.
   *
   * @example
   * w.openEnded("subscribe");
   */
  openEnded(...names: readonly string[]): void;
  /** How long a run lasts, in simulated time. */
  run(duration: Duration, options?: RunOptions): void;
}

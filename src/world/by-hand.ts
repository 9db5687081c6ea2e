/**
 * Faults that programs place themselves: `using cut = faults.partition("a", "b")`. They enter the schedule of the run, each under
 * the name of its place ("worker-1#2": the second one that worker-1 placed). A run with a given schedule takes them from there,
 * so that they are replayed, made lighter and left out like all others.
 */
import { LightconeError } from "../base/errors.ts";
import { parseDurationNs, type Duration } from "../base/units.ts";
import {
  type Domain,
  type Fault,
  type FaultDriver,
  type FaultOptions,
  type FaultSource,
  type FaultWordName,
  faultKind,
  faultWordNames,
  findFaultWord,
} from "../sim/faults/index.ts";
import { CROWD } from "../sim/faults/flood.ts";
import { type Kernel, Kind, NO_HOST } from "../sim/kernel.ts";
import { knownBlocks, withBlocks } from "./block-faults.ts";
import { faultSource, refuseFields } from "./fault-sources.ts";
import type { PlacedRequest } from "./outcome.ts";
import type { HostPlan } from "./plan.ts";
import type { FaultHandle, HandFaults, HandOptions, Targets } from "./types.ts";

/** What placing faults needs of its run. */
export interface HandReach {
  readonly kernel: Kernel;
  readonly driver: FaultDriver;
  readonly hosts: readonly string[];
  readonly plans: readonly HostPlan[];
  readonly domains: readonly Domain[];
  readonly calmFromNs: number;
  /** The schedule that was asked for; `undefined` if it was drawn. */
  readonly asked: readonly Fault[] | undefined;
  /** Whether programs may place any. */
  readonly enabled: boolean;
}

/** In place of the name of a host: no host can be called so. */
const TEST = "(test)";

/** Whether a fault was placed by a test, and not by a program of a run. */
export function isOfTest(placed: string): boolean {
  return placed.startsWith(`${TEST}#`);
}

/** A handle of a fault that does not take place. */
const nothing: FaultHandle = { lift() {}, [Symbol.dispose]() {} };

/** The faults that the programs of one run place. */
export class ByHand {
  readonly #reach: HandReach;
  readonly #counts = new Map<string, number>();
  readonly #asked: ReadonlyMap<string, Fault> | undefined;
  readonly #placed: Fault[] = [];
  readonly #lasted = new Map<Fault, number>();

  constructor(reach: HandReach) {
    this.#reach = reach;
    this.#asked =
      reach.asked &&
      new Map(
        reach.asked.flatMap((fault) => (fault.placed === undefined ? [] : [[fault.placed, fault]])),
      );
  }

  /** The faults that were placed, as they were meant: another run can take them from its schedule. */
  get placed(): readonly Fault[] {
    return this.#placed;
  }

  /** The same faults, as long as they lasted, for stories. */
  get lasted(): Fault[] {
    return this.#placed.map((fault) => {
      return { ...fault, durationNs: this.#lasted.get(fault) ?? fault.durationNs };
    });
  }

  /** What a program of a host is given. `checked` reports mistakes in the arguments. */
  faultsOf(host: string, checked: <T>(look: () => T) => T): HandFaults {
    const placers = faultWordNames.map((word) => {
      const place = (...args: readonly unknown[]): FaultHandle =>
        checked(() => this.#place(host, word as FaultWordName, args));
      return [word, place] as const;
    });
    return Object.fromEntries(placers) as unknown as HandFaults;
  }

  /**
   * The faults that a test has asked for, with the times that it has said. Throws `LC_BAD_ARGUMENT` for what is none. They are in
   * the schedule like those that are drawn.
   */
  ofTest(requests: readonly PlacedRequest[]): Fault[] {
    const { kernel, calmFromNs } = this.#reach;
    return requests.flatMap(({ word, args, atNs, untilNs }, index) => {
      if (!faultWordNames.includes(word)) throw bad(`faults.${word}(...): there is no such fault`);
      const given = this.#read(word as FaultWordName, args);
      if (given.after !== undefined) {
        throw bad(
          `faults.${word}: after: a test places faults at certain times`,
          "A program of the world may wait for a message.",
        );
      }
      const startNs = atNs + given.inNs;
      if (startNs >= calmFromNs) return [];
      const placed = `${TEST}#${index + 1}`;
      const fault = this.#draw(given, placed, startNs - kernel.nowNs);
      if (!fault) return [];
      const lastsNs = Math.min(fault.durationNs, (untilNs ?? Infinity) - startNs);
      return lastsNs < 0 ? [] : [{ ...fault, startNs, durationNs: lastsNs }];
    });
  }

  #place(host: string, word: FaultWordName, args: readonly unknown[]): FaultHandle {
    const count = (this.#counts.get(host) ?? 0) + 1;
    this.#counts.set(host, count);
    const placed = `${host}#${count}`;
    const { kernel, calmFromNs, enabled } = this.#reach;
    const given = this.#read(word, args);
    const delayNs = given.inNs;
    const asked = this.#asked?.get(placed);
    const isWanted = enabled && (this.#asked === undefined || asked !== undefined);
    if (!isWanted || kernel.nowNs + delayNs >= calmFromNs) return nothing;
    const fault = asked ?? this.#draw(given, placed);
    if (!fault) return nothing;
    return this.#begin(fault, delayNs, given.after);
  }

  #begin(planned: Fault, delayNs: number, after: string | undefined): FaultHandle {
    const { kernel, driver, calmFromNs } = this.#reach;
    const isLink = faultKind(planned.kind).onLink !== undefined;
    let fault: Fault | undefined;
    let isLifted = false;
    const begin = (): void => {
      if (isLifted || kernel.nowNs >= calmFromNs) return;
      fault = { ...planned, startNs: kernel.nowNs };
      this.#placed.push(fault);
      driver.place(fault, (lastedNs) => this.#lasted.set(fault as Fault, lastedNs));
    };
    const lift = (): void => {
      if (fault) driver.liftPlaced(fault);
    };
    // Whatever ends or starts processes waits for the end of this turn, which may be of one of them.
    const soon = (action: () => void, ns: number): void => {
      if (isLink && ns === 0) action();
      else kernel.schedule(ns, NO_HOST, Kind.internal, action, undefined);
    };
    if (after === undefined) soon(begin, delayNs);
    else driver.afterMessage(after, () => soon(begin, delayNs));
    const release = (): void => {
      if (isLifted) return;
      isLifted = true;
      soon(lift, 0);
    };
    return { lift: release, [Symbol.dispose]: release };
  }

  /** The fault, with whatever the program did not say drawn from the seed. */
  #draw({ source, others, targets }: Given, placed: string, inNs = 0): Fault | undefined {
    const { kernel, hosts, domains, calmFromNs } = this.#reach;
    const prng = kernel.prng.fork(`by-hand.${placed}`);
    const word = findFaultWord(source.word);
    const drawn = word?.draw({
      targets: source.targets,
      hosts: others ? [...source.targets, ...others] : hosts,
      options: source.options as never,
      prng,
      at: 0,
      earlier: [],
      domains,
    });
    if (!drawn) return undefined;
    const { lasts } = source;
    const untilCalmNs = calmFromNs - kernel.nowNs - inNs;
    const lastsNs = lasts === undefined ? untilCalmNs : prng.between(lasts.minNs, lasts.maxNs);
    const params = sidesOf(drawn.params as Fault["params"], source, others);
    return {
      kind: drawn.kind,
      targets: "from" in params ? drawn.targets : targets,
      startNs: kernel.nowNs,
      durationNs: Math.min(lastsNs, untilCalmNs),
      params,
      placed,
    };
  }

  #read(word: FaultWordName, args: readonly unknown[]): Given {
    const { hosts } = this.#reach;
    const where = `faults.${word}`;
    const [first, second, third] = args;
    const isSides = typeof second === "string" || Array.isArray(second);
    const options = ((isSides ? third : second) ?? {}) as HandOptions & FaultOptions;
    if (typeof options !== "object")
      throw bad(`${where}(...): ${JSON.stringify(options)} is not an object of options`);
    if (isSides && findFaultWord(word)?.links !== true) {
      throw bad(`${where}(...) concerns hosts, and no links between two sides`);
    }
    const { blocks = false, crowd = false } = findFaultWord(word) ?? {};
    if (crowd && !hosts.includes(CROWD)) {
      throw bad(
        `${where}(...): the world has no crowd`,
        `It gets one when it allows the fault: w.faults(w.${word}(...)).`,
      );
    }
    const all = blocks ? Object.keys(knownBlocks(this.#reach.plans)) : [...hosts];
    const targets = namesOf(first, hosts, where) ?? all;
    const others = isSides ? namesOf(second, hosts, where) : undefined;
    const { in: delay, after, lasts, ...own } = options;
    if ("every" in own || "at" in own) {
      throw bad(
        `${where}: every and at are for worlds`,
        'It begins at once, or with in: "2s", or after a message.',
      );
    }
    if (typeof (own as { lie?: unknown }).lie === "function") {
      throw bad(
        `${where}: a liar belongs to the world`,
        "Write w.byzantine(hosts, { lie }) there.",
      );
    }
    const read = faultSource(word, targets, hosts, {
      ...own,
      ...(lasts !== undefined && { lasts }),
    });
    const source = withBlocks(read, this.#reach.plans);
    if (after !== undefined) refuseFields(after, `${where}: after`);
    return {
      source: { ...source, lasts: lasts === undefined ? undefined : source.lasts },
      targets,
      others,
      after,
      inNs: delay === undefined ? 0 : parseDurationNs(delay as Duration, `${where}: in`),
    };
  }
}

interface Given {
  readonly source: Omit<FaultSource, "lasts"> & {
    readonly lasts: FaultSource["lasts"] | undefined;
  };
  readonly targets: readonly string[];
  /** The hosts at the other side of a fault of links. */
  readonly others: readonly string[] | undefined;
  readonly after: string | undefined;
  readonly inNs: number;
}

/** The parameters, between the two sides that were named, if two were. */
function sidesOf(
  params: Fault["params"],
  { word, targets, options }: Given["source"],
  others: readonly string[] | undefined,
): Fault["params"] {
  if (!others || !("from" in params)) return params;
  if (typeof params["from"] === "string") return { ...params, from: targets[0], to: others[0] };
  const { pairs: _, ...rest } = params;
  const { oneWay } = options as { oneWay?: boolean };
  const split = word === "partition" ? { shape: "split" } : {};
  return { ...rest, ...split, from: targets, to: others, both: oneWay !== true };
}

function namesOf(
  given: unknown,
  hosts: readonly string[],
  where: string,
): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const names = (Array.isArray(given) ? given : [given]) as readonly Targets[];
  const unknown = names.find((name) => !hosts.includes(name as string));
  if (unknown === undefined && names.length > 0) return names as readonly string[];
  throw new LightconeError(
    "LC_UNKNOWN_HOST",
    `${where}: there is no host ${JSON.stringify(unknown ?? given)}`,
    `Hosts are ${hosts.slice(0, 8).join(", ")}${hosts.length > 8 ? ", ..." : ""}.`,
  );
}

function bad(message: string, hint?: string): LightconeError {
  return new LightconeError("LC_BAD_ARGUMENT", message, hint);
}

/**
 * Draws a schedule of faults from what a world allows, swarm style (Groce et al., "Swarm testing", ISSTA
 * 2012): each run first draws which kinds are on at all, then how often and how long each happens.
 * Every gap has a minimum, so that a system gets stable moments in which to make progress.
 */
import type { Prng } from "../base/prng.ts";
import { MS, SECOND } from "../base/units.ts";
import { byStart, type Fault, type LinkFault } from "./faults.ts";

/** An inclusive range of nanoseconds. */
export interface RangeNs {
  readonly minNs: number;
  readonly maxNs: number;
}

/** What a world allows to go wrong: the seed decides whether, when and how hard. */
export interface FaultSource {
  readonly kind: "crash" | "pause" | "partition" | "latency" | "loss" | "clock";
  /** The hosts it may happen to; for links, the hosts at either end. */
  readonly targets: readonly string[];
  /** How long one lasts. */
  readonly lasts: RangeNs;
  /** The time between the end of one and the start of the next, on average. */
  readonly every: RangeNs;
  /** `crash`: restrict to one way of crashing. */
  readonly how?: "process" | "machine" | undefined;
  /** `latency`: how much is added. `clock`: how far the wall clock jumps, in either direction. */
  readonly by?: RangeNs | undefined;
  /** `loss`: the share that is lost, from and to. */
  readonly probability?: readonly [number, number] | undefined;
  /** `clock`: how fast the clock drifts, in either direction, in parts per million. */
  readonly ppm?: readonly [number, number] | undefined;
}

/** How likely each kind is to be on in a run. */
const ON_PROBABILITY = 0.6;
/** Of crashes and pauses, how many hit several hosts at once. */
const SEVERAL_PROBABILITY = 0.2;
/** The shortest stable gap after a fault, drawn once a run and source. */
const STABLE_NS: RangeNs = { minNs: 50 * MS, maxNs: SECOND };
/** Times are whole milliseconds: nobody wants to read more. */
const GRAIN_NS = MS;

/** Draws what goes wrong before `untilNs`; all of it is over by then. */
export function drawSchedule(
  sources: readonly FaultSource[],
  hosts: readonly string[],
  untilNs: number,
  prng: Prng,
): Fault[] {
  if (sources.length === 0) return [];
  const swarm = prng.fork("swarm");
  const on = sources.map(() => swarm.chance(ON_PROBABILITY));
  if (!on.includes(true)) on[swarm.below(on.length)] = true;
  const schedule: Fault[] = [];
  for (const [at, source] of sources.entries()) {
    if (on[at]) {
      schedule.push(...drawSource(source, hosts, untilNs, prng.fork(`${at}.${source.kind}`)));
    }
  }
  return byStart(schedule);
}

function drawSource(
  source: FaultSource,
  hosts: readonly string[],
  untilNs: number,
  prng: Prng,
): Fault[] {
  const meanGapNs = logUniform(prng, source.every);
  const meanLastsNs = logUniform(prng, source.lasts);
  const stableNs = logUniform(prng, STABLE_NS);
  const out: Fault[] = [];
  let startNs = grain(prng.float() * meanGapNs);
  while (startNs < untilNs) {
    const wantedNs = grain(meanLastsNs * (0.5 + prng.float()));
    const lastsNs = Math.min(Math.max(wantedNs, source.lasts.minNs), source.lasts.maxNs);
    const durationNs = Math.min(lastsNs, untilNs - startNs);
    out.push(drawFault(source, hosts, startNs, durationNs, prng));
    startNs += durationNs + grain(stableNs + prng.exponential(meanGapNs));
  }
  return out;
}

function drawFault(
  source: FaultSource,
  hosts: readonly string[],
  startNs: number,
  durationNs: number,
  prng: Prng,
): Fault {
  const when = { startNs, durationNs };
  switch (source.kind) {
    case "crash": {
      const how = source.how ?? (prng.chance(0.5) ? "process" : "machine");
      const targets = victims(source.targets, prng);
      return { kind: "crash", targets, ...when, params: { how } };
    }
    case "pause":
      return { kind: "pause", targets: victims(source.targets, prng), ...when, params: {} };
    case "clock":
      return drawClock(source, when, prng);
    case "partition":
      return drawPartition(source, hosts, when, prng);
    case "latency":
    case "loss":
      return drawTraffic(source, hosts, when, prng);
  }
}

interface When {
  readonly startNs: number;
  readonly durationNs: number;
}

function drawClock(source: FaultSource, when: When, prng: Prng): Fault {
  const targets = [prng.pick(source.targets)];
  const sign = prng.chance(0.5) ? 1 : -1;
  const drifts = prng.chance(0.3);
  const stepNs =
    sign * grain(logUniform(prng, source.by ?? { minNs: 10 * MS, maxNs: 30 * SECOND }));
  const [minPpm, maxPpm] = source.ppm ?? [50, 20_000];
  const ppm = sign * Math.round(logUniform(prng, { minNs: minPpm, maxNs: maxPpm }));
  if (drifts) return { kind: "clock-drift", targets, ...when, params: { ppm } };
  return { kind: "clock-step", targets, ...when, params: { stepNs } };
}

/**
 * A partition of one of TigerBeetle's shapes: one host apart from all, a split in two, or a single link;
 * both ways more often than one way.
 */
function drawPartition(
  source: FaultSource,
  hosts: readonly string[],
  when: When,
  prng: Prng,
): LinkFault {
  const shape = prng.pick(["isolate", "split", "split", "link"] as const);
  const both = prng.chance(0.7);
  let from: readonly string[] = [prng.pick(source.targets)];
  let to = hosts.filter((name) => !from.includes(name));
  if (shape === "split" && source.targets.length > 1) {
    const size = prng.between(1, Math.max(1, source.targets.length - 1));
    const chosen = new Set(prng.shuffle(source.targets).slice(0, size));
    from = source.targets.filter((name) => chosen.has(name));
    const rest = hosts.filter((name) => !chosen.has(name));
    to = rest;
  } else if (shape === "link") {
    to = [prng.pick(to)];
  }
  const sides = !both && prng.chance(0.5) ? { from: to, to: from } : { from, to };
  const told = shape === "isolate" && sides.from === to ? "split" : shape;
  return {
    kind: "partition",
    targets: [...from],
    ...when,
    params: { shape: told, from: sides.from, to: sides.to, both },
  };
}

function drawTraffic(
  source: FaultSource,
  hosts: readonly string[],
  when: When,
  prng: Prng,
): LinkFault {
  const from = [prng.pick(source.targets)];
  const others = hosts.filter((name) => name !== from[0]);
  const to = prng.chance(0.5) ? others : [prng.pick(others)];
  const both = prng.chance(0.6);
  const targets = [...from];
  if (source.kind === "loss") {
    const [min, max] = source.probability ?? [0.01, 0.4];
    const probability = Number((min + prng.float() * (max - min)).toFixed(3));
    return { kind: "loss", targets, ...when, params: { from, to, both, probability } };
  }
  const by = source.by ?? { minNs: 10 * MS, maxNs: 5 * SECOND };
  const addNs = grain(logUniform(prng, by));
  return { kind: "latency", targets, ...when, params: { from, to, both, addNs } };
}

/** One host, or now and then several at once, as when a rack loses power. */
function victims(targets: readonly string[], prng: Prng): string[] {
  const several = prng.chance(SEVERAL_PROBABILITY);
  const count = several && targets.length > 1 ? prng.between(2, targets.length) : 1;
  const chosen = new Set(prng.shuffle(targets).slice(0, count));
  return targets.filter((name) => chosen.has(name));
}

/** Uniform on a logarithmic scale: as many short ones as long ones of each order of magnitude. */
function logUniform(prng: Prng, { minNs, maxNs }: RangeNs): number {
  const low = Math.log(Math.max(1, minNs));
  const high = Math.log(Math.max(1, maxNs));
  return Math.exp(low + prng.float() * (high - low));
}

function grain(ns: number): number {
  return Math.max(GRAIN_NS, Math.round(ns / GRAIN_NS) * GRAIN_NS);
}

/**
 * Draws a schedule of faults from the kinds a world allows, using swarm testing (Groce et al., "Swarm
 * testing", ISSTA 2012): each run first draws which kinds are enabled at all, then how often and how long
 * each occurs. Every gap has a minimum, so that a system gets stable periods in which to make progress.
 */
import type { Prng } from "../base/prng.ts";
import { MS, SECOND } from "../base/units.ts";
import { byStart, type Fault, type LinkFault } from "./faults.ts";

/** An inclusive range of nanoseconds. */
export interface RangeNs {
  readonly minNs: number;
  readonly maxNs: number;
}

/** A fault that a world allows. The seed decides whether, when and how severely it occurs. */
export interface FaultSource {
  readonly kind: "crash" | "pause" | "partition" | "latency" | "loss" | "clock";
  /** The hosts that may be affected; for links, the hosts at either end. */
  readonly targets: readonly string[];
  /** The duration of one fault. */
  readonly lasts: RangeNs;
  /** The average time between the end of one fault and the start of the next. */
  readonly every: RangeNs;
  /** `crash`: restrict to one way of crashing. */
  readonly how?: "process" | "machine" | undefined;
  /** `latency`: the latency added. `clock`: the size of the jump of the wall clock, in either direction. */
  readonly by?: RangeNs | undefined;
  /** `loss`: the share of packets lost, as minimum and maximum. */
  readonly probability?: readonly [number, number] | undefined;
  /** `clock`: how fast the clock drifts, in either direction, in parts per million. */
  readonly ppm?: readonly [number, number] | undefined;
}

/** The probability that a kind is enabled in a run. */
const ON_PROBABILITY = 0.6;
/** The share of crashes and pauses that affect several hosts at once. */
const SEVERAL_PROBABILITY = 0.2;
/** The shortest stable gap after a fault, drawn once per run and source. */
const STABLE_NS: RangeNs = { minNs: 50 * MS, maxNs: SECOND };
/** Times are rounded to whole milliseconds, to keep schedules readable. */
const GRAIN_NS = MS;

/** Draws the faults before `untilNs`. All of them end by then. */
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
 * Draws a partition of one of TigerBeetle's shapes: one host isolated from all others, a split in two, or a
 * single link. Symmetric partitions are more likely than one-way ones.
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

/** Picks one host, or occasionally several at once, as when a rack loses power. */
function victims(targets: readonly string[], prng: Prng): string[] {
  const several = prng.chance(SEVERAL_PROBABILITY);
  const count = several && targets.length > 1 ? prng.between(2, targets.length) : 1;
  const chosen = new Set(prng.shuffle(targets).slice(0, count));
  return targets.filter((name) => chosen.has(name));
}

/** Draws uniformly on a logarithmic scale, so that each order of magnitude is equally likely. */
function logUniform(prng: Prng, { minNs, maxNs }: RangeNs): number {
  const low = Math.log(Math.max(1, minNs));
  const high = Math.log(Math.max(1, maxNs));
  return Math.exp(low + prng.float() * (high - low));
}

function grain(ns: number): number {
  return Math.max(GRAIN_NS, Math.round(ns / GRAIN_NS) * GRAIN_NS);
}

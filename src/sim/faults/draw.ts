/**
 * Draws a schedule of faults from the words a world uses, using swarm testing (Groce et al., "Swarm testing",
 * ISSTA 2012): each run first draws which of them are enabled at all, then how often and how long each
 * occurs. Every gap has a minimum, so that a system gets stable periods in which to make progress.
 */
import { assert } from "../../base/errors.ts";
import type { Prng } from "../../base/prng.ts";
import { MS, SECOND } from "../../base/units.ts";
import { grain, logUniform } from "./chance.ts";
import { byStart, type Fault, type RangeNs } from "./fault.ts";
import { keepWithin, type Survival } from "./atlas.ts";
import type { Domain, FaultSource } from "./kind.ts";
import { findFaultWord } from "./registry.ts";

/** The probability that a source is enabled in a run. */
const ON_PROBABILITY = 0.6;
/** The shortest stable gap after a fault, drawn once per run and source. */
const STABLE_NS: RangeNs = { minNs: 50 * MS, maxNs: SECOND };

/** What a run has drawn of one word: whether its faults are on at all, how often, and for how long. */
export interface DrawnWord {
  readonly word: string;
  readonly on: boolean;
  /** The mean time from the end of one to the start of the next; `undefined` if they have times of their own. */
  readonly everyNs: number | undefined;
  readonly lastsNs: number;
  /** The shortest time between two. */
  readonly stableNs: number;
  /** How many there are. */
  readonly faults: number;
}

/** What a world is made of, and what it survives. */
export interface DrawnWorld {
  /** Told of each word, in the order of the world. */
  readonly onDrawn?: (drawn: DrawnWord) => void;
  readonly domains?: readonly Domain[];
  readonly survivals?: readonly Survival[];
}

/** Draws the faults before `untilNs`. All of them end by then, but for those that are for good. */
export function drawSchedule(
  sources: readonly FaultSource[],
  hosts: readonly string[],
  untilNs: number,
  prng: Prng,
  { domains = [], survivals = [], onDrawn }: DrawnWorld = {},
): Fault[] {
  if (sources.length === 0) return [];
  const swarm = prng.fork("swarm");
  // A chance is drawn for each source, so that one with times of its own does not change the others.
  const drawn = sources.map(() => swarm.chance(ON_PROBABILITY));
  const on = drawn.map((chance, at) => chance || sources[at]?.atNs !== undefined);
  if (!on.includes(true)) on[swarm.below(on.length)] = true;
  const schedule: Fault[] = [];
  for (const [at, source] of sources.entries()) {
    const stream = prng.fork(`${at}.${source.word}`);
    const pace = drawPace(source, stream);
    const drawnFaults = on[at] ? drawSource(source, pace, { hosts, domains }, untilNs, stream) : [];
    schedule.push(...drawnFaults);
    onDrawn?.({
      word: source.word,
      on: on[at] === true,
      everyNs: source.atNs ? undefined : pace.meanGapNs,
      lastsNs: pace.meanLastsNs,
      stableNs: pace.stableNs,
      faults: drawnFaults.length,
    });
  }
  return keepWithin(byStart(schedule), survivals, prng.fork("survives"));
}

/** How often faults of a source occur in a run, and how long they last. */
interface Pace {
  readonly meanGapNs: number;
  readonly meanLastsNs: number;
  readonly stableNs: number;
}

function drawPace(source: FaultSource, prng: Prng): Pace {
  const meanGapNs = logUniform(prng, source.every);
  const meanLastsNs = logUniform(prng, source.lasts);
  const stableNs = logUniform(prng, STABLE_NS);
  return { meanGapNs, meanLastsNs, stableNs };
}

function drawSource(
  source: FaultSource,
  { meanGapNs, meanLastsNs, stableNs }: Pace,
  { hosts, domains }: { hosts: readonly string[]; domains: readonly Domain[] },
  untilNs: number,
  prng: Prng,
): Fault[] {
  const word = findFaultWord(source.word);
  assert(word, `there is no word ${source.word} for faults`);
  const out: Fault[] = [];
  const firstNs = grain(prng.float() * meanGapNs);
  const times = source.atNs?.filter((atNs) => atNs < untilNs);
  for (let startNs = times ? times[0] : firstNs; startNs !== undefined && startNs < untilNs;) {
    const wantedNs = grain(meanLastsNs * (0.5 + prng.float()));
    const lastsNs = Math.min(Math.max(wantedNs, source.lasts.minNs), source.lasts.maxNs);
    const leftNs = untilNs - startNs;
    const options = source.options as never;
    const drawn = word.draw({
      targets: source.targets,
      hosts,
      options,
      prng,
      at: out.length,
      earlier: out,
      domains,
    });
    if (!drawn) break;
    const { kind, targets, params } = drawn;
    const durationNs = Math.min(drawn.durationNs ?? lastsNs, leftNs);
    out.push({ kind, targets, startNs, durationNs, params: params as Fault["params"] });
    startNs = times
      ? times[out.length]
      : startNs + durationNs + grain(stableNs + prng.exponential(meanGapNs));
  }
  return out;
}

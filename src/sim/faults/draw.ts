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

/** What a world is made of, and what it survives. */
export interface DrawnWorld {
  readonly domains?: readonly Domain[];
  readonly survivals?: readonly Survival[];
}

/** Draws the faults before `untilNs`. All of them end by then, but for those that are for good. */
export function drawSchedule(
  sources: readonly FaultSource[],
  hosts: readonly string[],
  untilNs: number,
  prng: Prng,
  { domains = [], survivals = [] }: DrawnWorld = {},
): Fault[] {
  if (sources.length === 0) return [];
  const swarm = prng.fork("swarm");
  // A chance is drawn for each source, so that one with times of its own does not change the others.
  const drawn = sources.map(() => swarm.chance(ON_PROBABILITY));
  const on = drawn.map((chance, at) => chance || sources[at]?.atNs !== undefined);
  if (!on.includes(true)) on[swarm.below(on.length)] = true;
  const schedule: Fault[] = [];
  for (const [at, source] of sources.entries()) {
    if (on[at]) {
      const stream = prng.fork(`${at}.${source.word}`);
      schedule.push(...drawSource(source, { hosts, domains }, untilNs, stream));
    }
  }
  return keepWithin(byStart(schedule), survivals, prng.fork("survives"));
}

function drawSource(
  source: FaultSource,
  { hosts, domains }: { hosts: readonly string[]; domains: readonly Domain[] },
  untilNs: number,
  prng: Prng,
): Fault[] {
  const word = findFaultWord(source.word);
  assert(word, `there is no word ${source.word} for faults`);
  const meanGapNs = logUniform(prng, source.every);
  const meanLastsNs = logUniform(prng, source.lasts);
  const stableNs = logUniform(prng, STABLE_NS);
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

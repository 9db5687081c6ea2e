/**
 * Keeps the faults of a schedule within what a world says that it survives, so that a violation is the program's fault
 * and never the world's. At each moment a healthy core is left: hosts that are up, reach each other, and whose
 * disks and words can be trusted from the beginning of the run to its end. (TigerBeetle's name for this is a fault atlas.)
 */
import type { Prng } from "../../base/prng.ts";
import { byStart, endNs, type Fault } from "./fault.ts";
import { soundLink } from "./kind.ts";
import { type LinkParams, linksOf } from "./link-sides.ts";
import { faultKind } from "./registry.ts";

/** What a world survives: the loss of some of its hosts. Plain data. */
export interface Survival {
  /** What is lost as a whole: each host for itself, or the hosts of a rack or a zone. */
  readonly units: readonly (readonly string[])[];
  /** At most so many of the units are lost at once. */
  readonly lost: number;
  /** Whether disks of these hosts may be damaged for good. */
  readonly disks: boolean;
}

/** Which units a fault takes away, and for how long. */
interface Harm {
  readonly fromNs: number;
  readonly untilNs: number;
  /** Units that are away. */
  readonly units: readonly number[];
  /** Pairs of units that do not reach each other; one of each pair counts as away. */
  readonly cuts: readonly (readonly [number, number])[];
}

/** Whether a schedule stays within all that a world survives. */
export function isWithin(schedule: readonly Fault[], survivals: readonly Survival[]): boolean {
  return survivals.every((survival) => {
    const harms = schedule.flatMap((fault) => harmOf(fault, survival) ?? []);
    return (
      harms.every(({ fromNs }) => lostAt(harms, fromNs) <= survival.lost) &&
      (survival.disks || !schedule.some((fault) => damages(fault, survival)))
    );
  });
}

/**
 * The faults of a schedule that stay within all that a world survives. A fault that would exceed it is made smaller, or is
 * aimed at hosts that are damaged anyway, or is left out.
 */
export function keepWithin(schedule: Fault[], survivals: readonly Survival[], prng: Prng): Fault[] {
  if (survivals.length === 0) return schedule;
  const damaging = schedule.filter((fault) => survivals.some((one) => isForGood(fault, one)));
  const budgets = survivals.map(({ lost }) => (lost > 0 ? prng.between(1, lost) : 0));
  let kept: Fault[] = [];
  // What lasts for good comes first: it leaves less room to all that is drawn for other hosts.
  for (const fault of damaging) {
    const fitting = variants(fault, []).find((one) => {
      const all = [...kept, one];
      return (
        isWithin(all, survivals) &&
        survivals.every((survival, at) => {
          return damagedUnits(all, survival).size <= (budgets[at] as number);
        })
      );
    });
    if (fitting) kept.push(fitting);
  }
  const damaged = [...new Set(kept.flatMap(({ targets }) => targets))];
  for (const fault of schedule) {
    if (damaging.includes(fault)) continue;
    const fitting = variants(fault, damaged).find((one) => isWithin([...kept, one], survivals));
    if (fitting) kept = [...kept, fitting];
  }
  return byStart(kept);
}

/** A fault, and what can take its place: with fewer targets, on hosts that are damaged anyway, weaker. */
function variants(fault: Fault, damaged: readonly string[]): Fault[] {
  const kind = faultKind(fault.kind);
  const { targets } = fault;
  if (kind.onLink) return [fault, ...kind.lighter(fault)];
  const fewer = targets.slice(1).map((_, at) => targets.slice(0, targets.length - 1 - at));
  const others = damaged.filter((name) => !targets.includes(name)).map((name) => [name]);
  return [fault, ...[...fewer, ...others].map((some) => ({ ...fault, targets: some }))];
}

/** How many units are lost at a moment: those that are away, and as few others as possible for what is cut. */
function lostAt(harms: readonly Harm[], atNs: number): number {
  const active = harms.filter(({ fromNs, untilNs }) => fromNs <= atNs && atNs < untilNs);
  const away = new Set(active.flatMap(({ units }) => units));
  const cuts = active.flatMap((harm) => harm.cuts).filter(([a, b]) => !away.has(a) && !away.has(b));
  return away.size + coverOf(cuts);
}

/** The size of the smallest set of units that has one of each pair. Groups are small, so that trying is cheap. */
function coverOf(cuts: readonly (readonly [number, number])[]): number {
  const [first] = cuts;
  if (!first) return 0;
  const [a, b] = first;
  const without = (unit: number): number => {
    return 1 + coverOf(cuts.filter((pair) => !pair.includes(unit)));
  };
  return a === b ? without(a) : Math.min(without(a), without(b));
}

function harmOf(fault: Fault, survival: Survival): Harm | undefined {
  const kind = faultKind(fault.kind);
  const harms = kind.harms?.(fault);
  const forGood = harms === "disk" || harms === "word";
  const fromNs = forGood ? 0 : fault.startNs;
  const ends = kind.forGood === true || forGood ? Infinity : endNs(fault);
  const untilNs = kind.harmsUntilNs?.(fault) ?? ends;
  const units = harms === undefined ? [] : unitsOf(fault.targets, survival);
  const cuts = cutsOf(fault, survival);
  if (units.length + cuts.length === 0) return undefined;
  return { fromNs, untilNs, units, cuts };
}

/** The pairs of units between which the fault lets nothing through, in one direction at least. */
function cutsOf(fault: Fault, { units }: Survival): [number, number][] {
  const kind = faultKind(fault.kind);
  if (!kind.onLink) return [];
  const effect = soundLink();
  kind.onLink(fault, effect);
  if (!effect.blocked && !effect.refuses && !effect.ignores) return [];
  const unitOf = new Map(units.flatMap((hosts, unit) => hosts.map((host) => [host, unit])));
  const pairs = new Map<string, [number, number]>();
  for (const [from, to] of linksOf(fault as unknown as Fault<LinkParams>)) {
    const a = unitOf.get(from);
    const b = unitOf.get(to);
    if (a === undefined || b === undefined) continue;
    pairs.set(a < b ? `${a} ${b}` : `${b} ${a}`, [a, b]);
  }
  return [...pairs.values()];
}

/** The units of which what they hold or say cannot be trusted, at some time of the run. */
function damagedUnits(schedule: readonly Fault[], survival: Survival): Set<number> {
  const damaging = schedule.filter((fault) => isForGood(fault, survival));
  return new Set(damaging.flatMap(({ targets }) => unitsOf(targets, survival)));
}

/** Whether a fault takes hosts of the group away for the whole run, or for its rest. */
function isForGood(fault: Fault, survival: Survival): boolean {
  const kind = faultKind(fault.kind);
  const harms = kind.harms?.(fault);
  const forGood = harms === "disk" || harms === "word" || kind.forGood === true;
  return forGood && unitsOf(fault.targets, survival).length > 0;
}

function damages(fault: Fault, survival: Survival): boolean {
  return (
    faultKind(fault.kind).harms?.(fault) === "disk" && unitsOf(fault.targets, survival).length > 0
  );
}

function unitsOf(hosts: readonly string[], { units }: Survival): number[] {
  return [...units.keys()].filter((unit) => units[unit]?.some((name) => hosts.includes(name)));
}

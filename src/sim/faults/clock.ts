/** A host's wall clock jumps, or its clocks run fast or slow. They are corrected when the fault is lifted. */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import type { Host } from "../host.ts";
import { grain, logBetween, logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { smallerNs, smallerNumbers } from "./lighter.ts";
import { duration, numbers, oneOf } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list, percent } from "./words.ts";

/** The size of clock errors. */
export interface ClockOptions extends FaultOptions {
  /** The size of a jump of the wall clock, forward or backward. Default: `10ms..30s`. */
  readonly by?: DurationRange;
  /** The drift rate in parts per million, as minimum and maximum. Default: `[50, 20_000]`. */
  readonly ppm?: readonly [number, number];
  /**
   * `step`: the wall clock jumps. `step-at-read`: it jumps while a program reads it, so that two readings in
   * one turn differ. `drift`: clocks run fast or slow. `freeze`: the wall clock stands still. Default: drawn.
   */
  readonly how?: ClockWay;
}

const WAYS = ["step", "step-at-read", "drift", "freeze"] as const;
type ClockWay = (typeof WAYS)[number];

/** The parameters of a jump of the wall clock. */
export type ClockStepParams = {
  readonly stepNs: number;
  /**
   * The clock jumps at this reading after the fault's start, 1 or more, so that it may jump between two
   * readings of one turn. Default: it jumps at the start.
   */
  readonly atRead?: number;
};
/** The parameters of clocks that run fast or slow: microseconds gained in a second. */
export type ClockDriftParams = { readonly ppm: number };

/** A wall clock that nobody reads may show anything. */
const READINGS = {
  count: ({ clock: { readings } }: Host) => readings,
  otherwise: "no program read a wall clock meanwhile",
};
const DRIFT_PROBABILITY = 0.3;
/** A jump at a reading happens at one of the first so many readings. */
const AT_READ_MAX = 8;

const step: FaultKind<ClockStepParams> = {
  name: "clock-step",
  matters: READINGS,
  clockErrorNs: ({ params }) => (params.atRead === undefined ? params.stepNs : undefined),
  begin(fault, reach) {
    const { stepNs, atRead } = fault.params;
    for (const { clock } of reach.hosts(fault)) {
      if (atRead === undefined) clock.stepWall(stepNs);
      else clock.jumpAtRead(fault, atRead, stepNs);
    }
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      host.clock.forgetJump(fault);
      setRight(host, reach);
    }
  },
  tell: ({ targets, params: { stepNs, atRead } }) =>
    `${list(targets)}: wall clock jumps ${stepNs < 0 ? "back" : "ahead"} by ${formatNs(Math.abs(stepNs))}${atRead === undefined ? "" : ` as it is read${atRead === 1 ? "" : ` for the ${ordinal(atRead)} time`}`}`,
  tellLift: ({ targets }) => `${list(targets)}: clock is set right`,
  lighter(fault) {
    const { stepNs, atRead } = fault.params;
    const smaller = smallerNs(Math.abs(stepNs)).map((ns) => {
      return { ...fault, params: { ...fault.params, stepNs: Math.sign(stepNs) * ns } };
    });
    return atRead === undefined ? smaller : [{ ...fault, params: { stepNs } }, ...smaller];
  },
  isValid: ({ stepNs, atRead }) =>
    Number.isSafeInteger(stepNs) && (atRead === undefined || (isWhole(atRead) && atRead > 0)),
};

const drift: FaultKind<ClockDriftParams> = {
  name: "clock-drift",
  clockErrorNs: (fault, lastedNs) => Math.round((fault.params.ppm * lastedNs) / 1e6),
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) setDrift(host, reach);
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) setRight(host, reach);
  },
  tell: ({ targets, params: { ppm } }) =>
    `${list(targets)}: clock ${ppm < 0 ? "loses" : "gains"} ${percent(Math.abs(ppm) / 1e6)}`,
  tellLift: ({ targets }) => `${list(targets)}: clock is set right`,
  lighter(fault) {
    const { ppm } = fault.params;
    return smallerNumbers(Math.abs(ppm), 1).map((less) => {
      return { ...fault, params: { ppm: Math.sign(ppm) * less } };
    });
  },
  isValid: ({ ppm }) => Number.isFinite(ppm) && (ppm as number) > -1_000_000,
};

function setDrift(host: Host, reach: FaultReach): void {
  const ppm = reach.active(drift, host.name).map(({ params }) => params.ppm);
  host.clock.setDriftPpm(ppm.reduce((sum, one) => sum + one, 0));
}

/** Sets the wall clock's error to the sum of the active clock faults, as a time daemon would. */
function setRight(host: Host, reach: FaultReach): void {
  setDrift(host, reach);
  const steps = reach
    .active(step, host.name)
    .map(({ params }) => (params.atRead === undefined ? params.stepNs : 0));
  const wantedNs = steps.reduce((sum, one) => sum + one, host.clock.jumpedNs);
  host.clock.stepWall(wantedNs - host.clock.wallErrorNs());
}

const freeze: FaultKind = {
  name: "clock-freeze",
  matters: READINGS,
  clockErrorNs: (_, lastedNs) => -lastedNs,
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) host.clock.freezeWall(true);
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (reach.active(freeze, host.name).length > 0) continue;
      host.clock.freezeWall(false);
      setRight(host, reach);
    }
  },
  tell: ({ targets }) => `${list(targets)}: wall clock stands still`,
  tellLift: ({ targets }) => `${list(targets)}: clock is set right`,
  lighter: () => [],
  isValid: () => true,
};

function ordinal(count: number): string {
  const suffix = ["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10];
  return `${count}${suffix ?? "th"}`;
}

/**
 * A host's wall clock jumps ahead or back, drifts, or stands still, and is set right at the end. It may jump between
 * two readings within one turn. Timers and `performance.now()` follow the monotonic clock, which never jumps.
 *
 * @cause a time server that is wrong, a virtual machine that was asleep, a battery, an operator.
 * @lasts until it is set right
 */
export const clock: FaultWord<
  ClockOptions,
  { by: RangeNs; ppm: readonly [number, number]; how: ClockWay | undefined }
> = {
  kinds: [step, drift, freeze],
  links: false,
  example: { by: "1s..5s", ppm: [100, 500] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {
    by: duration({ minNs: 10 * MS, maxNs: 30 * SECOND }),
    ppm: numbers(1_000_000, [50, 20_000]),
    how: oneOf(...WAYS),
  },
  draw({ targets: all, options, prng, at }) {
    const targets = [prng.pick(all)];
    const sign = prng.chance(0.5) ? 1 : -1;
    const drifts = prng.chance(DRIFT_PROBABILITY);
    const stepNs = sign * grain(logUniform(prng, options.by));
    const ppm = sign * Math.round(logBetween(prng, options.ppm));
    // A stream of its own: these draws must not change the others.
    const rare = prng.fork(`rare.${at}`);
    const how = options.how ?? (rare.chance(0.1) ? "freeze" : drifts ? "drift" : "step");
    if (how === "freeze") return { kind: freeze.name, targets, params: {} };
    if (how === "drift") return { kind: drift.name, targets, params: { ppm } };
    const inTurn =
      how === "step-at-read" || (options.how === undefined && how === "step" && rare.chance(0.3));
    const atRead = inTurn ? { atRead: rare.between(1, AT_READ_MAX) } : {};
    return { kind: step.name, targets, params: { stepNs, ...atRead } };
  },
};

/** A host's wall clock jumps, or its clocks run fast or slow. They are corrected when the fault is lifted. */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import type { Host } from "../host.ts";
import { grain, logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { smallerNs, smallerNumbers } from "./lighter.ts";
import { duration, numbers } from "./options.ts";
import { list, percent } from "./words.ts";

/** The size of clock errors. */
export interface ClockOptions extends FaultOptions {
  /** The size of a jump of the wall clock, forward or backward. Default: `10ms..30s`. */
  readonly by?: DurationRange;
  /** The drift rate in parts per million, as minimum and maximum. Default: `[50, 20_000]`. */
  readonly ppm?: readonly [number, number];
}

/** The parameters of a jump of the wall clock. */
export type ClockStepParams = { readonly stepNs: number };
/** The parameters of clocks that run fast or slow: microseconds gained in a second. */
export type ClockDriftParams = { readonly ppm: number };

const DRIFT_PROBABILITY = 0.3;

const step: FaultKind<ClockStepParams> = {
  name: "clock-step",
  clockErrorNs: (fault) => fault.params.stepNs,
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) host.clock.stepWall(fault.params.stepNs);
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) setRight(host, reach);
  },
  tell: ({ targets, params: { stepNs } }) =>
    `${list(targets)}: wall clock jumps ${stepNs < 0 ? "back" : "ahead"} by ${formatNs(Math.abs(stepNs))}`,
  tellLift: ({ targets }) => `${list(targets)}: clock is set right`,
  lighter(fault) {
    const { stepNs } = fault.params;
    return smallerNs(Math.abs(stepNs)).map((ns) => {
      return { ...fault, params: { stepNs: Math.sign(stepNs) * ns } };
    });
  },
  isValid: ({ stepNs }) => Number.isSafeInteger(stepNs),
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
  const steps = reach.active(step, host.name).map(({ params }) => params.stepNs);
  const wantedNs = steps.reduce((sum, one) => sum + one, 0);
  host.clock.stepWall(wantedNs - host.clock.wallErrorNs());
}

/** `w.clock(...)`. */
export const clock: FaultWord<ClockOptions, { by: RangeNs; ppm: readonly [number, number] }> = {
  kinds: [step, drift],
  links: false,
  example: { by: "1s..5s", ppm: [100, 500] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {
    by: duration({ minNs: 10 * MS, maxNs: 30 * SECOND }),
    ppm: numbers(1_000_000, [50, 20_000]),
  },
  draw({ targets: all, options, prng }) {
    const targets = [prng.pick(all)];
    const sign = prng.chance(0.5) ? 1 : -1;
    const drifts = prng.chance(DRIFT_PROBABILITY);
    const stepNs = sign * grain(logUniform(prng, options.by));
    const [minNs, maxNs] = options.ppm;
    const ppm = sign * Math.round(logUniform(prng, { minNs, maxNs }));
    return drifts
      ? { kind: drift.name, targets, params: { ppm } }
      : { kind: step.name, targets, params: { stepNs } };
  },
};

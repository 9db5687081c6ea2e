/**
 * A process crashes, or its machine loses power, exactly at a point of its program: before or after a call that
 * changes files ("after the rename, before the sync"), or at a step that the program names. Crashes that are drawn by
 * time alone rarely hit such a point.
 */
import { type DurationRange, MS, SECOND } from "../../base/units.ts";
import { type PowerLossWay, powerLossWays } from "../disk/power-loss.ts";
import { type ChangingCall, changingCalls, isChangingCall, type Moment } from "../moments.ts";
import { grain, logBetween, logUniform } from "./chance.ts";
import { type CrashParams, isCrash, simplerCrashes } from "./crash.ts";
import { endNs, type Fault, type RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { smallerNs, smallerNumbers, withEach } from "./lighter.ts";
import { duration, oneOf, text } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list } from "./words.ts";

const WHEN = ["before", "after"] as const;
/** Which pass of the point is chosen: one of so many. */
const NTH_MAX = 100;

/** At which point a program crashes. */
export interface CrashAtOptions extends FaultOptions {
  /**
   * The call: `open` (that creates or empties a file), `write`, `ftruncate`, `fsync`, `fdatasync`, `rename`, `unlink`,
   * `mkdir`, `rmdir`, `link`, `symlink`, `copyfile`, `mkdtemp`, `rm` or `cp`. Default: any of them, or any step.
   */
  readonly call?: ChangingCall;
  /** The step, as the program names it with `step` of `lightcone/probe`. Default: any step, or any call. */
  readonly step?: string;
  /** Whether it crashes `before` the call or step, or `after` it. Default: drawn. */
  readonly when?: (typeof WHEN)[number];
  /** `process`: the operating system keeps running. `machine`: power is lost. Default: either. */
  readonly how?: "process" | "machine";
  /** `machine`: what the disk keeps of the changes that were not synced, as of `w.crash`. Default: drawn. */
  readonly keeps?: PowerLossWay;
  /** How long the host is down. Default: `100ms..5s`. */
  readonly down?: DurationRange;
}

/** The parameters of such a crash. */
export type CrashAtParams = CrashParams & {
  /** The call or the step, if it is a certain one. */
  readonly call?: ChangingCall;
  readonly step?: string;
  readonly when: (typeof WHEN)[number];
  /** Which pass of that point after the start of the fault; 1 is the first. */
  readonly nth: number;
  readonly downNs: number;
};

const kind: FaultKind<CrashAtParams> = {
  name: "crash-at",
  matters: {
    count: (_, fault, reach) => reach.followed(fault),
    otherwise: "no program came to that point meanwhile",
  },
  instant: true,
  harms: () => "away",
  harmsUntilNs: (fault) => endNs(fault) + fault.params.downNs,
  // A program may come to its point as soon as it starts.
  precedesPrograms: true,
  begin(fault, reach) {
    const { params } = fault;
    let passes = 0;
    reach.await(fault, (moment) => {
      if (!isPoint(moment, params) || ++passes < params.nth) return false;
      strike(fault, reach, moment);
      return true;
    });
  },
  tell({ targets, params: { call, step, when, nth, how } }) {
    const what = call ?? (step === undefined ? "call or step" : `step ${JSON.stringify(step)}`);
    const which = nth === 1 ? `the next ${what}` : `${what} number ${nth} from now`;
    const fate = how === "machine" ? "loses power" : "crashes";
    return `${list(targets)} ${fate} right ${when} ${which}`;
  },
  tellLift: () => "",
  lighter(fault) {
    const { nth, downNs } = fault.params;
    return [
      ...simplerCrashes(fault.params).map((params) => ({ ...fault, params })),
      ...withEach(fault, "nth", smallerNumbers(nth, 1).map(Math.ceil)),
      ...withEach(fault, "downNs", smallerNs(downNs)),
    ];
  },
  optional: ["call", "step", "keeps"],
  isValid: ({ call, step, when, nth, downNs, ...crash }) =>
    isCrash(crash) &&
    (call === undefined || (typeof call === "string" && isChangingCall(call))) &&
    (step === undefined || typeof step === "string") &&
    WHEN.includes(when as never) &&
    isWhole(nth) &&
    nth > 0 &&
    isWhole(downNs),
};

function isPoint(moment: Moment, { call, step, when }: CrashAtParams): boolean {
  if (moment.after !== (when === "after")) return false;
  if (call === undefined && step === undefined) return true;
  return moment.what === "call" ? moment.name === call : moment.name === step;
}

/** The crash itself: a fault that follows from this one, at the moment at which it happens. */
function strike(fault: Fault<CrashAtParams>, reach: FaultReach, moment: Moment): void {
  const { how, keeps, when, downNs } = fault.params;
  const { process, what, name } = moment;
  const at = `${when} ${what === "call" ? name : `step ${JSON.stringify(name)}`}`;
  reach.follow(fault, {
    kind: "crash",
    targets: [process.host.name],
    startNs: reach.kernel.nowNs,
    durationNs: downNs,
    params: keeps === undefined ? { how, at } : { how, keeps, at },
  });
}

/**
 * A process crashes, or its machine loses power, exactly at a point of its program: right before or right after a
 * call that changes or syncs files, or a step that the program names with `step("charged")` of
 * [`lightcone/probe`](checks.md#assertions). Crashes that are drawn by time alone rarely come between a rename and
 * the sync that should precede it. `lightcone explore --crash-points HOST` tries every point in turn.
 *
 * @cause the same as of `w.crash`, at the moment that matters.
 * @lasts how long the fault waits for its point before it gives up
 */
export const crashAt: FaultWord<
  CrashAtOptions,
  {
    call: ChangingCall | undefined;
    step: string | undefined;
    when: (typeof WHEN)[number] | undefined;
    how: "process" | "machine" | undefined;
    keeps: PowerLossWay | undefined;
    down: RangeNs;
  }
> = {
  kinds: [kind],
  links: false,
  example: { call: "rename", when: "after", how: "machine", every: "1s..5s" },
  // How long it waits for the point before it gives up.
  lasts: { minNs: SECOND, maxNs: 10 * SECOND },
  options: {
    call: oneOf(...changingCalls),
    step: text(),
    when: oneOf(...WHEN),
    how: oneOf("process", "machine"),
    keeps: oneOf(...powerLossWays),
    down: duration({ minNs: 100 * MS, maxNs: 5 * SECOND }),
  },
  draw({ targets, options, prng }) {
    const { call, step } = options;
    const target = prng.pick(targets);
    const when = options.when ?? prng.pick(WHEN);
    const how = options.how ?? prng.pick(["process", "machine"] as const);
    const nth = Math.max(1, Math.round(logBetween(prng, [1, NTH_MAX])));
    const downNs = grain(logUniform(prng, options.down));
    const way = prng.pick(powerLossWays);
    const params: CrashAtParams = {
      ...(call !== undefined && { call }),
      ...(step !== undefined && { step }),
      ...{ when, nth, how, downNs },
      ...(how === "machine" && { keeps: options.keeps ?? way }),
    };
    return { kind: kind.name, targets: [target], params };
  },
};

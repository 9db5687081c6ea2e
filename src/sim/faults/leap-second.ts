/**
 * A leap second: a wall clock that counts as POSIX says shows one second twice, or is slowed down until it is a second
 * behind (smeared). Unlike other faults of clocks it is not set right: it is right.
 */
import { SECOND } from "../../base/units.ts";
import type { Host } from "../host.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { list } from "./words.ts";

const HOW = ["step", "smear"] as const;

/** How the second is inserted. */
export interface LeapSecondOptions extends FaultOptions {
  /** `step`: the wall clock jumps back by a second. `smear`: it runs slower for a while. Default: drawn. */
  readonly how?: (typeof HOW)[number];
}

const matters = {
  count: ({ clock: { readings } }: Host) => readings,
  otherwise: "no program read a wall clock afterwards",
};

const step: FaultKind = {
  name: "leap-second",
  matters,
  begin(fault, reach) {
    for (const { clock } of reach.hosts(fault)) clock.leap(0);
  },
  tell: ({ targets }) => `${list(targets)}: a leap second, the wall clock shows one second twice`,
  tellLift: ({ targets }) => `${list(targets)}: that second is over`,
  lighter: fewerTargets,
  isValid: () => true,
};

const smear: FaultKind = {
  name: "leap-smear",
  matters,
  begin(fault, reach) {
    for (const { clock } of reach.hosts(fault)) clock.leap(fault.durationNs);
  },
  lift(fault, reach) {
    for (const { clock } of reach.hosts(fault)) clock.endSmear();
  },
  tell: ({ targets }) => `${list(targets)}: a leap second is smeared, the wall clock is slow`,
  tellLift: ({ targets }) => `${list(targets)}: the wall clock is a second behind`,
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * A leap second, on all targets at once and at most once a run: the wall clock jumps back by a second, or is slowed down
 * over `lasts` until it is a second behind. It stays so: the world's time is now a second behind.
 *
 * @cause the rotation of the earth; time servers and clouds differ in whether they step or smear.
 * @lasts the time over which it is smeared
 */
export const leapSecond: FaultWord<LeapSecondOptions, { how: (typeof HOW)[number] | undefined }> = {
  kinds: [step, smear],
  links: false,
  example: { how: "step" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { how: oneOf(...HOW) },
  draw({ targets, options, prng, earlier }) {
    if (earlier.length > 0) return undefined;
    const how = options.how ?? prng.pick(HOW);
    return { kind: (how === "step" ? step : smear).name, targets: [...targets], params: {} };
  },
};

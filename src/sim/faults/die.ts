/**
 * A machine is gone for good: it loses power and never comes back, not in the calm either. What a system promises when
 * a minority stays dead is judged after that.
 */
import { MS } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { wholeNumber } from "./options.ts";
import { theyDo } from "./words.ts";

/** How many machines are lost. */
export interface DieOptions extends FaultOptions {
  /** At most so many of the targets die in one run. Default: a minority of them, or one of two. */
  readonly atMost?: number;
}

const kind: FaultKind = {
  name: "die",
  keeps: "off",
  instant: true,
  forGood: true,
  harms: () => "away",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) host.powerOff();
  },
  tell: ({ targets }) => `${theyDo(targets, "dies", "die")} for good`,
  tellLift: () => "",
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * A machine dies for good, as if it lost power and nobody went there: it is dead in the calm, too.
 *
 * @cause a machine that is broken, a site that has burnt down, an account that is closed.
 */
export const die: FaultWord<DieOptions, { atMost: number | undefined }> = {
  kinds: [kind],
  links: false,
  example: { atMost: 1 },
  lasts: { minNs: MS, maxNs: MS },
  options: { atMost: wholeNumber(1) },
  draw({ targets, options, earlier, prng }) {
    const most = options.atMost ?? Math.max(1, Math.floor((targets.length - 1) / 2));
    const dead = new Set(earlier.flatMap((fault) => fault.targets));
    const living = targets.filter((name) => !dead.has(name));
    if (dead.size >= most || living.length === 0) return undefined;
    return { kind: kind.name, targets: [prng.pick(living)], params: {} };
  },
};

/** Every call to a disk takes longer, as with a dying device or a noisy neighbour. */
import { diskOf } from "../disk/disk.ts";
import { SECOND } from "../../base/units.ts";
import { logBetween } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNumbers, withEach } from "./lighter.ts";
import { numbers } from "./options.ts";
import { list } from "./words.ts";

const FACTOR_MAX = 1_000_000;

/** How much longer calls take. */
export interface DiskSlowOptions extends FaultOptions {
  /** The factor, as minimum and maximum. Default: `[10, 10_000]`; a sync then takes 5 ms to 5 s. */
  readonly factor?: readonly [number, number];
}

/** The parameters of a slow disk. */
export type DiskSlowParams = { readonly factor: number };

const kind: FaultKind<DiskSlowParams> = {
  name: "disk-slow",
  matters: {
    count: (host) => diskOf(host).clock.calls,
    otherwise: "the disk was not used meanwhile",
  },
  onDisk({ params }, effect) {
    effect.slow *= params.factor;
  },
  tell: ({ targets, params }) =>
    `${list(targets)}: the disk is ${params.factor.toLocaleString("en-US")} times slower`,
  tellLift: ({ targets }) => `${list(targets)}: the disk is as fast as before`,
  lighter: (fault) => withEach(fault, "factor", smallerNumbers(fault.params.factor, 2)),
  isValid: ({ factor }) => typeof factor === "number" && factor >= 1 && factor <= FACTOR_MAX,
};

/**
 * Every call to a disk takes longer.
 *
 * @cause a device that dies, a neighbour, a RAID that is rebuilt.
 */
export const diskSlow: FaultWord<DiskSlowOptions, { factor: readonly [number, number] }> = {
  kinds: [kind],
  links: false,
  example: { factor: [100, 1_000] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { factor: numbers(FACTOR_MAX, [10, 10_000]) },
  draw({ targets, options, prng }) {
    const factor = Math.max(1, Math.round(logBetween(prng, options.factor)));
    return { kind: kind.name, targets: [prng.pick(targets)], params: { factor } };
  },
};

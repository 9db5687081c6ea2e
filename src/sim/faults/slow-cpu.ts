/** A machine computes slowly: every turn of an event loop takes time, and events that arrive meanwhile wait. */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNs, withEach } from "./lighter.ts";
import { duration } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list } from "./words.ts";

/** How slow a machine is. */
export interface SlowCpuOptions extends FaultOptions {
  /** The time that every event takes. Default: `100us..50ms`. */
  readonly by?: DurationRange;
}

/** The parameters of a slow machine. */
export type SlowCpuParams = { readonly turnNs: number };

const kind: FaultKind<SlowCpuParams> = {
  name: "slow-cpu",
  onHost({ params }, effect) {
    effect.turnNs += params.turnNs;
  },
  tell: ({ targets, params }) => `${list(targets)}: every event takes ${formatNs(params.turnNs)}`,
  tellLift: ({ targets }) => `${list(targets)}: as fast as before`,
  lighter: (fault) => withEach(fault, "turnNs", smallerNs(fault.params.turnNs)),
  isValid: ({ turnNs }) => isWhole(turnNs),
};

/**
 * A machine computes slowly: every event takes time, and what arrives meanwhile waits.
 *
 * @cause a neighbour on the same machine, a processor that is throttled, a limit of the container.
 */
export const slowCpu: FaultWord<SlowCpuOptions, { by: RangeNs }> = {
  kinds: [kind],
  links: false,
  example: { by: "5ms..20ms" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { by: duration({ minNs: MS / 10, maxNs: 50 * MS }) },
  draw({ targets, options, prng }) {
    const turnNs = Math.round(logUniform(prng, options.by) / 10_000) * 10_000;
    return { kind: kind.name, targets: [prng.pick(targets)], params: { turnNs } };
  },
};

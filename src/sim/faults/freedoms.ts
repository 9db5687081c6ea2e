/**
 * Node and its system take freedoms that they have at any time: small pieces, short reads and writes, late timers and callbacks, another
 * order. A correct program does not notice.
 */
import { SECOND } from "../../base/units.ts";
import { drawShare, eitherOf } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers } from "./options.ts";
import { isShare } from "./valid.ts";
import { list, percent } from "./words.ts";

/** How often a freedom is taken. */
export interface FreedomsOptions extends FaultOptions {
  /** The share of the occasions, as minimum and maximum. Default: `[0.05, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of freedoms. */
export type FreedomsParams = { readonly probability: number };

/** How much slower calls to the disk get: their callbacks take their time. */
const SLOW_MAX = 20;

const kind: FaultKind<FreedomsParams> = {
  name: "freedoms",
  matters: {
    count: (host) => host.freedoms?.taken ?? 0,
    otherwise: "it read nothing and waited for nothing meanwhile",
  },
  onHost({ params }, effect) {
    effect.freedom = Math.max(effect.freedom, params.probability);
  },
  onDisk({ params }, effect) {
    effect.short = eitherOf(effect.short, params.probability);
    effect.slow = Math.max(effect.slow, 1 + SLOW_MAX * params.probability);
  },
  tell: ({ targets, params }) =>
    `${list(targets)}: ${percent(params.probability)} of reads come in pieces, and of timers late`,
  tellLift: ({ targets }) => `${list(targets)}: reads and timers are as usual`,
  lighter: (fault) => rarer(fault),
  isValid: ({ probability }) => isShare(probability),
};

/**
 * Node and its system do what they may do at any time, and seldom do: sockets hand over bytes in smaller pieces than they were
 * sent in, reads and writes of files are short, timers are up to 50 ms late, callbacks of files take their time,
 * connections are accepted and addresses returned in another order.
 *
 * @cause a busy machine, small packets, a proxy that cuts messages, another version of the system.
 */
export const freedoms: FaultWord<FreedomsOptions, { probability: readonly [number, number] }> = {
  kinds: [kind],
  links: false,
  example: { probability: [0.1, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { probability: numbers(1, [0.05, 0.5]) },
  draw({ targets, options, prng }) {
    const params = { probability: drawShare(prng, options.probability, 2) };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};

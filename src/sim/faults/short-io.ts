/**
 * Reads and writes of files handle only part of their bytes, as POSIX allows at any time. A program that ignores
 * the returned count loses data.
 */
import { diskOf } from "../disk/disk.ts";
import { SECOND } from "../../base/units.ts";
import { drawShare, eitherOf } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers } from "./options.ts";
import { isShare } from "./valid.ts";
import { list, percent } from "./words.ts";

/** How often reads and writes are short. */
export interface ShortIoOptions extends FaultOptions {
  /** The share of calls, as minimum and maximum. Default: `[0.05, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of short reads and writes. */
export type ShortIoParams = { readonly probability: number };

const kind: FaultKind<ShortIoParams> = {
  name: "short-io",
  matters: {
    count: (host) => diskOf(host).faults.hits.short,
    otherwise: "no file was read or written meanwhile",
  },
  onDisk({ params }, effect) {
    effect.short = eitherOf(effect.short, params.probability);
  },
  tell: ({ targets, params }) =>
    `${list(targets)}: ${percent(params.probability)} of reads and writes of files are short`,
  tellLift: ({ targets }) => `${list(targets)}: reads and writes of files are complete again`,
  lighter: (fault) => rarer(fault),
  isValid: ({ probability }) => isShare(probability),
};

/**
 * Reads and writes of files handle only part of their bytes, as POSIX allows at any time.
 *
 * @cause signals, limits, network file systems, a disk that is nearly full.
 */
export const shortIo: FaultWord<ShortIoOptions, { probability: readonly [number, number] }> = {
  kinds: [kind],
  links: false,
  example: { probability: [0.2, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { probability: numbers(1, [0.05, 0.5]) },
  draw({ targets, options, prng }) {
    const probability = drawShare(prng, options.probability, 2);
    return { kind: kind.name, targets: [prng.pick(targets)], params: { probability } };
  },
};

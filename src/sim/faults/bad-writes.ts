/**
 * A device says that it has written, and has not (a phantom write), or has written somewhere else (a misdirected write). The
 * page cache has the right bytes, so that it shows after the next start of the machine. (Krioukov et al., "Parity Lost
 * and Parity Regained", FAST 2008.)
 */
import { diskOf } from "../disk/disk.ts";
import { SECOND } from "../../base/units.ts";
import { drawShare, eitherOf } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers, oneOf } from "./options.ts";
import { isShare } from "./valid.ts";
import { list, percent } from "./words.ts";

const HOW = ["lost", "misdirected"] as const;
type How = (typeof HOW)[number];

/** What the device does with a write that it acknowledges. */
export interface BadWritesOptions extends FaultOptions {
  /** `lost`: it is not written at all. `misdirected`: it is written over another part of a file. Default: drawn. */
  readonly how?: How;
  /** The share of the writes that it concerns, as minimum and maximum. Default: `[0.05, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of bad writes. */
export type BadWritesParams = { readonly how: How; readonly probability: number };

const kind: FaultKind<BadWritesParams> = {
  name: "bad-writes",
  harms: () => "disk",
  damagesDisk: () => true,
  matters: {
    count: (host) => diskOf(host).faults.hits.misplaced,
    otherwise: "nothing was written to the device meanwhile",
  },
  onDisk({ params: { how, probability } }, effect) {
    const name = how === "lost" ? "writeVanishes" : "writeStrays";
    effect[name] = eitherOf(effect[name], probability);
  },
  tell: ({ targets, params: { how, probability } }) =>
    `${list(targets)}: ${percent(probability)} of what is written to the device ${how === "lost" ? "is not" : "goes elsewhere"}`,
  tellLift: ({ targets }) => `${list(targets)}: what is written to the device is there again`,
  lighter: (fault) => rarer(fault),
  isValid: ({ how, probability }) => HOW.includes(how as How) && isShare(probability),
};

/**
 * A device acknowledges a write, and a sync, and has written nothing, or over another part of a file. The page cache has
 * the right bytes until the machine starts again.
 *
 * @cause firmware, a bit that flips on the way to the device, a block device that is mapped wrongly.
 */
export const badWrites: FaultWord<
  BadWritesOptions,
  { how: How | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: false,
  example: { how: "misdirected" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { how: oneOf(...HOW), probability: numbers(1, [0.05, 0.5]) },
  draw({ targets, options, prng }) {
    const how = options.how ?? prng.pick(HOW);
    const probability = drawShare(prng, options.probability, 2);
    return { kind: kind.name, targets: [prng.pick(targets)], params: { how, probability } };
  },
};

/** Some packets between some hosts are lost, in one or both directions. */
import { SECOND } from "../../base/units.ts";
import { drawShare } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNumbers, withEach } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { numbers } from "./options.ts";
import { isShare } from "./valid.ts";
import { percent } from "./words.ts";

/** The share of segments lost. */
export interface LossOptions extends FaultOptions {
  /** The share that is lost, as minimum and maximum. Default: `[0.01, 0.4]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of loss. */
export type LossParams = LinkParams & { readonly probability: number };

const kind: FaultKind<LossParams> = {
  name: "loss",
  onLink({ params }, effect) {
    effect.arrives *= 1 - params.probability;
  },
  tell: (fault) => `${traffic(fault)} is lost at ${percent(fault.params.probability)}`,
  tellLift: (fault) => `${traffic(fault)} arrives again`,
  lighter: (fault) => [
    ...fewerLinks(fault),
    ...withEach(fault, "probability", smallerNumbers(fault.params.probability, 0.001)),
  ],
  isValid: (params) => areLinks(params) && isShare(params.probability),
};

/**
 * Links lose segments. TCP sends them again, so that its users see delay.
 *
 * @cause a full queue in a router, radio, a cable that is damaged.
 */
export const loss: FaultWord<LossOptions, { probability: readonly [number, number] }> = {
  kinds: [kind],
  links: true,
  example: { probability: [0.05, 0.1] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { probability: numbers(1, [0.01, 0.4]) },
  draw(draw) {
    const links = drawLinks(draw);
    const probability = drawShare(draw.prng, draw.options.probability, 3);
    return { kind: kind.name, targets: links.from, params: { ...links, probability } };
  },
};

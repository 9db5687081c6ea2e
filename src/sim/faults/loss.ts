/** Some packets between some hosts are lost, in one or both directions. */
import { SECOND } from "../../base/units.ts";
import { drawShare, logBetween } from "./chance.ts";
import type { Fault } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer, smallerNumbers, withEach } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { numbers, optionalNumbers } from "./options.ts";
import { isShare, isWhole } from "./valid.ts";
import { percent } from "./words.ts";

/** The share of segments lost. */
export interface LossOptions extends FaultOptions {
  /** The share that is lost, as minimum and maximum. Default: `[0.01, 0.4]`. */
  readonly probability?: readonly [number, number];
  /**
   * How many packets in a row are lost on average, as minimum and maximum; from 1 to 1 each is lost independently. The share
   * stays the same. Default: drawn, up to 50, and mostly independent.
   */
  readonly burst?: readonly [number, number];
}

/** How often losses come in bursts. */
const BURST_PROBABILITY = 0.4;
const BURST_MAX = 1_000;

/** The parameters of loss. */
export type LossParams = LinkParams & {
  readonly probability: number;
  /** How many in a row on average. Default: each is lost independently. */
  readonly burst?: number;
};

const kind: FaultKind<LossParams> = {
  name: "loss",
  onLink({ params }, effect) {
    effect.arrives *= 1 - params.probability;
    effect.lossBurst = Math.max(effect.lossBurst, params.burst ?? 0);
  },
  tell: (fault) => {
    const { probability, burst } = fault.params;
    const rows = burst === undefined ? "" : `, some ${burst} in a row`;
    return `${traffic(fault)} is lost at ${percent(probability)}${rows}`;
  },
  tellLift: (fault) => `${traffic(fault)} arrives again`,
  lighter: (fault) => [...fewerLinks(fault), ...fewerInARow(fault), ...rarer(fault, 0.001)],
  optional: ["pairs", "burst"],
  isValid: (params) =>
    areLinks(params) &&
    isShare(params["probability"]) &&
    (params["burst"] === undefined || (isWhole(params["burst"]) && params["burst"] > 0)),
};

function fewerInARow(fault: Fault<LossParams>): Fault<LossParams>[] {
  const { burst, ...rest } = fault.params;
  if (burst === undefined) return [];
  return [{ ...fault, params: rest }, ...withEach(fault, "burst", wholeFewer(burst))];
}

function wholeFewer(burst: number): number[] {
  return smallerNumbers(burst, 2).map(Math.floor);
}

/**
 * Links lose segments. TCP sends them again, so that its users see delay.
 *
 * @cause a full queue in a router, radio, a cable that is damaged.
 */
export const loss: FaultWord<
  LossOptions,
  { probability: readonly [number, number]; burst: readonly [number, number] | undefined }
> = {
  kinds: [kind],
  links: true,
  example: { probability: [0.05, 0.1] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { probability: numbers(1, [0.01, 0.4]), burst: optionalNumbers(BURST_MAX) },
  draw(draw) {
    const links = drawLinks(draw);
    const probability = drawShare(draw.prng, draw.options.probability, 3);
    // A stream of its own: it must not change the other draws.
    const rare = draw.prng.fork(`burst.${draw.at}`);
    const isBurst = rare.chance(BURST_PROBABILITY) || draw.options.burst !== undefined;
    const burst = Math.round(logBetween(rare, draw.options.burst ?? [2, 50]));
    const params = { ...links, probability, ...(isBurst && burst > 1 && { burst }) };
    return { kind: kind.name, targets: links.from, params };
  },
};

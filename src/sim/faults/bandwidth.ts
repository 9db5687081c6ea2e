/** Links between some hosts carry only so many bytes a second. What exceeds it waits. */
import { SECOND } from "../../base/units.ts";
import { logBetween } from "./chance.ts";
import { withEach } from "./lighter.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { numbers } from "./options.ts";

const BYTES_MAX = 1e12;
/** Shrinking stops here: with more, hardly any program notices the limit. */
const LIGHTEST = 1e9;

/** How much links carry. */
export interface BandwidthOptions extends FaultOptions {
  /** Bytes a second, as minimum and maximum. Default: `[1_000, 1_000_000]`. */
  readonly bytesPerSecond?: readonly [number, number];
}

/** The parameters of limited bandwidth. */
export type BandwidthParams = LinkParams & { readonly bytesPerSecond: number };

const kind: FaultKind<BandwidthParams> = {
  name: "bandwidth",
  onLink({ params }, effect) {
    effect.bandwidth = Math.min(effect.bandwidth, params.bytesPerSecond);
  },
  tell: (fault) =>
    `${traffic(fault)} is limited to ${fault.params.bytesPerSecond.toLocaleString("en-US")} bytes a second`,
  tellLift: (fault) => `${traffic(fault)} is as fast as before`,
  lighter: (fault) => [
    ...fewerLinks(fault),
    ...withEach(
      fault,
      "bytesPerSecond",
      [100, 10, 2]
        .map((factor) => fault.params.bytesPerSecond * factor)
        .filter((bytesPerSecond) => bytesPerSecond <= LIGHTEST),
    ),
  ],
  isValid: (params) => {
    const { bytesPerSecond } = params;
    return areLinks(params) && typeof bytesPerSecond === "number" && bytesPerSecond > 0;
  },
};

/**
 * Links carry only so many bytes a second; what exceeds it waits.
 *
 * @cause a link that others share, a limit of the provider, a phone at the edge of its cell.
 */
export const bandwidth: FaultWord<BandwidthOptions, { bytesPerSecond: readonly [number, number] }> =
  {
    kinds: [kind],
    links: true,
    example: { bytesPerSecond: [10_000, 50_000] },
    lasts: { minNs: SECOND, maxNs: 20 * SECOND },
    options: { bytesPerSecond: numbers(BYTES_MAX, [1_000, 1_000_000]) },
    draw(draw) {
      const links = drawLinks(draw);
      const bytesPerSecond = Math.max(
        1,
        Math.round(logBetween(draw.prng, draw.options.bytesPerSecond)),
      );
      return { kind: kind.name, targets: links.from, params: { ...links, bytesPerSecond } };
    },
  };

/** Packets between some hosts take longer, in one or both directions. */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { grain, logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNs, withEach } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { duration } from "./options.ts";
import { isWhole } from "./valid.ts";

/** The latency added. */
export interface LatencyOptions extends FaultOptions {
  /** How much longer a packet takes, one way. Default: `10ms..5s`. */
  readonly by?: DurationRange;
}

/** The parameters of added latency. */
export type LatencyParams = LinkParams & { readonly addNs: number };

const kind: FaultKind<LatencyParams> = {
  name: "latency",
  onLink({ params }, effect) {
    effect.addNs += params.addNs;
  },
  tell: (fault) => `${traffic(fault)} takes ${formatNs(fault.params.addNs)} longer`,
  tellLift: (fault) => `${traffic(fault)} is as fast as before`,
  lighter: (fault) => [
    ...fewerLinks(fault),
    ...withEach(fault, "addNs", smallerNs(fault.params.addNs)),
  ],
  isValid: (params) => areLinks(params) && isWhole(params.addNs),
};

/**
 * Links from some targets become slow.
 *
 * @cause a route over another continent, a queue in a router, a neighbour who uses the link.
 */
export const latency: FaultWord<LatencyOptions, { by: RangeNs }> = {
  kinds: [kind],
  links: true,
  example: { by: "100ms..500ms" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { by: duration({ minNs: 10 * MS, maxNs: 5 * SECOND }) },
  draw(draw) {
    const links = drawLinks(draw);
    const addNs = grain(logUniform(draw.prng, draw.options.by));
    return { kind: kind.name, targets: links.from, params: { ...links, addNs } };
  },
};

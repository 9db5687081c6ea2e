/**
 * The ends of connections come late: whoever closed one is long gone when the other end learns of it, and a client of a pool
 * writes to a connection that its server has given up.
 */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { grain, logUniform } from "./chance.ts";
import type { RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNs, withEach } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams } from "./link-sides.ts";
import { duration } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list } from "./words.ts";

/** How late ends come. */
export interface SlowCloseOptions extends FaultOptions {
  /** How much later the end of a connection arrives. Default: `100ms..10s`. */
  readonly by?: DurationRange;
}

/** The parameters of ends that come late. */
export type SlowCloseParams = LinkParams & { readonly addNs: number };

const kind: FaultKind<SlowCloseParams> = {
  name: "slow-close",
  onLink({ params }, effect) {
    effect.finNs += params.addNs;
  },
  tell: ({ params: { from, to, both, addNs } }) =>
    `the ends of connections ${both ? "between" : "from"} ${list(from)} ${both ? "and" : "to"} ${list(to)} come ${formatNs(addNs)} late`,
  tellLift: () => "the ends of connections come in time again",
  lighter: (fault) => [
    ...fewerLinks(fault),
    ...withEach(fault, "addNs", smallerNs(fault.params.addNs)),
  ],
  isValid: (params) => areLinks(params) && isWhole(params.addNs),
};

/**
 * The ends of connections come late: whoever closed one is gone when the other end learns of it.
 *
 * @cause a busy peer, a proxy or a load balancer between the ends that closes its own side first.
 */
export const slowClose: FaultWord<SlowCloseOptions, { by: RangeNs }> = {
  kinds: [kind],
  links: true,
  example: { by: "1s..5s" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { by: duration({ minNs: 100 * MS, maxNs: 10 * SECOND }) },
  draw(draw) {
    const links = drawLinks(draw);
    const addNs = grain(logUniform(draw.prng, draw.options.by));
    return { kind: kind.name, targets: links.from, params: { ...links, addNs } };
  },
};

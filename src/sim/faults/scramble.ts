/**
 * Datagrams between some hosts arrive twice or in another order, and bytes arrive changed. TCP puts segments in
 * order and drops what its checksum rejects; `undetected` are the errors that its 16 bits miss, which reach the
 * program (Stone and Partridge, "When the CRC and TCP Checksum Disagree", SIGCOMM 2000).
 */
import { SECOND } from "../../base/units.ts";
import { drawShare, eitherOf } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { numbers, oneOf } from "./options.ts";
import { isShare } from "./valid.ts";
import { percent } from "./words.ts";

const HOW = ["duplicate", "reorder", "corrupt", "undetected"] as const;
type How = (typeof HOW)[number];

const words: Record<How, string> = {
  duplicate: "arrives twice",
  reorder: "arrives out of order",
  corrupt: "is damaged",
  undetected: "is damaged unnoticed",
};

/** What happens to packets, and how often. */
export interface ScrambleOptions extends FaultOptions {
  /**
   * `duplicate`: datagrams arrive twice. `reorder`: datagrams overtake others. `corrupt`: one bit of a packet
   * changes; TCP drops it and sends it again. `undetected`: one bit changes in what TCP delivers. Default:
   * drawn, without `undetected`.
   */
  readonly how?: How;
  /** The share of packets, as minimum and maximum. Default: `[0.01, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of scrambled packets. */
export type ScrambleParams = LinkParams & { readonly how: How; readonly probability: number };

const kind: FaultKind<ScrambleParams> = {
  name: "scramble",
  onLink({ params: { how, probability } }, effect) {
    effect[how] = eitherOf(effect[how], probability);
  },
  tell: (fault) =>
    `${percent(fault.params.probability)} of ${traffic(fault)} ${words[fault.params.how]}`,
  tellLift: (fault) => `${traffic(fault)} arrives as it was sent`,
  lighter: (fault) => [...fewerLinks(fault), ...rarer(fault, 0.001)],
  isValid: (params) =>
    areLinks(params) && HOW.includes(params.how as How) && isShare(params.probability),
};

/**
 * Datagrams arrive twice or in another order, or a bit of a packet changes. TCP hides all of that behind delay, but
 * for the errors that its checksum of 16 bits misses.
 *
 * @cause two routes to one host, a retransmission below IP, a network card or a router with bad memory.
 */
export const scramble: FaultWord<
  ScrambleOptions,
  { how: How | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: true,
  example: { how: "duplicate", probability: [0.1, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { how: oneOf(...HOW), probability: numbers(1, [0.01, 0.5]) },
  draw(draw) {
    const links = drawLinks(draw);
    const how = draw.options.how ?? draw.prng.pick(["duplicate", "reorder", "corrupt"] as const);
    const probability = drawShare(draw.prng, draw.options.probability, 3);
    return { kind: kind.name, targets: links.from, params: { ...links, how, probability } };
  },
};

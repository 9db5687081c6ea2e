/**
 * A host is byzantine: it lies to others, in what its programs send. It swallows messages, changes a number in them, tells
 * some peers another number than others, or says again what it has said before. What a program sends in one write
 * counts as a message.
 */
import { SECOND } from "../../base/units.ts";
import { type LieWay, lieWays } from "../lies.ts";
import { drawShare } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNumbers, withEach } from "./lighter.ts";
import { numbers, oneOf } from "./options.ts";
import { isShare, isWhole } from "./valid.ts";
import { list, percent } from "./words.ts";

/** How a host lies. */
export interface ByzantineOptions extends FaultOptions {
  /**
   * `silent`: messages are swallowed. `change`: a digit in them is another one, or, where there is none, a bit.
   * `equivocate`: the same, and only to some peers. `replay`: after a message an earlier one to the same peer is sent again.
   * Default: drawn for each fault.
   */
  readonly how?: LieWay;
  /** The share of the messages that it concerns, from and to. Default: `[0.02, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of a lie. */
export type ByzantineParams = {
  readonly how: LieWay;
  readonly probability: number;
  /** `equivocate`: decides to which peers. */
  readonly draw: number;
};

const words: Readonly<Record<LieWay, string>> = {
  silent: "swallows",
  change: "changes",
  equivocate: "changes, for some peers only,",
  replay: "repeats earlier messages after",
};

const kind: FaultKind<ByzantineParams> = {
  name: "byzantine",
  matters: {
    count: (host) => host.liar?.told ?? 0,
    otherwise: "it sent nothing to another host meanwhile",
  },
  harms: () => "word",
  onHost({ params }, effect) {
    effect.lies.push(params);
  },
  tell: ({ targets, params: { how, probability } }) =>
    `${list(targets)} lies: it ${words[how]} ${percent(probability)} of what it sends`,
  tellLift: ({ targets }) => `${list(targets)} is honest again`,
  lighter: (fault) =>
    withEach(fault, "probability", smallerNumbers(fault.params.probability, 0.01)),
  isValid: ({ how, probability, draw }) =>
    lieWays.includes(how as LieWay) && isShare(probability) && isWhole(draw),
};

/**
 * A host lies to others, in what its programs send. What a program sends in one write counts as a message; what is
 * encrypted is changed after that, and is noticed.
 *
 * @cause a bug, a wrong version, memory that fails, an attacker.
 * @lasts how long it lies
 */
export const byzantine: FaultWord<
  ByzantineOptions,
  { how: LieWay | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: true,
  example: { how: "equivocate", probability: [0.1, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { how: oneOf(...lieWays), probability: numbers(1, [0.02, 0.5]) },
  draw({ targets, options, prng }) {
    const how = options.how ?? prng.pick(lieWays);
    const params = {
      how,
      probability: drawShare(prng, options.probability, 2),
      draw: prng.below(1_000),
    };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};

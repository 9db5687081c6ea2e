/**
 * A host is byzantine: it lies to others, in what its programs send. It swallows messages, changes a number in them, tells
 * some peers another number than others, or says again what it has said before. What a program sends in one write
 * counts as a message.
 */
import { SECOND } from "../../base/units.ts";
import { LightconeError } from "../../base/errors.ts";
import { type LiarsAnswer, type LiarsMessage, type LieWay, lieWays } from "../lies.ts";
import { drawShare } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord, OptionReader } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers, oneOf, text } from "./options.ts";
import { isShare, isWhole } from "./valid.ts";
import { list, percent } from "./words.ts";

/** How a host lies. */
export interface ByzantineOptions extends FaultOptions {
  /**
   * `silent`: messages are swallowed. `change`: a digit in them is another one, or, where there is none, a bit.
   * `equivocate`: the same, and only to some peers. `replay`: after a message an earlier one to the same peer is sent again.
   * `field`: a field of a message that the dissectors can read has another digit or letter, and the rest is as it was.
   * Default: drawn for each fault.
   */
  readonly how?: Exclude<LieWay, "own">;
  /** `field`: only fields whose names contain this, such as `"routing key"`. Default: any that say no lengths. */
  readonly field?: string;
  /**
   * A liar of your own: `(message, peer, random) => answer`. The message has `bytes`, `text`, `summaries` and `fields` as the
   * dissectors read them. What it returns is sent instead: bytes, text, or a list of them; `null` swallows the message,
   * `undefined` sends it as it is. It must do the same each time: chance comes from `random`. Default: none.
   */
  readonly lie?: WrittenLiar;
  /** The share of the messages that it concerns, from and to. Default: `[0.02, 0.5]`. */
  readonly probability?: readonly [number, number];
}

/** A liar of the author's. `random` draws from the run's seed. */
export type WrittenLiar = (message: LiarsMessage, peer: string, random: LiarsRandom) => LiarsAnswer;

/** Chance for a liar. */
export interface LiarsRandom {
  /** A number in [0, 1). */
  (): number;
  /** An integer in [min, max], both inclusive. */
  integer(min: number, max: number): number;
  /** One element of a non-empty array. */
  pick<T>(items: readonly T[]): T;
}

/** How often a field of a message is changed, where the world does not say how its hosts lie. */
const FIELD_PROBABILITY = 0.2;

/** The parameters of a lie. */
export type ByzantineParams = {
  readonly how: LieWay;
  readonly probability: number;
  /** `equivocate`: decides to which peers. */
  readonly draw: number;
  readonly field?: string;
  /** The name of a liar that the author of the world has written. */
  readonly lie?: string;
};

/** A liar, of which the world has taken note under a name. */
function liar(): OptionReader<WrittenLiar, string | undefined> {
  return {
    fallback: undefined,
    read(value: unknown, where) {
      if (typeof value === "string") return value;
      const message = `${where} is ${JSON.stringify(value)}, not a function (message, peer, random)`;
      throw new LightconeError("LC_BAD_WORLD", message);
    },
  };
}

const words: Readonly<Record<LieWay, string>> = {
  silent: "swallows",
  change: "changes",
  equivocate: "changes, for some peers only,",
  replay: "repeats earlier messages after",
  field: "changes a field in",
  own: "lies in its own way in",
};

const kind: FaultKind<ByzantineParams> = {
  name: "byzantine",
  matters: {
    count: (host) => host.liar?.told ?? 0,
    otherwise: "it sent nothing to another host meanwhile",
  },
  harms: () => "word",
  onHost({ params }, effect, reach) {
    const { lie, ...rest } = params;
    effect.lies.push({ ...rest, own: lie === undefined ? undefined : reach.liar(lie) });
  },
  tell: ({ targets, params: { how, probability } }) =>
    `${list(targets)} lies: it ${words[how]} ${percent(probability)} of what it sends`,
  tellLift: ({ targets }) => `${list(targets)} is honest again`,
  lighter: (fault) => rarer(fault),
  optional: ["field", "lie"],
  isValid: ({ how, probability, draw, field, lie }) =>
    (field === undefined || typeof field === "string") &&
    (how === "own" ? typeof lie === "string" : lie === undefined) &&
    lieWays.includes(how as LieWay) &&
    isShare(probability) &&
    isWhole(draw),
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
  {
    how: LieWay | undefined;
    probability: readonly [number, number];
    field: string | undefined;
    lie: string | undefined;
  }
> = {
  kinds: [kind],
  links: true,
  example: { how: "equivocate", probability: [0.1, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {
    how: oneOf("silent", "change", "equivocate", "replay", "field"),
    probability: numbers(1, [0.02, 0.5]),
    field: text(),
    lie: liar(),
  },
  draw({ targets, options, prng, at }) {
    const { field, lie } = options;
    const drawn = prng.pick(["silent", "change", "equivocate", "replay"] as const);
    // A stream of its own: it must not change the other draws.
    const isField = field !== undefined || prng.fork(`field.${at}`).chance(FIELD_PROBABILITY);
    const params: ByzantineParams = {
      how: lie === undefined ? (options.how ?? (isField ? "field" : drawn)) : "own",
      probability: drawShare(prng, options.probability, 2),
      draw: prng.below(1_000),
      ...(field !== undefined && lie === undefined && { field }),
      ...(lie !== undefined && { lie }),
    };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};

/**
 * Programs take rare paths that they offer themselves, with `buggify(name)` of `lightcone/probe`: a cache that is
 * empty, a batch of one, a retry that was not needed. Such a path is correct, and seldom taken otherwise. (FoundationDB
 * calls this buggification.)
 */
import { digestOfText } from "../../base/fingerprint.ts";
import { SECOND } from "../../base/units.ts";
import { drawShare } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers, text } from "./options.ts";
import { isShare, isWhole } from "./valid.ts";
import { list, percent } from "./words.ts";

/** Which rare paths are taken, and how often. */
export interface BuggifyOptions extends FaultOptions {
  /** The name of one path. Default: each fault draws which of the paths it meets it takes. */
  readonly path?: string;
  /** The share of the passes that take the path, from and to. Default: `[0.05, 1]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of rare paths. */
export type BuggifyParams = {
  /** The path, if it is a certain one. */
  readonly path?: string;
  /** Otherwise a number that decides, with a path's name, whether it is one of those: half of them are. */
  readonly draw: number;
  readonly probability: number;
};

const kind: FaultKind<BuggifyParams> = {
  name: "buggify",
  matters: {
    count: (host) => host.rarePathsTaken,
    otherwise: "no program came to such a path meanwhile",
  },
  onHost({ params }, effect) {
    const { path, draw, probability } = params;
    effect.rarePaths.push({
      concerns: (name) =>
        path === undefined ? (digestOfText(`${draw} ${name}`) & 1) === 1 : path === name,
      probability,
    });
  },
  tell: ({ targets, params: { path, probability } }) => {
    const which =
      path === undefined ? "some of its rare paths" : `the rare path ${JSON.stringify(path)}`;
    return `${list(targets)} takes ${which}, ${percent(probability)} of the times`;
  },
  tellLift: ({ targets }) => `${list(targets)} takes rare paths no more`,
  lighter: (fault) => rarer(fault),
  isValid: ({ path, draw, probability }) =>
    (path === undefined || typeof path === "string") && isWhole(draw) && isShare(probability),
};

/**
 * Programs take rare paths that they offer themselves with `buggify("the cache is empty")` of
 * [`lightcone/probe`](checks.md#assertions): paths that are correct and seldom taken. Without this fault, and outside
 * of a world, `buggify` is always false.
 *
 * @cause whatever makes the program take such a path.
 * @lasts how long the paths are taken
 */
export const buggify: FaultWord<
  BuggifyOptions,
  { path: string | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: false,
  example: { probability: [0.1, 0.5] },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: { path: text(), probability: numbers(1, [0.05, 1]) },
  draw({ targets, options, prng }) {
    const draw = prng.below(1_000);
    const probability = drawShare(prng, options.probability, 2);
    const params = { ...(options.path !== undefined && { path: options.path }), draw, probability };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};

/** No packet gets from some hosts to others, in one or both directions. */
import type { Prng } from "../../base/prng.ts";
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { areLinks, fewerLinks, type LinkParams } from "./link-sides.ts";
import { list, theyDo } from "./words.ts";

const SHAPES = ["isolate", "split", "link"] as const;

/** The parameters of a partition. */
export type PartitionParams = LinkParams & {
  readonly shape: (typeof SHAPES)[number];
};

const kind: FaultKind<PartitionParams> = {
  name: "partition",
  onLink(_, effect) {
    effect.blocked = true;
  },
  tell({ params: { shape, from, to, both } }) {
    if (shape === "isolate") {
      return both
        ? `${list(from)} is cut off from all`
        : `nothing that ${list(from)} sends arrives`;
    }
    if (!both) return `${list(from)} to ${list(to)} is cut`;
    return `${theyDo(from, "is", "are")} apart from ${list(to)}`;
  },
  tellLift: () => "the partition heals",
  // A partition of fewer hosts, or in one direction only, is no longer an isolation.
  lighter: (fault) =>
    fewerLinks(fault).map((fewer) => ({ ...fewer, params: { ...fewer.params, shape: "split" } })),
  isValid: (params) => areLinks(params) && SHAPES.includes(params.shape as never),
};

/** `w.partition(...)`. */
export const partition: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: true,
  example: { lasts: "1s..3s" },
  lasts: { minNs: 200 * MS, maxNs: 20 * SECOND },
  options: {},
  draw({ targets, hosts, prng }) {
    const params = drawShape(targets, hosts, prng);
    return { kind: kind.name, targets: params.near, params: params.params };
  },
};

/**
 * Draws one of TigerBeetle's shapes: one host isolated from all others, a split in two, or a single link.
 * Symmetric partitions are more likely than one-way ones.
 */
function drawShape(
  targets: readonly string[],
  hosts: readonly string[],
  prng: Prng,
): { near: string[]; params: PartitionParams } {
  const shape = prng.pick(["isolate", "split", "split", "link"] as const);
  const both = prng.chance(0.7);
  let from: readonly string[] = [prng.pick(targets)];
  let to = hosts.filter((name) => !from.includes(name));
  if (shape === "split" && targets.length > 1) {
    const size = prng.between(1, Math.max(1, targets.length - 1));
    const chosen = new Set(prng.shuffle(targets).slice(0, size));
    from = targets.filter((name) => chosen.has(name));
    to = hosts.filter((name) => !chosen.has(name));
  } else if (shape === "link") {
    to = [prng.pick(to)];
  }
  const reversed = !both && prng.chance(0.5);
  const sides = reversed ? { from: to, to: from } : { from, to };
  // If one host alone receives nothing, all others send: that is told as a split.
  const told = shape === "isolate" && reversed ? "split" : shape;
  return { near: [...from], params: { shape: told, ...sides, both } };
}

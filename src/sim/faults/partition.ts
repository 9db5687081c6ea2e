/** No packet gets from some hosts to others, in one or both directions. */
import type { Prng } from "../../base/prng.ts";
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { Kind, NO_HOST } from "../kernel.ts";
import { type DomainLevel, domainLevels, grain, logUniform } from "./chance.ts";
import type { Fault, RangeNs } from "./fault.ts";
import type { Draw, FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { withEach } from "./lighter.ts";
import { areLinks, fewerLinks, type LinkParams } from "./link-sides.ts";
import { flag, oneOf, optionalDuration } from "./options.ts";
import { isWhole } from "./valid.ts";
import { list, theyDo } from "./words.ts";

const SHAPES = ["isolate", "split", "majority", "link", "bridge", "ring"] as const;
type Shape = (typeof SHAPES)[number];
/** How often one of the rare shapes is drawn, if there are enough hosts. */
const RARE_PROBABILITY = 0.15;
/** How often a rack or a zone is cut off, where a world has some. */
const DOMAIN_PROBABILITY = 0.25;
/** How often a partition comes and goes, and how fast. */
const FLAP_PROBABILITY = 0.1;
const FLAPS: RangeNs = { minNs: 50 * MS, maxNs: 2 * SECOND };

/** The shape of partitions. */
export interface PartitionOptions extends FaultOptions {
  /**
   * `isolate`: one host from all others. `split`: hosts in two groups. `majority`: a minority of the targets from all
   * others. `link`: one pair of hosts. `bridge`: two groups, and one host that reaches both. `ring`: each host reaches
   * only its two neighbours. Default: drawn.
   */
  readonly shape?: Shape;
  /** Whether only one direction is cut. Default: drawn, 30% of all. */
  readonly oneWay?: boolean;
  /** The hosts of one rack or of one zone, as they have them, are split from all others. Default: any hosts. */
  readonly domain?: DomainLevel;
  /** It comes and goes: cut and open in turn, each for about this long. Default: drawn, seldom. */
  readonly flaps?: DurationRange;
}

interface PartitionRead {
  readonly shape: Shape | undefined;
  readonly oneWay: boolean | undefined;
  readonly domain: DomainLevel | undefined;
  readonly flaps: RangeNs | undefined;
}

/** The parameters of a partition. */
export type PartitionParams = LinkParams & {
  readonly shape: Shape;
  /** How long it is cut and open in turn. Default: cut all the time. */
  readonly flapNs?: number;
};

/** Partitions that are open at the moment, because they come and go. */
const open = new WeakSet<Fault<PartitionParams>>();

const kind: FaultKind<PartitionParams> = {
  name: "partition",
  begin(fault, reach) {
    const { flapNs } = fault.params;
    open.delete(fault);
    if (flapNs === undefined) return;
    const flap = (): void => {
      if (!reach.isActive(fault)) return;
      if (!open.delete(fault)) open.add(fault);
      reach.update(fault);
      reach.kernel.schedule(flapNs, NO_HOST, Kind.internal, flap, undefined);
    };
    reach.kernel.schedule(flapNs, NO_HOST, Kind.internal, flap, undefined);
  },
  lift: (fault) => open.delete(fault),
  onLink(fault, effect) {
    if (!open.has(fault)) effect.blocked = true;
  },
  tell(fault) {
    const { flapNs } = fault.params;
    return flapNs === undefined
      ? tellShape(fault.params)
      : `${tellShape(fault.params)}, on and off every ${formatNs(flapNs)},`;
  },
  tellLift: () => "the partition heals",
  lighter: (fault) => [
    ...withoutFlaps(fault),
    // A partition of fewer hosts, or in one direction only, is no longer an isolation.
    ...fewerLinks(fault).flatMap((fewer) => withEach(fewer, "shape", ["split"])),
  ],
  optional: ["pairs", "flapNs"],
  isValid: (params) =>
    areLinks(params) &&
    SHAPES.includes(params["shape"] as never) &&
    (params["flapNs"] === undefined || (isWhole(params["flapNs"]) && params["flapNs"] > 0)),
};

function withoutFlaps(fault: Fault<PartitionParams>): Fault<PartitionParams>[] {
  const { flapNs, ...rest } = fault.params;
  return flapNs === undefined ? [] : [{ ...fault, params: rest }];
}

function tellShape({ shape, from, to, both }: PartitionParams): string {
  if (shape === "isolate") {
    return both ? `${list(from)} is cut off from all` : `nothing that ${list(from)} sends arrives`;
  }
  if (shape === "ring") return `${list(from)} reach only their neighbours in a ring`;
  if (!both) return `${list(from)} to ${list(to)} is cut`;
  return `${theyDo(from, "is", "are")} apart from ${list(to)}`;
}

/**
 * Hosts cannot reach each other, both ways more often (70%) than one way. `targets` are the hosts at one side.
 *
 * @cause a switch, a cable, a firewall rule, a route that is gone.
 */
export const partition: FaultWord<PartitionOptions, PartitionRead> = {
  kinds: [kind],
  links: true,
  example: { lasts: "1s..3s" },
  lasts: { minNs: 200 * MS, maxNs: 20 * SECOND },
  options: {
    shape: oneOf(...SHAPES),
    oneWay: flag(),
    domain: oneOf(...domainLevels),
    flaps: optionalDuration(),
  },
  draw(draw) {
    const { near, params: steady } = drawShape(draw);
    // A stream of its own: it must not change the other draws.
    const rare = draw.prng.fork(`flaps.${draw.at}`);
    const flaps = rare.chance(FLAP_PROBABILITY) || draw.options.flaps !== undefined;
    const flapNs = grain(logUniform(rare, draw.options.flaps ?? FLAPS));
    const params: PartitionParams = flaps ? { ...steady, flapNs } : steady;
    return { kind: kind.name, targets: near, params };
  },
};

interface DrawnShape {
  readonly near: string[];
  readonly params: PartitionParams;
}

/**
 * Draws one of TigerBeetle's shapes (one host isolated from all others, a split in two, or a single link), or
 * rarely one of Jepsen's partial ones. Symmetric partitions are more likely than one-way ones.
 */
function drawShape(draw: Draw<PartitionRead>): DrawnShape {
  const { targets, hosts, options, prng, at } = draw;
  const drawn = prng.pick(["isolate", "split", "split", "link"] as const);
  const drawnBoth = prng.chance(0.7);
  // A stream of its own: the rare shapes must not change the other draws.
  const rare = prng.fork(`shape.${at}`);
  const inDomain = drawDomain(draw, rare);
  if (inDomain) return sidesOf(inDomain, hosts, prng.chance(0.5), drawnBoth, options.oneWay);
  const shape = options.shape ?? (rare.chance(RARE_PROBABILITY) ? pickRare(targets, rare) : drawn);
  const both = options.oneWay === undefined ? drawnBoth : !options.oneWay;
  if (shape === "ring" && hosts.length > 3) return ring(hosts, both, rare);
  if (shape === "bridge" && hosts.length > 2) return bridge(hosts, both, rare);
  return twoSides({ targets, hosts, prng }, shape ?? drawn, both);
}

function pickRare(targets: readonly string[], prng: Prng): Shape | undefined {
  const possible: Shape[] = [
    ...(targets.length > 2 ? (["bridge"] as const) : []),
    ...(targets.length > 3 ? (["ring"] as const) : []),
  ];
  return possible.length > 0 ? prng.pick(possible) : undefined;
}

function twoSides(
  { targets, hosts, prng }: Pick<Draw<unknown>, "targets" | "hosts" | "prng">,
  shape: Shape,
  both: boolean,
): DrawnShape {
  let from: readonly string[] = [prng.pick(targets)];
  let to = hosts.filter((name) => !from.includes(name));
  if (shape === "split" && targets.length > 1) {
    const size = prng.between(1, Math.max(1, targets.length - 1));
    const chosen = new Set(prng.shuffle(targets).slice(0, size));
    from = targets.filter((name) => chosen.has(name));
    to = hosts.filter((name) => !chosen.has(name));
  } else if (shape === "majority" && targets.length > 2) {
    const size = prng.between(1, Math.floor((targets.length - 1) / 2));
    const chosen = new Set(prng.shuffle(targets).slice(0, size));
    from = targets.filter((name) => chosen.has(name));
    to = hosts.filter((name) => !chosen.has(name));
  } else if (shape === "link") {
    to = [prng.pick(to)];
  }
  const reversed = !both && prng.chance(0.5);
  const sides = reversed ? { from: to, to: from } : { from, to };
  // If one host alone receives nothing, all others send: that is told as a split.
  const told = shape === "isolate" && !reversed ? shape : shape === "link" ? shape : "split";
  return { near: [...from], params: { shape: told, ...sides, both } };
}

/**
 * The hosts of a rack or of a zone that are cut off together: always if the options say so, and now and then where a
 * world has some.
 */
function drawDomain({ targets, hosts, options, domains }: Draw<PartitionRead>, prng: Prng) {
  const { domain, shape } = options;
  if (domain === undefined && (shape !== undefined || !prng.chance(DOMAIN_PROBABILITY))) return;
  const groups = domains
    .filter(({ level }) => domain === undefined || level === domain)
    .filter((group) => group.hosts.length < hosts.length)
    .filter((group) => group.hosts.some((name) => targets.includes(name)));
  return groups.length > 0 ? prng.pick(groups).hosts : undefined;
}

/** Some hosts at one side, all others at the other. */
function sidesOf(
  near: readonly string[],
  hosts: readonly string[],
  reversed: boolean,
  drawnBoth: boolean,
  oneWay: boolean | undefined,
): DrawnShape {
  const both = oneWay === undefined ? drawnBoth : !oneWay;
  const far = hosts.filter((name) => !near.includes(name));
  const sides = reversed && !both ? { from: far, to: near } : { from: near, to: far };
  return { near: [...near], params: { shape: "split", ...sides, both } };
}

/** Two groups that do not reach each other, and one host that reaches both. */
function bridge(hosts: readonly string[], both: boolean, prng: Prng): DrawnShape {
  const [, ...rest] = prng.shuffle(hosts);
  const half = new Set(rest.slice(0, prng.between(1, rest.length - 1)));
  const from = hosts.filter((name) => half.has(name));
  const to = hosts.filter((name) => rest.includes(name) && !half.has(name));
  return { near: from, params: { shape: "bridge", from, to, both } };
}

/** Every host reaches only its two neighbours in a circle of all hosts. */
function ring(hosts: readonly string[], both: boolean, prng: Prng): DrawnShape {
  const circle = prng.shuffle(hosts);
  const pairs = circle.flatMap((a, at) =>
    circle.slice(at + 2).flatMap((b, further) => {
      const isClosing = at === 0 && at + 2 + further === circle.length - 1;
      return isClosing ? [] : [[a, b] as const];
    }),
  );
  return { near: [...hosts], params: { shape: "ring", from: hosts, to: hosts, both, pairs } };
}

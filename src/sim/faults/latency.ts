/** Packets between some hosts take longer, in one or both directions. */
import { type Duration, type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { grain, logUniform } from "./chance.ts";
import type { Delays } from "../network/delays.ts";
import type { Fault, RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNs, withEach } from "./lighter.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams, traffic } from "./link-sides.ts";
import { duration, durations, oneOf } from "./options.ts";
import { isWhole } from "./valid.ts";

/** The latency added. */
export interface LatencyOptions extends FaultOptions {
  /** How much longer a packet takes, one way: typically, where it differs from packet to packet. Default: `10ms..5s`. */
  readonly by?: DurationRange;
  /**
   * How it is distributed over packets. `constant`. `uniform`: up to twice as much. `log-normal`: half of the packets take
   * less, one in forty seven times as much. `pareto`: a heavy tail. Default: drawn for each fault, constant most often.
   */
  readonly distribution?: Shape;
  /** Delays as they were recorded, for one packet after another and again from the beginning, in place of the others. Default: none. */
  readonly trace?: readonly Duration[];
}

const SHAPES = ["constant", "uniform", "log-normal", "pareto"] as const;
type Shape = (typeof SHAPES)[number];
/** How often another distribution than the constant one is drawn. */
const SHAPED_PROBABILITY = 0.4;
const SIGMA = 1;
const ALPHA = 1.5;

/** The parameters of added latency. */
export type LatencyParams = LinkParams & {
  readonly addNs: number;
  /** Default: constant. */
  readonly shape?: Shape;
  readonly traceNs?: readonly number[];
};

/** One object for each fault, so that recorded delays go on where they were when other faults begin or end. */
const delaysOf = new WeakMap<LatencyParams, Delays>();

const kind: FaultKind<LatencyParams> = {
  name: "latency",
  onLink({ params, startNs, durationNs }, effect) {
    const { addNs, shape = "constant", traceNs } = params;
    if (shape === "constant" && traceNs === undefined) {
      effect.addNs += addNs;
      return;
    }
    let delays = delaysOf.get(params);
    if (!delays) {
      delays = { ...delaysFor(params), endsNs: startNs + durationNs };
      delaysOf.set(params, delays);
    }
    effect.delays.push(delays);
  },
  tell: (fault) => {
    const { addNs, shape = "constant", traceNs } = fault.params;
    const how = shape === "constant" ? "" : ` (${shape})`;
    const by = traceNs ? "as long as was recorded" : `${formatNs(addNs)}${how} longer`;
    return `${traffic(fault)} takes ${by}`;
  },
  tellLift: (fault) => `${traffic(fault)} is as fast as before`,
  lighter: (fault) => [
    ...fewerLinks(fault),
    ...withoutShape(fault),
    ...withEach(fault, "addNs", smallerNs(fault.params.addNs)),
  ],
  optional: ["pairs", "shape", "traceNs"],
  isValid: (params) =>
    areLinks(params) &&
    isWhole(params["addNs"]) &&
    (params["shape"] === undefined || SHAPES.includes(params["shape"] as never)) &&
    (params["traceNs"] === undefined || isTrace(params["traceNs"])),
};

function isTrace(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isWhole);
}

/** The same for each packet. */
function withoutShape(fault: Fault<LatencyParams>): Fault<LatencyParams>[] {
  const { shape, traceNs, ...rest } = fault.params;
  return shape === undefined && traceNs === undefined ? [] : [{ ...fault, params: rest }];
}

function delaysFor({ addNs, shape, traceNs }: LatencyParams): Delays {
  if (traceNs) return { kind: "trace", delaysNs: traceNs };
  if (shape === "log-normal") return { kind: "log-normal", medianNs: addNs, sigma: SIGMA };
  if (shape === "pareto") {
    return { kind: "pareto", minNs: Math.round(addNs / 2 ** (1 / ALPHA)), alpha: ALPHA };
  }
  return { kind: "uniform", minNs: 0, maxNs: 2 * addNs };
}

/**
 * Links from some targets become slow.
 *
 * @cause a route over another continent, a queue in a router, a neighbour who uses the link.
 */
export const latency: FaultWord<
  LatencyOptions,
  { by: RangeNs; distribution: Shape | undefined; trace: readonly number[] | undefined }
> = {
  kinds: [kind],
  links: true,
  example: { by: "100ms..500ms" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {
    by: duration({ minNs: 10 * MS, maxNs: 5 * SECOND }),
    distribution: oneOf(...SHAPES),
    trace: durations(),
  },
  draw(draw) {
    const links = drawLinks(draw);
    const addNs = grain(logUniform(draw.prng, draw.options.by));
    const { distribution, trace: traceNs } = draw.options;
    if (traceNs) {
      const typical = Math.round(traceNs.reduce((sum, ns) => sum + ns, 0) / traceNs.length);
      return {
        kind: kind.name,
        targets: links.from,
        params: { ...links, addNs: typical, traceNs },
      };
    }
    // A stream of its own: it must not change the other draws.
    const rare = draw.prng.fork(`shape.${draw.at}`);
    const drawn = rare.chance(SHAPED_PROBABILITY) ? rare.pick(SHAPES) : "constant";
    const shape = distribution ?? drawn;
    const params = { ...links, addNs, ...(shape !== "constant" && { shape }) };
    return { kind: kind.name, targets: links.from, params };
  },
};

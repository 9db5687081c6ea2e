/** Reads how a world describes a link: `w.link(...)`. */
import { parseDurationNs, parseRangeNs, type DurationRange } from "../base/units.ts";
import type { Delays } from "../sim/network/index.ts";
import type { LinkPlan } from "./plan.ts";
import { bad, onlyOptions, show } from "./refusals.ts";
import type { LatencyDistribution, LinkOptions } from "./types.ts";

const SIGMA = 0.5;
const ALPHA = 2;

/** Throws `LC_BAD_WORLD` with what is wrong. */
export function linkPlan(options: unknown, where: string): LinkPlan {
  if (typeof options !== "object" || options === null) {
    throw bad(`${where}(...): ${show(options)} does not describe a link`);
  }
  const { latency, bandwidth, loss, lossBurst, ...unknown } = options as LinkOptions;
  const [first] = Object.keys(unknown);
  if (first !== undefined) {
    throw bad(
      `${where}(...): a link has no ${JSON.stringify(first)}`,
      "A link has latency, bandwidth (bytes a second), loss (0 to 1) and lossBurst.",
    );
  }
  if (bandwidth !== undefined && !(typeof bandwidth === "number" && bandwidth > 0)) {
    throw bad(`${where}: bandwidth ${show(bandwidth)} is not a number of bytes a second`);
  }
  if (loss !== undefined && !(typeof loss === "number" && loss >= 0 && loss <= 1)) {
    throw bad(`${where}: loss ${show(loss)} is not a share from 0 to 1`);
  }
  if (lossBurst !== undefined && !(typeof lossBurst === "number" && lossBurst >= 1)) {
    throw bad(`${where}: lossBurst ${show(lossBurst)} is not a number of packets, 1 or more`);
  }
  const isDistribution = typeof latency === "object" && latency !== null && !Array.isArray(latency);
  const delays = isDistribution
    ? delaysOf(latency as LatencyDistribution, `${where}: latency`)
    : undefined;
  return {
    latencyNs:
      latency === undefined || delays
        ? undefined
        : parseRangeNs(latency as DurationRange, `${where}: latency`),
    delays,
    bandwidthBytesPerSecond: bandwidth,
    loss,
    lossBurst,
  };
}

function delaysOf(given: LatencyDistribution, where: string): Delays {
  if ("median" in given) {
    onlyOptions(where, given, ["median", "sigma"]);
    const { median, sigma = SIGMA } = given;
    return {
      kind: "log-normal",
      medianNs: parseDurationNs(median, `${where}: median`),
      sigma: positive(sigma, `${where}: sigma`),
    };
  }
  if ("min" in given) {
    onlyOptions(where, given, ["min", "alpha"]);
    const { min, alpha = ALPHA } = given;
    return {
      kind: "pareto",
      minNs: parseDurationNs(min, `${where}: min`),
      alpha: positive(alpha, `${where}: alpha`),
    };
  }
  const trace: unknown = (given as { trace?: unknown }).trace;
  onlyOptions(where, given, ["trace"]);
  if (!Array.isArray(trace) || trace.length === 0) {
    throw bad(
      `${where}: ${show(given)} is no distribution`,
      'Write { median: "5ms", sigma: 0.5 } (log-normal), { min: "2ms", alpha: 2 } (Pareto), or { trace: ["2ms", "3ms"] }.',
    );
  }
  return {
    kind: "trace",
    delaysNs: trace.map((each: string) => parseDurationNs(each, `${where}: trace`)),
  };
}

function positive(value: unknown, where: string): number {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw bad(`${where} is ${show(value)}, not a number above 0`);
}

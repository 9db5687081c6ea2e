/**
 * Converts the arguments of `w.crash(...)` and similar functions to fault sources, from which schedules are
 * drawn.
 */
import { LightconeError } from "../base/errors.ts";
import { type DurationRange, MS, parseRangeNs, SECOND } from "../base/units.ts";
import type { FaultSource, RangeNs } from "../sim/fault-draw.ts";

/** The kinds of faults that a world can allow. */
export type FaultSourceKind = FaultSource["kind"];

/** The options of all kinds together. */
export interface FaultSourceOptions {
  readonly lasts?: DurationRange;
  readonly every?: DurationRange;
  readonly how?: "process" | "machine";
  readonly by?: DurationRange;
  readonly probability?: readonly [number, number];
  readonly ppm?: readonly [number, number];
}

interface Defaults {
  readonly lasts: RangeNs;
  readonly options: readonly (keyof FaultSourceOptions)[];
}

const EVERY: RangeNs = { minNs: SECOND, maxNs: 30 * SECOND };

const defaults: Record<FaultSourceKind, Defaults> = {
  crash: { lasts: { minNs: 100 * MS, maxNs: 10 * SECOND }, options: ["how"] },
  pause: { lasts: { minNs: 50 * MS, maxNs: 10 * SECOND }, options: [] },
  partition: { lasts: { minNs: 200 * MS, maxNs: 20 * SECOND }, options: [] },
  latency: { lasts: { minNs: SECOND, maxNs: 20 * SECOND }, options: ["by"] },
  loss: { lasts: { minNs: SECOND, maxNs: 20 * SECOND }, options: ["probability"] },
  clock: { lasts: { minNs: SECOND, maxNs: 20 * SECOND }, options: ["by", "ppm"] },
};

const linkKinds = new Set<FaultSourceKind>(["partition", "latency", "loss"]);

/** Creates a fault source of one kind. Throws `LC_BAD_WORLD`, with what is wrong. */
export function faultSource(
  kind: FaultSourceKind,
  targets: readonly string[],
  hosts: readonly string[],
  options: FaultSourceOptions,
): FaultSource {
  const where = `w.${kind}`;
  const own = defaults[kind];
  if (targets.length === 0) {
    throw bad(`${where}(...) is described before any host`, "Describe the hosts first.");
  }
  if (linkKinds.has(kind) && hosts.length < 2) {
    throw bad(`${where}(...) needs two hosts, and there is only ${hosts[0]}`);
  }
  if (typeof options !== "object" || options === null) {
    throw bad(`${where}(...): ${JSON.stringify(options)} is not an object of options`);
  }
  const allowed = ["lasts", "every", ...own.options];
  for (const name of Object.keys(options)) {
    if (allowed.includes(name)) continue;
    throw bad(`${where}(...): no option ${JSON.stringify(name)}`, `It has ${allowed.join(", ")}.`);
  }
  const range = (name: "lasts" | "every" | "by"): RangeNs | undefined => {
    const value = options[name];
    return value === undefined ? undefined : parseRangeNs(value, `${where}: ${name}`);
  };
  if (options.how !== undefined && !["process", "machine"].includes(options.how)) {
    throw bad(`${where}: how is ${JSON.stringify(options.how)}, not "process" or "machine"`);
  }
  return {
    kind,
    targets: [...targets],
    lasts: range("lasts") ?? own.lasts,
    every: range("every") ?? EVERY,
    how: options.how,
    by: range("by"),
    probability: numbers(options.probability, 1, `${where}: probability`),
    ppm: numbers(options.ppm, 1_000_000, `${where}: ppm`),
  };
}

/** Checks that the arguments of `w.faults` were created by `w.crash` and similar functions. */
export function sourcesOf(sources: readonly unknown[]): FaultSource[] {
  return sources.map((source) => {
    const kind = (source as FaultSource | undefined)?.kind;
    if (kind !== undefined && Object.hasOwn(defaults, kind)) return source as FaultSource;
    const shown = typeof source === "function" ? "a function" : JSON.stringify(source);
    throw bad(
      `w.faults(...): ${shown} is not a fault`,
      "Faults are w.crash(...), w.pause(...), w.clock(...), w.partition(...), w.latency(...), w.loss(...).",
    );
  });
}

function numbers(
  value: readonly [number, number] | undefined,
  max: number,
  what: string,
): readonly [number, number] | undefined {
  if (value === undefined) return undefined;
  const [from, to] = Array.isArray(value) ? value : [];
  if (typeof from === "number" && typeof to === "number" && 0 <= from && from <= to && to <= max) {
    return [from, to];
  }
  throw bad(`${what} is ${JSON.stringify(value)}, not [from, to] within 0 and ${max}`);
}

function bad(message: string, hint?: string): LightconeError {
  return new LightconeError("LC_BAD_WORLD", message, hint);
}

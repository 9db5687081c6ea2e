/**
 * What goes wrong with a block in ways of its own, as data of the block says it: an operator of the block does it, on the
 * block's host, or the block takes a rare path that it offers. Schedules hold all that is needed to repeat and to tell it.
 */
import { MS, SECOND } from "../../base/units.ts";
import { logBetween } from "./chance.ts";
import type { Fault, FaultParams } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { smallerNumbers } from "./lighter.ts";
import { names } from "./options.ts";
import { list, percent } from "./words.ts";

/** How long the programs of a host are down that are to be started again. */
const RESTART_NS = 100 * MS;

/** Which faults of blocks happen. */
export interface BlockOptions extends FaultOptions {
  /** The name of one, such as `"evict"`, or of several. Default: all that the block of the host has. */
  readonly fault?: string | readonly string[];
}

/** A fault of a block, as the block's data says it. */
export interface KnownBlockFault {
  readonly name: string;
  readonly begins: string;
  readonly ends?: string;
  readonly draws?: Readonly<Record<string, readonly [from: number, to: number]>>;
  readonly path?: string;
  readonly restarts?: true;
}

/** The blocks of a world that can suffer in ways of their own, by host. */
export type KnownBlocks = Readonly<
  Record<string, { readonly block: string; readonly faults: readonly KnownBlockFault[] }>
>;

/** The parameters of a fault of a block. */
export type BlockParams = {
  readonly block: string;
  readonly fault: string;
  readonly values: Readonly<Record<string, number>>;
  readonly begins: string;
  /** Absent: it happens at one moment. */
  readonly ends?: string;
  /** The rare path. Absent: an operator does it. */
  readonly path?: string;
  readonly restarts?: boolean;
};

const kind: FaultKind<BlockParams> = {
  name: "block",
  matters: {
    count: (host, { params }) => (params.path === undefined ? host.deeds : host.rarePathsTaken),
    otherwise: "the block was not there, or did not come to it",
  },
  begin(fault, reach) {
    const { block, fault: name, values, path, restarts } = fault.params;
    for (const host of reach.hosts(fault)) {
      if (!host.up || reach.isDown(host.name)) continue;
      if (restarts === true) reach.follow(fault, crashOf(host.name, reach.kernel.nowNs));
      if (path === undefined) reach.operate(fault, host, { block, name, values });
    }
  },
  lift(fault, reach) {
    reach.dismiss(fault);
  },
  onHost({ params: { path, values } }, effect) {
    if (path === undefined) return;
    const { probability = 1 } = values;
    effect.rarePaths.push({ concerns: (name) => name === path, probability });
  },
  tell: ({ targets, params }) => `${list(targets)} ${filled(params.begins, params.values)}`,
  tellLift: ({ targets, params }) =>
    params.ends === undefined ? "" : `${list(targets)} ${filled(params.ends, params.values)}`,
  lighter(fault) {
    const { values } = fault.params;
    return Object.entries(values).flatMap(([name, value]) =>
      smallerNumbers(value, 0.01).map((smaller) => {
        return { ...fault, params: { ...fault.params, values: { ...values, [name]: smaller } } };
      }),
    );
  },
  optional: ["ends", "path", "restarts"],
  isValid: ({ block, fault, values, begins, ends, path, restarts }: FaultParams) =>
    [block, fault, begins].every((text) => typeof text === "string") &&
    [ends, path].every((text) => text === undefined || typeof text === "string") &&
    (restarts === undefined || restarts === true) &&
    typeof values === "object" &&
    values !== null &&
    Object.values(values).every((value) => Number.isFinite(value)),
};

/** The crash that has the programs of a host start again. */
function crashOf(host: string, startNs: number): Fault {
  const params = { how: "process" };
  return { kind: "crash", targets: [host], startNs, durationNs: RESTART_NS, params };
}

/** The same for what happens at one moment. */
const onceKind: FaultKind<BlockParams> = { ...kind, name: "block-once", instant: true };

/** Puts values into words: `{share}` is 50%. */
function filled(words: string, values: BlockParams["values"]): string {
  return words.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return value <= 1 ? percent(value) : value.toLocaleString("en-US");
  });
}

/**
 * A building block suffers in a way of its own: a Redis evicts keys, answers writes with `OOM`, closes its clients'
 * connections. An operator on its host does it, by the commands that operators have, or the block takes a rare path that it offers with
 * `buggify`; the block itself knows of no fault. Without `targets`, all hosts with such a block.
 *
 * @cause what the faults of each block say, below.
 */
export const block: FaultWord<BlockOptions, { fault: readonly string[]; known?: KnownBlocks }> = {
  kinds: [kind, onceKind] as unknown as readonly FaultKind[],
  links: false,
  blocks: true,
  example: { fault: "evict" },
  lasts: { minNs: SECOND, maxNs: 10 * SECOND },
  options: { fault: names() },
  draw({ targets, options: { fault: asked, known = {} }, prng }) {
    const target = prng.pick(targets);
    const of = known[target];
    const possible = of?.faults.filter(({ name }) => asked.length === 0 || asked.includes(name));
    if (!of || !possible || possible.length === 0) return undefined;
    const { name, begins, ends, draws = {}, path, restarts } = prng.pick(possible);
    const values = Object.fromEntries(
      Object.entries(draws).map(([value, [from, to]]) => {
        return [value, Number(logBetween(prng, [from * 1_000, to * 1_000]).toPrecision(2)) / 1_000];
      }),
    );
    const params: BlockParams = {
      block: of.block,
      fault: name,
      values,
      begins,
      ...(ends !== undefined && { ends }),
      ...(path !== undefined && { path }),
      ...(restarts && { restarts }),
    };
    return { kind: ends === undefined ? onceKind.name : kind.name, targets: [target], params };
  },
};

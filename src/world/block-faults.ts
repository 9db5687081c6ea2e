/** The faults that blocks have of their own: what a world may ask for. */
import { findFaultWord, type FaultSource } from "../sim/faults/index.ts";
import type { BlockOptions, KnownBlocks } from "../sim/faults/block.ts";
import type { BlockSuffers, HostPlan, ProgramStart } from "./plan.ts";
import { bad, show } from "./refusals.ts";

/** A block of a host, and what it can suffer. */
export interface SufferingBlock {
  readonly block: string;
  readonly suffers: BlockSuffers;
  readonly start: ProgramStart;
}

/** The first block of a host that can suffer in ways of its own. */
export function blockOf({ programs }: HostPlan): SufferingBlock | undefined {
  for (const start of programs) {
    const { program } = start;
    if (program.kind !== "block" || !program.suffers) continue;
    return { block: program.name, suffers: program.suffers, start };
  }
  return undefined;
}

/** The blocks that can suffer in ways of their own, by host. */
export function knownBlocks(hosts: readonly HostPlan[]): KnownBlocks {
  return Object.fromEntries(
    hosts.flatMap((host) => {
      const found = blockOf(host);
      return found ? [[host.name, { block: found.block, faults: found.suffers.faults }]] : [];
    }),
  );
}

/** For a word that concerns blocks: the source, with what the blocks of its targets can suffer. */
export function withBlocks<Source extends Omit<FaultSource, "lasts">>(
  source: Source,
  hosts: readonly HostPlan[],
): Source {
  const { word, targets, options } = source;
  if (findFaultWord(word)?.blocks !== true) return source;
  const all = knownBlocks(hosts);
  const { fault: asked } = options as { readonly fault: NonNullable<BlockOptions["fault"]> };
  const lacking = targets.find((target) => all[target] === undefined);
  if (lacking !== undefined) {
    throw bad(
      `w.${word}(...): the host ${lacking} runs no block with faults of its own`,
      "Such as redis() of lightcone/blocks.",
    );
  }
  const names = targets.flatMap((target) => all[target]?.faults.map(({ name }) => name) ?? []);
  const unknown = (asked as readonly string[]).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = [...new Set(names)].map((name) => JSON.stringify(name)).join(", ");
    throw bad(`w.${word}(...): there is no fault ${show(unknown)}`, `There are ${known}.`);
  }
  const known = Object.fromEntries(targets.map((target) => [target, all[target]]));
  return { ...source, options: { ...(options as object), known } };
}

/**
 * What a power loss keeps of the changes that were not synced. POSIX promises nothing; file systems differ.
 * With ext4, names are committed to the journal in order, while the data of a file may follow up to half a
 * minute later (delayed allocation), so that after a power loss a renamed file can be empty. Data can also
 * reach the device before its name, and a write can be torn between two sectors. (Pillai et al., "All File
 * Systems Are Not Created Equal", OSDI 2014; ext4(5), `data=` and `commit=`; `vm.dirty_expire_centisecs`.)
 */
import type { Prng } from "../../base/prng.ts";
import { SECOND } from "../../base/units.ts";
import { loseEverything, type PendingOperation, type PowerLossPolicy } from "./journal.ts";

/** The ways in which a power loss treats changes that were not synced. */
export const powerLossWays = ["nothing", "old", "names", "data", "prefix", "some"] as const;

/**
 * What a power loss keeps of the changes that were not synced.
 *
 * - `nothing`: all of them are lost.
 * - `old`: those are kept that the kernel has written back by itself: names after 5 seconds, data after 30.
 * - `names`: names, sizes after truncation and attributes are kept, and the data is lost.
 * - `data`: the data is kept, and names are lost.
 * - `prefix`: all changes before some moment are kept, and the write at that moment may be torn.
 * - `some`: names are kept up to some moment, and of the data any part, torn between sectors.
 */
export type PowerLossWay = (typeof powerLossWays)[number];

/** ext4 commits its journal this often by default. */
const COMMIT_NS = 5 * SECOND;
/** Linux writes back data that has been dirty this long. */
const EXPIRE_NS = 30 * SECOND;
/** The sizes between which a device may tear a write. */
const SECTORS = [512, 4_096] as const;
const TORN_PROBABILITY = 0.25;

/** The policy of a way. It draws from `prng`, and `nowNs` is the time of the power loss. */
export function powerLossPolicy(way: PowerLossWay, prng: Prng, nowNs: number): PowerLossPolicy {
  switch (way) {
    case "nothing":
      return loseEverything;
    case "old":
      return ({ kind, timeNs }) => nowNs - timeNs >= (kind === "write" ? EXPIRE_NS : COMMIT_NS);
    case "names":
      return ({ kind }) => kind !== "write";
    case "data":
      return ({ kind }) => kind !== "entries";
    case "prefix":
      return keepPrefix(prng);
    case "some":
      return keepSome(prng);
  }
}

function keepPrefix(prng: Prng): PowerLossPolicy {
  let keptOf: number | undefined;
  return (operation, at, count) => {
    keptOf ??= prng.below(count + 1);
    if (at !== keptOf) return at < keptOf;
    return tear(operation, prng);
  };
}

function keepSome(prng: Prng): PowerLossPolicy {
  const share = 0.2 + 0.6 * prng.float();
  let namesUntil: number | undefined;
  return (operation, at, count) => {
    namesUntil ??= prng.below(count + 1);
    if (operation.kind !== "write") return at < namesUntil;
    if (prng.chance(TORN_PROBABILITY)) return tear(operation, prng);
    return prng.chance(share);
  };
}

/** How much of a write reached the device when it was interrupted: whole sectors from its beginning. */
function tear(operation: PendingOperation, prng: Prng): boolean | number {
  if (operation.kind !== "write") return false;
  const { length } = operation.bytes;
  const sector = prng.pick(SECTORS);
  const toBoundary = sector - (operation.offset % sector);
  if (toBoundary >= length) return false;
  return toBoundary + sector * prng.below(Math.ceil((length - toBoundary) / sector));
}

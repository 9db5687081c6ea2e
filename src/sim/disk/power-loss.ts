/**
 * What a power loss keeps of the changes that were not synced. POSIX promises nothing; file systems differ.
 * With ext4, names are committed to the journal in order, while the data of a file may follow up to half a
 * minute later (delayed allocation), so that after a power loss a renamed file can be empty. Data can also
 * reach the device before its name, and a write can be torn between two sectors. (Pillai et al., "All File
 * Systems Are Not Created Equal", OSDI 2014; ext4(5), `data=` and `commit=`; `vm.dirty_expire_centisecs`.)
 */
import type { Prng } from "../../base/prng.ts";
import { SECOND } from "../../base/units.ts";
import { PAGE_BYTES } from "./constants.ts";
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
 * - `some`: names are kept up to some moment, and of each page of a file what was written up to another one.
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

/**
 * The kernel writes back whole pages, each at a moment of its own: a page has reached the device with all writes
 * to it until then. So a later page may be there without an earlier one, but within a page no write is there
 * without those before it.
 */
function keepSome(prng: Prng): PowerLossPolicy {
  let namesUntil: number | undefined;
  const pages = new Map<string, number>();
  return (operation, at, count) => {
    namesUntil ??= prng.below(count + 1);
    if (operation.kind !== "write") return at < namesUntil;
    const { inode, offset, bytes } = operation;
    const end = offset + bytes.length;
    const kept: [number, number][] = [];
    for (let from = offset; from < end; from = nextPage(from)) {
      const page = `${inode.number} ${Math.floor(from / PAGE_BYTES)}`;
      let until = pages.get(page);
      if (until === undefined) pages.set(page, (until = prng.below(count + 1)));
      const to = Math.min(end, nextPage(from));
      const isInterrupted = at === until && prng.chance(TORN_PROBABILITY);
      const length = at < until ? to - from : isInterrupted ? torn(from, to - from, prng) : 0;
      if (length > 0) kept.push([from - offset, from - offset + length]);
    }
    return kept;
  };
}

function nextPage(offset: number): number {
  return (Math.floor(offset / PAGE_BYTES) + 1) * PAGE_BYTES;
}

/** How much of a write reached the device when it was interrupted: whole sectors from its beginning. */
function tear(operation: PendingOperation, prng: Prng): boolean | number {
  if (operation.kind !== "write") return false;
  return torn(operation.offset, operation.bytes.length, prng);
}

/** How many of so many bytes at an offset reached the device. */
function torn(offset: number, length: number, prng: Prng): number {
  const sector = prng.pick(SECTORS);
  const toBoundary = sector - (offset % sector);
  if (toBoundary >= length) return 0;
  return toBoundary + sector * prng.below(Math.ceil((length - toBoundary) / sector));
}

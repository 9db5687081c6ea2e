/** The result of `stat`, in the arrays of numbers from which Node's library reads it. */
import type { FileStatus, FileSystemStatus } from "../../../sim/disk/index.ts";

/** The number of fields of a file's status. */
export const STATS_FIELDS = 18;
/** Node 24 also reports the fragment size, in the third place. */
const TELLS_FRAGMENTS = Number(process.versions.node.split(".")[0]) >= 24;
const STATFS_FIELDS = TELLS_FRAGMENTS ? 8 : 7;

/**
 * The arrays through which synchronous calls return. A second status follows the first, for
 * watchers.
 */
export interface SharedStats {
  readonly statValues: Float64Array;
  readonly bigintStatValues: BigInt64Array;
  readonly statFsValues: Float64Array;
  readonly bigintStatFsValues: BigInt64Array;
}

export function createSharedStats(): SharedStats {
  return {
    statValues: new Float64Array(STATS_FIELDS * 2),
    bigintStatValues: new BigInt64Array(STATS_FIELDS * 2),
    statFsValues: new Float64Array(STATFS_FIELDS),
    bigintStatFsValues: new BigInt64Array(STATFS_FIELDS),
  };
}

/** An array of numbers or of big integers. */
export type NumberArray = Float64Array | BigInt64Array;

/** Returns a new array for an asynchronous call. */
export function newStats(bigint: boolean): NumberArray {
  return bigint ? new BigInt64Array(STATS_FIELDS) : new Float64Array(STATS_FIELDS);
}

export function newStatFs(bigint: boolean): NumberArray {
  return bigint ? new BigInt64Array(STATFS_FIELDS) : new Float64Array(STATFS_FIELDS);
}

function fill(target: NumberArray, offset: number, values: readonly number[]): void {
  if (target instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) target[offset + i] = BigInt(values[i] as number);
  } else {
    for (let i = 0; i < values.length; i++) target[offset + i] = values[i] as number;
  }
}

const nothing: readonly number[] = new Array<number>(STATS_FIELDS).fill(0);

/** Writes a status at `offset`, or zeros if there is none. */
export function fillStats<T extends NumberArray>(target: T, status?: FileStatus, offset = 0): T {
  if (status === undefined) {
    fill(target, offset, nothing);
    return target;
  }
  const { atime, mtime, ctime, birthtime } = status;
  fill(target, offset, [
    status.device,
    status.mode,
    status.nlink,
    status.uid,
    status.gid,
    status.rdev,
    status.blockSize,
    status.inode,
    status.size,
    status.blocks,
    atime.seconds,
    atime.nanoseconds,
    mtime.seconds,
    mtime.nanoseconds,
    ctime.seconds,
    ctime.nanoseconds,
    birthtime.seconds,
    birthtime.nanoseconds,
  ]);
  return target;
}

export function fillStatFs<T extends NumberArray>(target: T, status: FileSystemStatus): T {
  const { type, blockSize, blocks, blocksFree, blocksAvailable, files, filesFree } = status;
  const sizes = TELLS_FRAGMENTS ? [blockSize, blockSize] : [blockSize];
  fill(target, 0, [type, ...sizes, blocks, blocksFree, blocksAvailable, files, filesFree]);
  return target;
}

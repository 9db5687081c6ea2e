/** A host's disk: a file system, how long it takes, and what the power's going does to it. */
import type { Device, Host } from "../host.ts";
import type { Process } from "../process.ts";
import { ProcessFiles, timestamp } from "./descriptors.ts";
import { FileSystem } from "./file-system.ts";
import type { PowerLoss } from "./losses.ts";
import { loseEverything, type PowerLossPolicy } from "./journal.ts";
import { plantSystem } from "./system-tree.ts";
import { DiskClock, type DiskTiming, ssd } from "./timing.ts";

/** How a disk is made. */
export interface DiskOptions {
  /** How much fits on it, in bytes; 64 GiB unless told. */
  readonly capacityBytes?: number;
  /** A good SSD unless told. */
  readonly timing?: DiskTiming;
  /** What becomes of unsynced changes when the power goes; they are lost unless told. */
  readonly policy?: PowerLossPolicy;
  /** Bytes that the page cache holds back before it writes by itself; 64 MiB unless told. */
  readonly dirtyBytesMax?: number;
}

const GIB = 2 ** 30;
const DIRTY_BYTES_MAX = 64 * 2 ** 20;
const JOURNAL_ENTRIES_MAX = 1_024;

/** One host's disk. */
export class Disk implements Device {
  readonly fs: FileSystem;
  readonly clock: DiskClock;
  /** Asked at power loss; a fault may replace it. */
  policy: PowerLossPolicy;
  /** What power losses took, in order of time. */
  readonly losses: PowerLoss[] = [];
  readonly #nowNs: () => number;

  constructor(host: Host, options: DiskOptions = {}) {
    const prng = host.prng.fork("disk");
    const nowNs = (): number => host.kernel.nowNs;
    this.#nowNs = nowNs;
    this.policy = options.policy ?? loseEverything;
    this.clock = new DiskClock(options.timing ?? ssd, prng.fork("delay"), nowNs);
    this.fs = new FileSystem({
      capacityBytes: options.capacityBytes ?? 64 * GIB,
      dirtyBytesMax: options.dirtyBytesMax ?? DIRTY_BYTES_MAX,
      entriesMax: JOURNAL_ENTRIES_MAX,
      nowNs,
      epoch: timestamp(0),
    });
    plantSystem(this.fs, host.name, prng.fork("urandom"));
  }

  powerOff(): void {
    const lost = this.fs.powerLoss(this.policy);
    if (lost.length > 0) this.losses.push({ atNs: this.#nowNs(), lost });
  }

  powerOn(): void {}
}

const disks = new WeakMap<Host, Disk>();

/** A host's disk; made on the first call, with `options`. */
export function diskOf(host: Host, options?: DiskOptions): Disk {
  let disk = disks.get(host);
  if (disk === undefined) {
    disk = new Disk(host, options);
    disks.set(host, disk);
    host.devices.push(disk);
  }
  return disk;
}

/** What power losses took from a host's disk so far. */
export function powerLossesOf(host: Host): readonly PowerLoss[] {
  return disks.get(host)?.losses ?? [];
}

const files = new WeakMap<Process, ProcessFiles>();

/** A process's descriptors, working directory and identity; made on the first call. */
export function filesOf(process: Process): ProcessFiles {
  let own = files.get(process);
  if (own === undefined) {
    own = new ProcessFiles(diskOf(process.host).fs, process);
    files.set(process, own);
  }
  return own;
}

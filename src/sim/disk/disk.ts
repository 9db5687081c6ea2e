/** A host's disk: a file system, its timing, and the effect of a power loss on it. */
import type { Device, Host } from "../host.ts";
import { Kind } from "../kernel.ts";
import type { Process } from "../process.ts";
import { ProcessFiles, timestamp } from "./descriptors.ts";
import { type DiskEffect, DiskFaults } from "./disk-faults.ts";
import { FileSystem, type FileSystemOptions } from "./file-system.ts";
import type { PowerLoss } from "./losses.ts";
import { type MountOptions, NfsClient } from "./nfs/client.ts";
import type { Patience, ServerPort } from "./nfs/requests.ts";
import type { NfsExport } from "./nfs/server.ts";
import {
  loseEverything,
  type Place,
  type PowerLossPolicy,
  type WriteOperation,
} from "./journal.ts";
import type { Prng } from "../../base/prng.ts";
import { PAGE_BYTES } from "./constants.ts";
import { writtenFiles } from "./written-files.ts";
import type { TakenName } from "./shared-names.ts";
import { plantClock, plantDirectory, plantSystem } from "./system-tree.ts";
import { DiskClock, type DiskTiming, ssd } from "./timing.ts";

/** Options for a disk. */
export interface DiskOptions {
  /** Capacity in bytes; default 64 GiB. */
  readonly capacityBytes?: number;
  /** Latencies and bandwidths; by default those of a good SSD. */
  readonly timing?: DiskTiming;
  /** Decides what happens to unsynced changes at a power loss; by default they are lost. */
  readonly policy?: PowerLossPolicy;
  /** Dirty bytes that the page cache holds before it starts to write back; default 64 MiB. */
  readonly dirtyBytesMax?: number;
}

const GIB = 2 ** 30;
const DIRTY_BYTES_MAX = 64 * 2 ** 20;
const JOURNAL_ENTRIES_MAX = 1_024;

/** A disk of another machine, as it is mounted on this one. */
export interface Mounted {
  /** Where: an absolute path. */
  readonly path: string;
  readonly served: NfsExport;
  readonly options: MountOptions;
  readonly port: ServerPort;
}

/** The device number of the first mount of another machine's disk, as Linux numbers those. */
const FIRST_REMOTE_DEVICE = 0x30;

/** One host's disk. */
export class Disk implements Device {
  /** What is on it. Another one when the machine has been replaced. */
  fs: FileSystem;
  readonly clock: DiskClock;
  readonly faults: DiskFaults;
  /** Consulted at each power loss; a fault may replace it. */
  policy: PowerLossPolicy;
  /** What each power loss destroyed, in order of time. */
  readonly losses: PowerLoss[] = [];
  /** The clients of the disks of other machines that are mounted here. */
  clients: readonly NfsClient[] = [];
  readonly #host: Host;
  readonly #mounted: Mounted[] = [];
  readonly #nowNs: () => number;
  readonly #strayPrng: Prng;
  readonly #format: (generation: number) => FileSystem;
  #generation = 0;

  constructor(host: Host, options: DiskOptions = {}) {
    const prng = host.prng.fork("disk");
    this.#host = host;
    const nowNs = (): number => host.kernel.nowNs;
    this.#nowNs = nowNs;
    this.#strayPrng = prng.fork("stray");
    this.policy = options.policy ?? loseEverything;
    this.clock = new DiskClock(options.timing ?? ssd, prng.fork("delay"), nowNs);
    this.faults = new DiskFaults(prng.fork("faults"));
    const settings: FileSystemOptions = {
      capacityBytes: options.capacityBytes ?? 64 * GIB,
      dirtyBytesMax: options.dirtyBytesMax ?? DIRTY_BYTES_MAX,
      entriesMax: JOURNAL_ENTRIES_MAX,
      nowNs,
      epoch: timestamp(0, host.kernel.epochMs),
      isAlive: (pid) => [...host.processes].some((process) => process.pid === pid),
      faults: this.faults,
      onOperation: (digest, detail) => {
        const { kernel } = host;
        kernel.mark(host.id, Kind.disk, digest, kernel.observer && detail());
      },
    };
    this.#format = (generation) => {
      const fs = new FileSystem(settings);
      plantSystem(fs, host.name, prng.fork(`urandom${generation === 0 ? "" : `.${generation}`}`));
      plantClock(fs, host.clock);
      return fs;
    };
    this.fs = this.#format(0);
  }

  /** Puts an empty disk in its place. The machine must be without power. */
  replace(): void {
    this.noteDamage("all that was on the disk is gone");
    this.fs = this.#format(++this.#generation);
    this.clients = this.#mounted.map((mounted, at) => this.#clientOf(mounted, at));
    this.setEffect(this.faults.effect);
  }

  /** Mounts a disk of another machine, now and whenever the machine boots. */
  mount(mounted: Mounted): NfsClient {
    const client = this.#clientOf(mounted, this.#mounted.length);
    this.#mounted.push(mounted);
    this.clients = [...this.clients, client];
    return client;
  }

  #clientOf({ path, served, options, port }: Mounted, at: number): NfsClient {
    const device = FIRST_REMOTE_DEVICE + at;
    const client = new NfsClient(this.#host, this.fs, served, { ...options, path, device }, port);
    client.onDamage = (what) => this.noteDamage(what, "nfs");
    const slash = path.lastIndexOf("/");
    this.fs.graft(
      plantDirectory(this.fs, path.slice(0, slash)),
      path.slice(slash + 1),
      client.folder,
    );
    return client;
  }

  /** The time that requests to other machines have taken since the last call. */
  takeRemoteNs(): number {
    return this.clients.reduce((sum, { requests }) => sum + requests.takeSpentNs(), 0);
  }

  /**
   * Says which call runs now, for the servers of shared disks: how long its process has computed in this turn, and whether it
   * can be made again later.
   */
  setCall(aheadNs: number, patience?: Patience): void {
    for (const { requests } of this.clients) {
      requests.aheadNs = aheadNs;
      requests.patience = patience;
    }
  }

  powerOff(): readonly string[] {
    const unsent = this.clients.flatMap((client) => client.losses());
    const lost = [...this.fs.powerLoss(this.policy), ...unsent];
    if (lost.length > 0) this.losses.push({ atNs: this.#nowNs(), lost });
    return lost;
  }

  powerOn(): void {}

  /** Sets the combined effect of all faults. */
  setEffect(effect: DiskEffect): void {
    this.faults.effect = effect;
    this.clock.slow = effect.slow;
    this.clock.stalledUntilNs = effect.stalledUntilNs;
    this.fs.remount(effect.readOnly);
    for (const client of this.clients) {
      client.requests.trouble.silentUntilNs = effect.serverSilentUntilNs;
      client.requests.trouble.repeats = effect.requestRepeats;
      client.clings = effect.clings;
    }
    const diverts = effect.writeVanishes > 0 || effect.writeStrays > 0;
    this.fs.journal.divert = diverts ? (operation) => this.#divert(operation) : undefined;
  }

  /** Where a write ends up on a device that loses or misdirects some. */
  #divert({ inode, offset, bytes }: WriteOperation): Place | "nowhere" | undefined {
    const fate = this.faults.fateOfWrite(inode);
    if (fate === "right") return undefined;
    const files = writtenFiles(this.fs.root, "");
    const path = files.find(({ file }) => file === inode)?.path ?? "a file without a name";
    const what = `${path}: ${bytes.length.toLocaleString("en-US")} bytes at ${offset.toLocaleString("en-US")}`;
    const others = files.filter(({ file }) => file !== inode || file.size > PAGE_BYTES);
    if (fate === "vanishes" || others.length === 0) {
      this.noteDamage(`${what} are not written`, "bad-writes");
      return "nowhere";
    }
    const victim = this.#strayPrng.pick(others);
    const pages = Math.ceil(victim.file.size / PAGE_BYTES);
    const at = this.#strayPrng.below(pages) * PAGE_BYTES;
    this.noteDamage(
      `${what} are written to ${victim.path} at ${at.toLocaleString("en-US")}`,
      "bad-writes",
    );
    return { inode: victim.file, offset: at };
  }

  /** Records damage that is not a power loss, for stories. `by`: the kind of the fault that does it while it lasts. */
  noteDamage(what: string, by?: string): void {
    this.losses.push({ atNs: this.#nowNs(), lost: [what], ...(by !== undefined && { by }) });
  }
}

const disks = new WeakMap<Host, Disk>();

/** Returns a host's disk. The first call creates it, with `options`. */
export function diskOf(host: Host, options?: DiskOptions): Disk {
  let disk = disks.get(host);
  if (disk === undefined) {
    disk = new Disk(host, options);
    disks.set(host, disk);
    host.devices.push(disk);
  }
  return disk;
}

/** What power losses have destroyed on a host's disk so far. */
export function powerLossesOf(host: Host): readonly PowerLoss[] {
  return disks.get(host)?.losses ?? [];
}

/** The names on a host's disk that a process took from another living one. */
export function takenNamesOf(host: Host): readonly TakenName[] {
  const fs = disks.get(host)?.fs;
  return fs?.sharedNames.list(fs.root) ?? [];
}

const files = new WeakMap<Process, ProcessFiles>();

/** Returns a process's descriptors, working directory and identity. The first call creates them. */
export function filesOf(process: Process): ProcessFiles {
  let own = files.get(process);
  if (own === undefined) {
    own = new ProcessFiles(diskOf(process.host).fs, process);
    files.set(process, own);
  }
  return own;
}

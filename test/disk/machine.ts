/** A simulated machine with a disk, for tests that talk to the disk itself. */
import { Kernel } from "../../src/sim/kernel.ts";
import { Host } from "../../src/sim/host.ts";
import * as disk from "../../src/sim/disk/index.ts";

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const bytes = (value: string): Uint8Array =>
  Uint8Array.from(value, (character) => character.charCodeAt(0));

/** A machine, and a process on it that makes system calls. */
export class Machine {
  readonly kernel: Kernel = new Kernel({ seed: 1 });
  readonly host: Host = new Host(this.kernel, { id: 1, name: "machine" });
  readonly disk: disk.Disk;
  files: disk.ProcessFiles;

  constructor(options: disk.DiskOptions = {}) {
    this.disk = disk.diskOf(this.host, options);
    this.files = disk.filesOf(this.host.spawn());
  }

  get fs(): disk.FileSystem {
    return this.disk.fs;
  }

  /** The machine loses power and boots; a new process looks at what is left. */
  crash(): void {
    this.host.powerOff();
    this.host.powerOn();
    this.files = disk.filesOf(this.host.spawn());
  }

  /** The process dies; the machine does not. */
  killProcess(): void {
    this.host.killAll();
    this.files = disk.filesOf(this.host.spawn());
  }

  open(path: string, flags: number = disk.O_RDONLY, mode = 0o644): disk.OpenFile {
    return disk.open(this.fs, this.files, path, flags, mode);
  }

  /** Writes a file without syncing anything. */
  write(path: string, contents: string, flags: number = disk.O_CREAT | disk.O_TRUNC): void {
    const file = this.open(path, disk.O_WRONLY | flags);
    disk.write(file, this.files, bytes(contents), -1);
    file.release();
  }

  read(path: string): string {
    const file = this.open(path);
    const target = new Uint8Array(disk.status(file.inode).size);
    disk.read(file, this.files, target, -1);
    file.release();
    return text(target);
  }

  /** `fsync` of a file or a directory. */
  sync(path: string, dataOnly = false): void {
    const file = this.open(path);
    disk.sync(file, dataOnly);
    file.release();
  }

  mkdir(path: string): void {
    disk.mkdir(this.fs, this.files, path, 0o755);
  }

  rename(from: string, to: string): void {
    disk.rename(this.fs, this.files, from, to);
  }

  unlink(path: string): void {
    disk.unlink(this.fs, this.files, path);
  }

  list(path: string): string[] {
    return disk.readdir(this.fs, this.files, path).map(({ name }) => name);
  }

  /** The name of the failure of `call`, or "ok". */
  outcome(call: () => unknown): string {
    try {
      call();
      return "ok";
    } catch (failure) {
      if (failure instanceof disk.SystemError) return failure.code;
      throw failure;
    }
  }
}

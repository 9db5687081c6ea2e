/**
 * The files that every host has from the start: `/dev`, `/proc`, `/tmp`, a home directory, and the usual
 * empty directories.
 */
import type { Prng } from "../../base/prng.ts";
import type { HostClock } from "../clock.ts";
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "./constants.ts";
import { DESCRIPTORS_MAX, ProcessFiles } from "./descriptors.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import {
  type CharacterDevice,
  type CharacterNode,
  type DirectoryNode,
  type FileNode,
  type Inode,
  isDirectory,
  type LowerTree,
  type Mount,
  type SymlinkNode,
} from "./inode.ts";

const devices: Mount = { device: 0x5, readOnly: false, type: 0x0102_1994 };
const processes: Mount = { device: 0x16, readOnly: true, type: 0x9fa0 };

/** Returns the directory at an absolute path, creating it as a durable directory if necessary. */
export function plantDirectory(fs: FileSystem, path: string, mode = 0o755): DirectoryNode {
  let at = fs.root;
  for (const name of path.split("/")) {
    if (name === "") continue;
    const inode = at.find(name)?.inode ?? fs.give(at, name, S_IFDIR | mode);
    if (!isDirectory(inode)) fail("ENOTDIR");
    at = inode;
  }
  return at;
}

/** Options for a planted file. */
export interface PlantOptions {
  readonly size: number;
  readonly mode?: number;
  /** Its real path on the machine that runs the simulation, for a file whose program may be compiled there. */
  readonly origin?: string;
}

/** Creates a durable file that exists from the start. If the name is taken, the existing entry stays. */
export function plantFile(
  fs: FileSystem,
  path: string,
  load: () => Uint8Array,
  options: PlantOptions,
): void {
  const slash = path.lastIndexOf("/");
  const parent = plantDirectory(fs, path.slice(0, slash));
  const name = path.slice(slash + 1);
  if (parent.find(name) !== undefined) return;
  const node = fs.give(parent, name, S_IFREG | (options.mode ?? 0o644)) as FileNode;
  node.provide(options.size, load, options.origin);
}

/**
 * Creates a durable symbolic link that exists from the start. If the name is taken, the existing entry
 * stays.
 */
export function plantLink(fs: FileSystem, path: string, target: string): void {
  const slash = path.lastIndexOf("/");
  const parent = plantDirectory(fs, path.slice(0, slash));
  const name = path.slice(slash + 1);
  if (parent.find(name) !== undefined) return;
  (fs.give(parent, name, S_IFLNK | 0o777) as SymlinkNode).target = target;
}

/** Mounts a provided tree at `path`. Programs change their own copy of it, in memory. */
export function mountTree(fs: FileSystem, path: string, tree: LowerTree): void {
  provideDirectory(fs, plantDirectory(fs, path), tree, "");
}

function provideDirectory(
  fs: FileSystem,
  directory: DirectoryNode,
  tree: LowerTree,
  path: string,
): void {
  const pathOf = (name: string): string => (path === "" ? name : `${path}/${name}`);
  directory.provide({
    list: () => tree.list(path).map(({ name }) => name),
    changed: () => void fs.providedChanges++,
    plant(name) {
      const below = pathOf(name);
      const found = tree.look
        ? tree.look(below)
        : tree.list(path).find((entry) => entry.name === name);
      if (found === undefined) return;
      const { kind, executable, size } = found;
      if (kind === "directory") {
        const inode = fs.give(directory, name, S_IFDIR | 0o755) as DirectoryNode;
        provideDirectory(fs, inode, tree, below);
      } else if (kind === "symlink") {
        (fs.give(directory, name, S_IFLNK | 0o777) as SymlinkNode).target = tree.readLink(below);
      } else {
        const node = fs.give(directory, name, S_IFREG | (executable ? 0o755 : 0o644)) as FileNode;
        node.provide(size, () => tree.read(below), tree.origin?.(below));
      }
    },
  });
}

/** Creates the usual tree of a host with this name. `prng` feeds `/dev/urandom`. */
export function plantSystem(fs: FileSystem, hostname: string, prng: Prng): void {
  for (const path of [
    "/bin",
    "/etc",
    "/home",
    "/opt",
    "/srv",
    "/usr/bin",
    "/var/lib",
    "/var/log",
  ]) {
    plantDirectory(fs, path);
  }
  plantDirectory(fs, "/root", 0o700);
  for (const path of ["/tmp", "/var/tmp"]) plantDirectory(fs, path, 0o1777);
  plantText(fs, "/etc/hostname", `${hostname}\n`);
  plantText(fs, "/etc/passwd", PASSWD);
  plantText(fs, "/etc/group", "root:x:0:\nnogroup:x:65534:\n");
  plantDevices(fs, prng);
  plantProcesses(fs, hostname);
  // There is no real binary, but programs check that it exists, and some read parts of it.
  const binary = (): Uint8Array => new Uint8Array(BINARY_BYTES);
  plantFile(fs, "/usr/local/bin/node", binary, { size: BINARY_BYTES, mode: 0o755 });
}

/** The number of zero bytes that stand for the real binary. */
const BINARY_BYTES = 131_072;

const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

function plantText(fs: FileSystem, path: string, text: string): void {
  // Few programs read them.
  const load = (): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  plantFile(fs, path, load, { size: text.length });
}

function plantDevices(fs: FileSystem, prng: Prng): void {
  const dev = fs.give(fs.root, "dev", S_IFDIR | 0o755, devices) as DirectoryNode;
  const add = (name: string, minor: number, device: Omit<CharacterDevice, "major" | "minor">) => {
    const node = fs.give(dev, name, S_IFCHR | 0o666) as CharacterNode;
    node.device = { major: 1, minor, ...device };
  };
  const swallow = (source: Uint8Array): number => source.length;
  const zeros = (target: Uint8Array): number => target.fill(0).length;
  const random = (target: Uint8Array): number => {
    prng.fill(target);
    return target.length;
  };
  add("null", 3, { read: () => 0, write: swallow });
  add("zero", 5, { read: zeros, write: swallow });
  add("full", 7, { read: zeros, write: () => fail("ENOSPC") });
  add("random", 8, { read: random, write: swallow });
  add("urandom", 9, { read: random, write: swallow });
  // It has no device: no process of a host has a controlling terminal.
  fs.give(dev, "tty", S_IFCHR | 0o666);
  const link = (name: string, target: string): void => {
    (fs.give(dev, name, S_IFLNK | 0o777) as SymlinkNode).target = target;
  };
  link("fd", "/proc/self/fd");
  link("stdin", "/proc/self/fd/0");
  link("stdout", "/proc/self/fd/1");
  link("stderr", "/proc/self/fd/2");
  fs.give(dev, "shm", S_IFDIR | 0o1777);
}

/** Where simulated commands such as `date` set the machine's clock. There is no such file in life. */
export const CLOCK_DEVICE = "/dev/lightcone-clock";

/** Adds the file by which simulated commands set the clock: "set MS", "frequency PPM" or "slew NS". */
export function plantClock(fs: FileSystem, clock: HostClock): void {
  const dev = plantDirectory(fs, "/dev");
  const node = fs.give(dev, "lightcone-clock", S_IFCHR | 0o600) as CharacterNode;
  const deeds: Readonly<Record<string, (value: number) => void>> = {
    set: (ms) => clock.stepWall(Math.round((ms - clock.wallMs()) * 1_000_000)),
    frequency: (ppm) => clock.setFrequencyPpm(ppm),
    slew: (ns) => clock.slew(Math.round(ns)),
  };
  const write = (source: Uint8Array): number => {
    const [what = "", value = ""] = String.fromCharCode(...source).split(" ");
    if (!Number.isFinite(Number(value))) fail("EINVAL");
    (deeds[what] ?? fail("EINVAL"))(Number(value));
    return source.length;
  };
  node.device = { major: 10, minor: 200, read: () => 0, write };
}

/** The limits of every process, in the columns of Linux: the one on open files is the only one that is enforced. */
const LIMITS = [
  ["Limit", "Soft Limit", "Hard Limit", "Units"],
  ["Max cpu time", "unlimited", "unlimited", "seconds"],
  ["Max file size", "unlimited", "unlimited", "bytes"],
  ["Max data size", "unlimited", "unlimited", "bytes"],
  ["Max stack size", "8388608", "unlimited", "bytes"],
  ["Max core file size", "0", "unlimited", "bytes"],
  ["Max resident set", "unlimited", "unlimited", "bytes"],
  ["Max processes", "unlimited", "unlimited", "processes"],
  ["Max open files", String(DESCRIPTORS_MAX), String(DESCRIPTORS_MAX), "files"],
  ["Max locked memory", "8388608", "8388608", "bytes"],
  ["Max address space", "unlimited", "unlimited", "bytes"],
  ["Max file locks", "unlimited", "unlimited", "locks"],
  ["Max pending signals", "unlimited", "unlimited", "signals"],
  ["Max msgqueue size", "819200", "819200", "bytes"],
  ["Max nice priority", "0", "0", ""],
  ["Max realtime priority", "0", "0", ""],
  ["Max realtime timeout", "unlimited", "unlimited", "us"],
]
  .map(([name = "", soft = "", hard = "", units = ""]) => {
    return `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${units.padEnd(10)}\n`;
  })
  .join("");

/** `/proc/self/fd`: one link for each open file of the calling process. */
function plantProcesses(fs: FileSystem, hostname: string): void {
  const proc = fs.give(fs.root, "proc", S_IFDIR | 0o555, processes) as DirectoryNode;
  plantText(fs, "/proc/sys/kernel/hostname", `${hostname}\n`);
  const self = fs.give(proc, "self", S_IFDIR | 0o555) as DirectoryNode;
  plantText(fs, "/proc/self/limits", LIMITS);
  const fd = fs.give(self, "fd", S_IFDIR | 0o500) as DirectoryNode;
  fd.dynamic = {
    lookUp(caller, name) {
      if (!(caller instanceof ProcessFiles) || !/^(0|[1-9][0-9]*)$/.test(name)) return undefined;
      if (!caller.has(Number(name))) return undefined;
      const file = caller.get(Number(name));
      const link = fs.newInode(processes, S_IFLNK | 0o700, caller, caller.now()) as SymlinkNode;
      // The inode exists only for this look-up and does not count.
      fs.inodeCount--;
      link.nlink = 1;
      link.target = targetOf(file.inode, file.entry);
      link.follow = () => file.inode;
      return link;
    },
    list: (caller) => (caller instanceof ProcessFiles ? caller.list().map(String) : []),
  };
}

/** The link target that `/proc/self/fd` shows for an open file. */
function targetOf(
  inode: Inode,
  entry: { parent: DirectoryNode | undefined; name: string } | undefined,
): string {
  if (entry?.parent === undefined) return `anon_inode:[${inode.number}]`;
  let path = `/${entry.name}`;
  for (let at = entry.parent.entry; at !== undefined; at = at.parent?.entry) {
    path = `/${at.name}${path}`;
  }
  return path;
}

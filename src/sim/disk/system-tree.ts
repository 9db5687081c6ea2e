/** What every host has from the start: `/dev`, `/proc`, `/tmp`, a home, and the usual empty places. */
import type { Prng } from "../../base/prng.ts";
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from "./constants.ts";
import { ProcessFiles } from "./descriptors.ts";
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

const superuser = { uid: 0, gid: 0 };
const devices: Mount = { device: 0x5, readOnly: false, type: 0x0102_1994 };
const processes: Mount = { device: 0x16, readOnly: true, type: 0x9fa0 };

/** Adds an inode that is there from the start, and durable. */
export function plant(
  fs: FileSystem,
  parent: DirectoryNode,
  name: string,
  mode: number,
  mount: Mount = parent.mount,
): Inode {
  const inode = fs.newInode(mount, mode, superuser, fs.epoch);
  fs.attach(parent, name, inode, fs.epoch);
  parent.durableEntries.set(name, inode);
  return inode;
}

/** The directory at an absolute path, made if need be, durable. */
export function plantDirectory(fs: FileSystem, path: string, mode = 0o755): DirectoryNode {
  let at = fs.root;
  for (const name of path.split("/")) {
    if (name === "") continue;
    const inode = at.entries.get(name)?.inode ?? plant(fs, at, name, S_IFDIR | mode);
    if (!isDirectory(inode)) fail("ENOTDIR");
    at = inode;
  }
  return at;
}

/** Writes a file that is there from the start, and durable. */
export function plantFile(
  fs: FileSystem,
  path: string,
  load: () => Uint8Array,
  options: { size: number; mode?: number },
): void {
  const slash = path.lastIndexOf("/");
  const parent = plantDirectory(fs, path.slice(0, slash));
  const mode = S_IFREG | (options.mode ?? 0o644);
  (plant(fs, parent, path.slice(slash + 1), mode) as FileNode).provide(options.size, load);
}

/** Shows a tree that someone else provides at `path`. Programs change their own copy of it, in memory. */
export function mountTree(fs: FileSystem, path: string, tree: LowerTree): void {
  provideDirectory(fs, plantDirectory(fs, path), tree, "");
}

function provideDirectory(
  fs: FileSystem,
  directory: DirectoryNode,
  tree: LowerTree,
  path: string,
): void {
  directory.provide(() => {
    const entries = [...tree.list(path)].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind, executable, size } of entries) {
      const below = path === "" ? name : `${path}/${name}`;
      if (kind === "directory") {
        const inode = plant(fs, directory, name, S_IFDIR | 0o755) as DirectoryNode;
        provideDirectory(fs, inode, tree, below);
      } else if (kind === "symlink") {
        (plant(fs, directory, name, S_IFLNK | 0o777) as SymlinkNode).target = tree.readLink(below);
      } else {
        const mode = S_IFREG | (executable ? 0o755 : 0o644);
        (plant(fs, directory, name, mode) as FileNode).provide(size, () => tree.read(below));
      }
    }
  });
}

/** Makes the usual tree of a host of this name. `prng` feeds `/dev/urandom`. */
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
  // There is no binary behind it, but programs ask whether it is there, and some read of it.
  const binary = (): Uint8Array => new Uint8Array(BINARY_BYTES);
  plantFile(fs, "/usr/local/bin/node", binary, { size: BINARY_BYTES, mode: 0o755 });
}

/** Zeros that stand for the real binary. */
const BINARY_BYTES = 131_072;

const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

function plantText(fs: FileSystem, path: string, text: string): void {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  plantFile(fs, path, () => bytes, { size: bytes.length });
}

function plantDevices(fs: FileSystem, prng: Prng): void {
  const dev = plant(fs, fs.root, "dev", S_IFDIR | 0o755, devices) as DirectoryNode;
  const add = (name: string, minor: number, device: Omit<CharacterDevice, "major" | "minor">) => {
    const node = plant(fs, dev, name, S_IFCHR | 0o666) as CharacterNode;
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
  // Without a device behind it: no process of a host has a controlling terminal.
  plant(fs, dev, "tty", S_IFCHR | 0o666);
  const link = (name: string, target: string): void => {
    (plant(fs, dev, name, S_IFLNK | 0o777) as SymlinkNode).target = target;
  };
  link("fd", "/proc/self/fd");
  link("stdin", "/proc/self/fd/0");
  link("stdout", "/proc/self/fd/1");
  link("stderr", "/proc/self/fd/2");
  plant(fs, dev, "shm", S_IFDIR | 0o1777);
}

/** `/proc/self/fd`: one link for each open file of whoever looks. */
function plantProcesses(fs: FileSystem, hostname: string): void {
  const proc = plant(fs, fs.root, "proc", S_IFDIR | 0o555, processes) as DirectoryNode;
  plantText(fs, "/proc/sys/kernel/hostname", `${hostname}\n`);
  const self = plant(fs, proc, "self", S_IFDIR | 0o555) as DirectoryNode;
  const fd = plant(fs, self, "fd", S_IFDIR | 0o500) as DirectoryNode;
  fd.dynamic = {
    lookUp(caller, name) {
      if (!(caller instanceof ProcessFiles) || !/^(0|[1-9][0-9]*)$/.test(name)) return undefined;
      if (!caller.has(Number(name))) return undefined;
      const file = caller.get(Number(name));
      const link = fs.newInode(processes, S_IFLNK | 0o700, caller, caller.now()) as SymlinkNode;
      // It is made for this look alone and takes no place.
      fs.inodeCount--;
      link.nlink = 1;
      link.target = targetOf(file.inode, file.entry);
      link.follow = () => file.inode;
      return link;
    },
    list: (caller) => (caller instanceof ProcessFiles ? caller.list().map(String) : []),
  };
}

/** How `/proc/self/fd` names an open file. */
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

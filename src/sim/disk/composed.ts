/** Calls that libc and libuv build from several system calls: `realpath`, `mkdtemp`, `copyfile`. */
import type { Prng } from "../../base/prng.ts";
import type { Caller } from "./caller.ts";
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, PATH_MAX, SYMLINKS_MAX } from "./constants.ts";
import { status, truncateFile } from "./attributes.ts";
import { fail } from "./errno.ts";
import type { FileSystem } from "./file-system.ts";
import { FileNode, isDirectory } from "./inode.ts";
import { mkdir, readlink, unlink } from "./names.ts";
import { open, type OpenFile, read, writeFully } from "./open-file.ts";
import { find, found, pathOf, walk } from "./walk.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** The absolute path that `path` resolves to, without symbolic links. */
export function realPath(fs: FileSystem, caller: Caller, path: string): string {
  let at = path;
  for (let links = 0; links <= SYMLINKS_MAX; links++) {
    const place = walk(fs.root, caller, at, "follow-slash");
    const inode = found(place);
    const parent = pathOf(fs.root, place.parent);
    const here = parent === "/" ? `/${place.name}` : `${parent}/${place.name}`;
    if (isDirectory(inode)) return pathOf(fs.root, inode);
    const followed = find(fs.root, caller, here, true);
    if (followed === inode) return here;
    const target = readlink(fs, caller, here);
    at = target.startsWith("/") ? target : `${parent}/${target}`;
    if (at.length >= PATH_MAX) fail("ENAMETOOLONG");
    if (isDirectory(followed)) return pathOf(fs.root, followed);
  }
  return fail("ELOOP");
}

/** Makes a directory named `prefix` and six random letters; returns its path. */
export function makeTemporaryDirectory(
  fs: FileSystem,
  caller: Caller,
  prefix: string,
  prng: Prng,
): string {
  for (;;) {
    let path = prefix;
    for (let i = 0; i < 6; i++) path += LETTERS[prng.below(LETTERS.length)];
    if (walk(fs.root, caller, path, "keep").inode !== undefined) continue;
    mkdir(fs, caller, path, 0o700);
    return path;
  }
}

/** Copies a file's bytes and mode, as `uv_fs_copyfile` does. */
export function copyFile(
  fs: FileSystem,
  caller: Caller,
  from: string,
  to: string,
  options: { readonly exclusive: boolean; readonly cloneOnly: boolean },
): void {
  const source = open(fs, caller, from, O_RDONLY, 0);
  try {
    const flags = O_WRONLY | O_CREAT | (options.exclusive ? O_EXCL : 0);
    const target = open(fs, caller, to, flags, source.inode.mode & 0o7777);
    try {
      if (target.inode === source.inode) return;
      // ext4 can not share blocks between files.
      if (options.cloneOnly) fail("ENOTSUP");
      copyBytes(fs, caller, source, target);
    } catch (error) {
      unlink(fs, caller, to);
      throw error;
    } finally {
      target.release();
    }
  } finally {
    source.release();
  }
}

const COPY_BYTES = 1_048_576;

function copyBytes(fs: FileSystem, caller: Caller, source: OpenFile, target: OpenFile): void {
  if (isDirectory(source.inode)) fail("EISDIR");
  if (!(target.inode instanceof FileNode)) return;
  truncateFile(fs, caller, target.inode, target.entry, 0);
  target.inode.mode = (target.inode.mode & ~0o7777) | (source.inode.mode & 0o7777);
  const { size } = status(source.inode);
  const buffer = new Uint8Array(Math.min(COPY_BYTES, Math.max(size, 1)));
  for (;;) {
    const count = read(source, caller, buffer, -1);
    if (count === 0) return;
    writeFully(target, caller, buffer.subarray(0, count));
  }
}

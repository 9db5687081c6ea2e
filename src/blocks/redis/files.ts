/** Writes files so that a crash leaves either the old or the new content, and never a mixture. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync, join } from "./host.ts";

/** Writes all bytes of a byte string to an open file. */
export function writeAll(fd: number, bytes: string): void {
  const buffer = Buffer.from(bytes, "latin1");
  let at = 0;
  while (at < buffer.length) at += writeSync(fd, buffer, at);
}

/** Makes a folder's entries durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file atomically: it is written under another name, synced, renamed, and its folder is
 * synced.
 */
export function replaceFile(folder: string, name: string, bytes: string): void {
  const temporary = join(folder, `temp-${process.pid}-${name}`);
  const fd = openSync(temporary, "w");
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, join(folder, name));
  syncFolder(folder);
}

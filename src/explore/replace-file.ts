/** Writes a file whole or not at all. */
import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Replaces the file at `path`. If the disk is full, the previous file is kept rather than replaced with an
 * incomplete one. Throws Node's own errors.
 */
export function replaceFile(path: string, data: string | Uint8Array): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, data);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Reads a file that a user named, unpacked if it is packed; what goes wrong is one clear message. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { LightconeError, messageOf } from "../base/errors.ts";

/** The bytes of `path`. Throws `LC_NO_FILE` or `LC_BAD_HISTORY`. */
export function readFileBytes(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : messageOf(error);
    throw new LightconeError("LC_NO_FILE", `${path}: ${why}`);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new LightconeError(
      "LC_BAD_HISTORY",
      `${path}:1:1: cannot be unpacked: ${messageOf(error)}`,
      "Is the .gz file truncated?",
    );
  }
}

/**
 * Gives back what the last file's check held: a budget in memory is of the whole process, and the next
 * file should not pay for the one before.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}

/**
 * Reads a file that a user named, decompressing it if necessary, within a budget: a small compressed file
 * can expand to more than the available memory. Errors are reported as one clear message.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createGunzip } from "node:zlib";
import { LightconeError, messageOf } from "../base/errors.ts";
import { BudgetSpent, formatBytes, type Budget } from "../check/budget.ts";

/** The number of bytes read or decompressed between polls of the budget. */
const pieceBytes = 1 << 20;

/** The bytes of `path`. Throws `LC_NO_FILE` or `LC_BAD_HISTORY`, and `BudgetSpent`. */
export async function readFileBytes(path: string, budget: Budget): Promise<Uint8Array> {
  const bytes = readWhole(path, budget);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(path, bytes, budget) : bytes;
}

/** Collects bytes that arrive in pieces into one array that grows as far as the budget allows. */
class Gathered {
  readonly #budget: Budget;
  #bytes: Uint8Array;
  length = 0;

  /** `expected`: the probable total number of bytes. */
  constructor(budget: Budget, expected: number) {
    this.#budget = budget;
    this.#bytes = this.#allocate(expected);
  }

  /** Returns space for `count` more bytes. */
  room(count: number): Uint8Array {
    this.#budget.demandNow();
    if (this.length + count > this.#bytes.length) {
      const bytes = this.#allocate(Math.max(this.length + count, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, this.length));
      this.#bytes = bytes;
    }
    return this.#bytes.subarray(this.length, this.length + count);
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #allocate(count: number): Uint8Array {
    if (!this.#budget.grant(count)) {
      const limit = formatBytes(this.#budget.memoryBytes);
      const needed = formatBytes(count);
      throw new BudgetSpent(`the memory budget of ${limit} does not hold ${needed} more, needed`);
    }
    return new Uint8Array(count);
  }
}

function readWhole(path: string, budget: Budget): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    // One extra byte, so that the end of a file is detected without growing.
    const gathered = new Gathered(budget, Math.max(size + 1, 1024));
    for (;;) {
      const room = gathered.room(Math.min(pieceBytes, Math.max(1, size + 1 - gathered.length)));
      const count = readSync(file, room);
      if (count === 0) return gathered.finish();
      gathered.length += count;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof BudgetSpent) throw error;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : messageOf(error);
    throw new LightconeError("LC_NO_FILE", `${path}: ${why}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function unpack(path: string, packed: Uint8Array, budget: Budget): Promise<Uint8Array> {
  // A gzip file ends with the uncompressed length, modulo 2^32, unless it is damaged.
  const { byteOffset, length } = packed;
  const told = length < 8 ? 0 : new DataView(packed.buffer, byteOffset).getUint32(length - 4, true);
  const gathered = new Gathered(budget, Math.min(told, length * 16) + 1024);
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  gunzip.end(packed);
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      gathered.room(piece.length).set(piece);
      gathered.length += piece.length;
    }
  } catch (error) {
    if (error instanceof BudgetSpent) throw error;
    throw new LightconeError(
      "LC_BAD_HISTORY",
      `${path}:1:1: cannot be unpacked: ${messageOf(error)}`,
      "Is the .gz file truncated?",
    );
  } finally {
    gunzip.destroy();
  }
  return gathered.finish();
}

/**
 * Frees the memory of the last file's check. A memory budget applies to the whole process, and the next
 * file should not pay for the previous one.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}

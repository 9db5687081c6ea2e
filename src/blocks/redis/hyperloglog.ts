/**
 * HyperLogLog: estimates the number of distinct elements in at most 12 kB (hyperloglog.c of Redis,
 * which follows Flajolet et al. 2007 with the estimator of Ertl 2017). The byte format is Redis's:
 * run-length encoded registers while the sketch is sparse, then six bits per register.
 */

const HEADER_BYTES = 16;
const REGISTERS = 16_384;
const INDEX_BITS = 14n;
const VALUE_BITS = 50;
const DENSE = 0;
const SPARSE = 1;
const DENSE_BYTES = HEADER_BYTES + (REGISTERS * 6) / 8;
const SPARSE_VALUE_MAX = 32;
const ZERO_RUN_MAX = 64;
const ALPHA = 0.7213475204444817;

/** Thrown if the bytes are not a valid HyperLogLog. */
export class CorruptSketchError extends Error {}

const MASK = (1n << 64n) - 1n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SEED = 0xadc83b19n;

/** MurmurHash2 in its 64-bit form (Appleby). */
function hash64(text: string): bigint {
  const bytes = Buffer.from(text, "latin1");
  let hash = SEED ^ ((BigInt(bytes.length) * MULTIPLIER) & MASK);
  const whole = bytes.length & ~7;
  for (let at = 0; at < whole; at += 8) {
    let block = (bytes.readBigUInt64LE(at) * MULTIPLIER) & MASK;
    block ^= block >> 47n;
    block = (block * MULTIPLIER) & MASK;
    hash = ((hash ^ block) * MULTIPLIER) & MASK;
  }
  if (whole < bytes.length) {
    let rest = 0n;
    for (let at = bytes.length - 1; at >= whole; at--)
      rest = rest * 256n + BigInt(bytes[at] as number);
    hash = ((hash ^ rest) * MULTIPLIER) & MASK;
  }
  hash ^= hash >> 47n;
  hash = (hash * MULTIPLIER) & MASK;
  return hash ^ (hash >> 47n);
}

/** Returns the register of an element, and the minimum value that the element sets it to. */
function placeOf(element: string): { index: number; value: number } {
  const hash = hash64(element);
  let rest = hash >> INDEX_BITS;
  let value = 1;
  while (value <= VALUE_BITS && (rest & 1n) === 0n) {
    value++;
    rest >>= 1n;
  }
  return { index: Number(hash & (BigInt(REGISTERS) - 1n)), value };
}

/** Returns an empty sketch. */
export function emptySketch(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 2);
  bytes.write("HYLL", "latin1");
  bytes[4] = SPARSE;
  bytes[HEADER_BYTES] = 0x40 | ((REGISTERS - 1) >> 8);
  bytes[HEADER_BYTES + 1] = (REGISTERS - 1) & 0xff;
  return bytes;
}

/** Whether bytes look like a sketch. */
export function isSketch(bytes: Buffer, length: number): boolean {
  if (length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "HYLL") return false;
  const encoding = bytes[4] as number;
  return encoding === SPARSE || (encoding === DENSE && length === DENSE_BYTES);
}

export function isDense(bytes: Buffer): boolean {
  return bytes[4] === DENSE;
}

/** A run of registers with the same value. */
interface Run {
  readonly at: number;
  readonly size: number;
  readonly value: number;
  readonly count: number;
}

function runAt(bytes: Buffer, at: number): Run {
  const first = bytes[at] as number;
  if ((first & 0x80) !== 0) {
    return { at, size: 1, value: ((first >> 2) & 31) + 1, count: (first & 3) + 1 };
  }
  if ((first & 0x40) === 0) return { at, size: 1, value: 0, count: (first & 63) + 1 };
  return { at, size: 2, value: 0, count: (((first & 63) << 8) | (bytes[at + 1] ?? 0)) + 1 };
}

function readDense(bytes: Buffer, index: number): number {
  const bit = index * 6;
  const at = HEADER_BYTES + (bit >> 3);
  const pair = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
  return (pair >> (bit & 7)) & 63;
}

function writeDense(bytes: Buffer, index: number, value: number): void {
  const bit = index * 6;
  const at = HEADER_BYTES + (bit >> 3);
  const shift = bit & 7;
  const pair = (bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8);
  const changed = (pair & ~(63 << shift)) | (value << shift);
  bytes[at] = changed & 0xff;
  if (at + 1 < bytes.length) bytes[at + 1] = changed >> 8;
}

/** Returns the values of all registers. Throws {@link CorruptSketchError}. */
export function registersOf(bytes: Buffer, length: number): Uint8Array {
  const registers = new Uint8Array(REGISTERS);
  if (isDense(bytes)) {
    for (let index = 0; index < REGISTERS; index++) registers[index] = readDense(bytes, index);
    return registers;
  }
  let index = 0;
  for (let at = HEADER_BYTES; at < length;) {
    const { size, value, count } = runAt(bytes, at);
    if (index + count > REGISTERS) throw new CorruptSketchError();
    registers.fill(value, index, index + count);
    index += count;
    at += size;
  }
  if (index !== REGISTERS) throw new CorruptSketchError();
  return registers;
}

/** Converts a sketch to six bits per register. */
export function toDense(bytes: Buffer, length: number): Buffer {
  const registers = registersOf(bytes, length);
  const dense = Buffer.alloc(DENSE_BYTES);
  bytes.copy(dense, 0, 0, HEADER_BYTES);
  dense[4] = DENSE;
  registers.forEach((value, index) => writeDense(dense, index, value));
  return dense;
}

function zeroRun(count: number): number[] {
  if (count <= ZERO_RUN_MAX) return [count - 1];
  return [0x40 | ((count - 1) >> 8), (count - 1) & 0xff];
}

function valueRun(value: number, count: number): number {
  return 0x80 | ((value - 1) << 2) | (count - 1);
}

/**
 * The result of changing a sketch: its bytes, which may be a new buffer, and whether it changed.
 */
export interface Raised {
  readonly bytes: Buffer;
  readonly changed: boolean;
}

/** Raises a register to at least `value`. */
export function raise(bytes: Buffer, index: number, value: number, sparseBytesMax: number): Raised {
  if (isDense(bytes)) {
    if (readDense(bytes, index) >= value) return { bytes, changed: false };
    writeDense(bytes, index, value);
    return { bytes, changed: true };
  }
  if (value > SPARSE_VALUE_MAX) return promote(bytes, index, value);
  let first = 0;
  let previous: number | undefined;
  let at = HEADER_BYTES;
  let run: Run | undefined;
  while (at < bytes.length) {
    run = runAt(bytes, at);
    if (index < first + run.count) break;
    previous = at;
    at += run.size;
    first += run.count;
  }
  if (run === undefined || at >= bytes.length) throw new CorruptSketchError();
  if (run.value >= value) return { bytes, changed: false };
  const last = first + run.count - 1;
  const before = run.value;
  const part = (count: number): number[] =>
    count === 0 ? [] : before === 0 ? zeroRun(count) : [valueRun(before, count)];
  const fresh = [...part(index - first), valueRun(value, 1), ...part(last - index)];
  const grown = fresh.length - run.size;
  if (grown > 0 && bytes.length + grown > sparseBytesMax) return promote(bytes, index, value);
  const spliced = Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(fresh),
    bytes.subarray(at + run.size),
  ]);
  return { bytes: merged(spliced, previous ?? HEADER_BYTES), changed: true };
}

/** Merges neighbouring runs of the same value among the five starting at `from`. */
function merged(bytes: Buffer, from: number): Buffer {
  let at = from;
  let end = bytes.length;
  for (let left = 5; left > 0 && at < end; left--) {
    const run = runAt(bytes, at);
    if (run.value === 0) {
      at += run.size;
      continue;
    }
    const next = at + 1 < end ? runAt(bytes, at + 1) : undefined;
    if (next !== undefined && next.value === run.value && run.count + next.count <= 4) {
      bytes[at] = valueRun(run.value, run.count + next.count);
      bytes.copyWithin(at + 1, at + 2, end);
      end--;
      continue;
    }
    at++;
  }
  return bytes.subarray(0, end);
}

function promote(bytes: Buffer, index: number, value: number): Raised {
  const dense = toDense(bytes, bytes.length);
  const changed = readDense(dense, index) < value;
  if (changed) writeDense(dense, index, value);
  return { bytes: dense, changed };
}

/** Adds an element. */
export function addElement(bytes: Buffer, element: string, sparseBytesMax: number): Raised {
  const { index, value } = placeOf(element);
  return raise(bytes, index, value, sparseBytesMax);
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (;;) {
    x *= x;
    const before = z;
    z += x * y;
    y += y;
    if (before === z) return z;
  }
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (;;) {
    x = Math.sqrt(x);
    const before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
    if (before === z) return z / 3;
  }
}

/** Returns the estimated number of elements for the registers. */
export function cardinality(registers: Uint8Array): number {
  const histogram = new Int32Array(64);
  for (let index = 0; index < REGISTERS; index++) {
    const value = registers[index] as number;
    histogram[value] = (histogram[value] as number) + 1;
  }
  const of = (value: number): number => histogram[value] as number;
  let z = REGISTERS * tau((REGISTERS - of(VALUE_BITS + 1)) / REGISTERS);
  for (let value = VALUE_BITS; value >= 1; value--) z = (z + of(value)) * 0.5;
  z += REGISTERS * sigma(of(0) / REGISTERS);
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z);
}

/** Returns the cardinality cached in the header, or undefined if it is out of date. */
export function cachedCardinality(bytes: Buffer): bigint | undefined {
  return ((bytes[15] as number) & 0x80) === 0 ? bytes.readBigUInt64LE(8) : undefined;
}

export function rememberCardinality(bytes: Buffer, count: number): void {
  bytes.writeBigUInt64LE(BigInt(count), 8);
}

export function forgetCardinality(bytes: Buffer): void {
  bytes[15] = (bytes[15] as number) | 0x80;
}

/** Returns the runs of a sparse sketch, as PFDEBUG DECODE shows them. */
export function describeRuns(bytes: Buffer): string {
  const words: string[] = [];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const { size, value, count } = runAt(bytes, at);
    if (value > 0) words.push(`v:${value},${count}`);
    else words.push(`${size === 1 ? "z" : "Z"}:${count}`);
    at += size;
  }
  return words.join(" ");
}

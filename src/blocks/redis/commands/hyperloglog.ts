/** PFADD, PFCOUNT, PFMERGE: approximate counts of distinct elements. */
import { OK, type Reply, RespError, Status } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err } from "../errors.ts";
import {
  addElement,
  cachedCardinality,
  cardinality,
  CorruptSketchError,
  describeRuns,
  emptySketch,
  forgetCardinality,
  isDense,
  isSketch,
  raise,
  registersOf,
  rememberCardinality,
  toDense,
} from "../hyperloglog.ts";
import { StringValue } from "../values/string.ts";

const NOT_A_SKETCH = new RespError("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT = new RespError("INVALIDOBJ Corrupted HLL object detected");

/** Runs code that reads a sketch. A corrupt sketch becomes an error reply. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CorruptSketchError) throw CORRUPT;
    throw error;
  }
}

/** Returns the bytes of the sketch at a key, or undefined if there is no key. */
function sketchAt(client: Client, key: string): { value: StringValue; bytes: Buffer } | undefined {
  const value = client.db.get(StringValue, key);
  if (value === undefined) return undefined;
  const { bytes, length } = value.peek();
  if (!isSketch(bytes, length)) throw NOT_A_SKETCH;
  // A value that is stored as bytes may have spare capacity at its end and may be changed in place.
  return { value, bytes: isDense(bytes) ? value.grow(length) : bytes.subarray(0, length) };
}

/** Stores the bytes, unless they belong to a dense sketch that was changed in place. */
function keep(value: StringValue, bytes: Buffer, own?: Buffer): void {
  if (bytes === own && isDense(bytes)) return;
  value.text = bytes.toString("latin1");
  value.left = "raw";
}

function pfadd(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const found = sketchAt(client, key);
  const value = found?.value ?? new StringValue("");
  let bytes = found?.bytes ?? emptySketch();
  const limit = server.config.number("hll-sparse-max-bytes");
  let changed = found === undefined;
  guarded(() => {
    for (const element of args.slice(2)) {
      const raised = addElement(bytes, element, limit);
      bytes = raised.bytes;
      if (raised.changed) changed = true;
    }
  });
  if (!changed) return 0;
  if (args.length > 2) forgetCardinality(bytes);
  else if (found === undefined) forgetCardinality(bytes);
  keep(value, bytes, found?.bytes);
  if (found === undefined) db.put(key, value);
  else db.changed(key);
  server.notify("$", "pfadd", key, db);
  return 1;
}

/** Returns the maximum of each register over several sketches, and whether one of them is dense. */
function union(client: Client, keys: readonly string[]): { registers: Uint8Array; dense: boolean } {
  const registers = new Uint8Array(16_384);
  let dense = false;
  for (const key of keys) {
    const found = sketchAt(client, key);
    if (found === undefined) continue;
    if (isDense(found.bytes)) dense = true;
    const own = guarded(() => registersOf(found.bytes, found.bytes.length));
    for (let index = 0; index < own.length; index++) {
      const value = own[index] as number;
      if (value > (registers[index] as number)) registers[index] = value;
    }
  }
  return { registers, dense };
}

function pfcount(client: Client, args: string[]): Reply {
  if (args.length > 2) return cardinality(union(client, args.slice(1)).registers);
  const key = args[1] as string;
  const found = sketchAt(client, key);
  if (found === undefined) return 0;
  const { value, bytes } = found;
  const cached = cachedCardinality(bytes);
  if (cached !== undefined) return cached;
  const count = guarded(() => cardinality(registersOf(bytes, bytes.length)));
  rememberCardinality(bytes, count);
  keep(value, bytes, bytes);
  client.db.changed(key);
  return count;
}

function pfmerge(client: Client, args: string[]): Reply {
  const { db, server } = client;
  const key = args[1] as string;
  const { registers, dense } = union(client, args.slice(1));
  const found = sketchAt(client, key);
  const value = found?.value ?? new StringValue("");
  let bytes = found?.bytes ?? emptySketch();
  if (dense && !isDense(bytes)) bytes = guarded(() => toDense(bytes, bytes.length));
  const limit = server.config.number("hll-sparse-max-bytes");
  registers.forEach((register, index) => {
    if (register > 0) bytes = raise(bytes, index, register, limit).bytes;
  });
  forgetCardinality(bytes);
  keep(value, bytes, found?.bytes);
  if (found === undefined) db.put(key, value);
  else db.changed(key);
  server.notify("$", "pfadd", key, db);
  return OK;
}

function pfdebug(client: Client, args: string[]): Reply {
  const word = (args[1] as string).toLowerCase();
  const key = args[2] as string;
  const found = sketchAt(client, key);
  if (found === undefined) throw err("The specified key does not exist");
  const { value, bytes } = found;
  if (args.length !== 3) {
    throw err(`Wrong number of arguments for the '${args[1] as string}' subcommand`);
  }
  switch (word) {
    case "getreg":
      makeDense(client, value, bytes);
      return Array.from(guarded(() => registersOf(bytes, bytes.length)));
    case "decode":
      if (isDense(bytes)) throw err("HLL encoding is not sparse");
      return describeRuns(bytes);
    case "encoding":
      return new Status(isDense(bytes) ? "dense" : "sparse");
    case "todense":
      return makeDense(client, value, bytes) ? 1 : 0;
    default:
      throw err(`Unknown PFDEBUG subcommand '${args[1] as string}'`);
  }
}

function makeDense({ server }: Client, value: StringValue, bytes: Buffer): boolean {
  if (isDense(bytes)) return false;
  keep(
    value,
    guarded(() => toDense(bytes, bytes.length)),
  );
  server.dirty++;
  return true;
}

/** Redis's own self-test of the estimate, with fewer elements. */
function selfTest({ server }: Client): Reply {
  const limit = server.config.number("hll-sparse-max-bytes");
  let bytes = emptySketch();
  const start = Math.floor(Math.random() * 2 ** 31);
  for (let count = 1, checkpoint = 1; count <= 10_000; count++) {
    bytes = addElement(bytes, `${start}:${count}`, limit).bytes;
    if (count !== checkpoint) continue;
    const estimate = cardinality(registersOf(bytes, bytes.length));
    const allowed = count === 10 ? 1 : Math.ceil((1.04 / 128) * 6 * count);
    if (Math.abs(estimate - count) > allowed) {
      throw err(`TESTFAILED Too big error. card:${count} abserr:${Math.abs(estimate - count)}`);
    }
    checkpoint *= 10;
  }
  return OK;
}

export const hyperloglog: CommandTable = {
  pfadd: [pfadd, -2, "wmF", 1, 1, 1],
  pfcount: [pfcount, -2, "rP", 1, -1, 1],
  pfmerge: [pfmerge, -2, "wm", 1, -1, 1],
  pfdebug: [pfdebug, 3, "wma", 2, 2, 1],
  pfselftest: [selfTest, 1, "a"],
};

/**
 * Reads and writes whole RDB files: every database, its keys and their expiry times, and the
 * libraries of functions (rdb.c).
 */
import type { Database } from "../database.ts";
import type { Server } from "../server.ts";
import { ByteReader, CorruptError, littleEndian64 } from "./bytes.ts";
import { crc64 } from "./crc64.ts";
import { loadValue } from "./load-value.ts";
import { saveValue, type SaveOptions } from "./save-value.ts";
import { encodeLength, encodeString, readLength, readString } from "./strings.ts";
import { OPCODE, RDB_VERSION } from "./types.ts";

/** Returns the encoding options for values, from the server's settings. */
export function saveOptions(server: Server): SaveOptions {
  return { compressing: server.config.flag("rdbcompression"), limits: server.config.limits };
}

function mark(opcode: number): string {
  return String.fromCharCode(opcode);
}

function auxiliary(name: string, value: string): string {
  return mark(OPCODE.auxiliary) + encodeString(name, false) + encodeString(value, false);
}

/** Encodes the libraries of functions, as stored in a file and in FUNCTION DUMP. */
export function saveFunctions(server: Server): string {
  const libraries = [...(server.scripts?.functions.libraries.values() ?? [])];
  return libraries.map(({ code }) => mark(OPCODE.functions) + encodeString(code, true)).join("");
}

function saveDatabase(database: Database, options: SaveOptions): string {
  const { server } = database;
  const lfu = server.config.get("maxmemory-policy").endsWith("lfu");
  const parts = [
    mark(OPCODE.database) + encodeLength(database.index),
    mark(OPCODE.resize) + encodeLength(database.keys.size) + encodeLength(database.expiring),
  ];
  for (const { key, value } of database.keys.slots()) {
    if (value.expireAtMs !== Infinity) {
      parts.push(mark(OPCODE.expireMs) + littleEndian64(BigInt(Math.floor(value.expireAtMs))));
    }
    if (lfu) parts.push(mark(OPCODE.frequency) + String.fromCharCode(value.frequency));
    const body = saveValue(value, options);
    parts.push(body.slice(0, 1) + encodeString(key, options.compressing) + body.slice(1));
  }
  return parts.join("");
}

/** Encodes the whole dataset as an RDB file. `base` is true for the base of an append-only file. */
export function saveAll(server: Server, base = false): string {
  const options = saveOptions(server);
  const body = [
    `REDIS${String(RDB_VERSION).padStart(4, "0")}`,
    auxiliary("redis-ver", server.config.version),
    auxiliary("redis-bits", "64"),
    auxiliary("ctime", String(Math.floor(server.nowMs / 1_000))),
    auxiliary("used-mem", String(server.memory.used())),
    auxiliary("aof-base", base ? "1" : "0"),
    saveFunctions(server),
    ...server.databases
      .filter((database) => database.keys.size > 0)
      .map((database) => saveDatabase(database, options)),
    mark(OPCODE.end),
  ].join("");
  return body + (server.config.flag("rdbchecksum") ? crc64(body) : "\0".repeat(8));
}

/** Whether the bytes are an RDB file, or start with one. */
export function isRdb(bytes: string): boolean {
  return bytes.startsWith("REDIS");
}

/**
 * Adds the contents of an RDB file to the server's databases. Returns the offset of its end. With
 * `merge`, existing keys are replaced. Without it, they count as corruption.
 *
 * Throws {@link CorruptError} if it is not a valid RDB file.
 */
export function loadAll(server: Server, bytes: string, merge = false): number {
  const reader = new ByteReader(bytes);
  const version = Number(/^REDIS([0-9]{4})$/.exec(reader.take(9))?.[1]);
  if (!(version >= 1 && version <= RDB_VERSION)) throw new CorruptError("it is no RDB file");
  let database = server.databases[0] as Database;
  let expireAtMs = Infinity;
  let frequency: number | undefined;
  let idleSeconds = 0;
  for (;;) {
    const opcode = reader.byte();
    if (opcode === OPCODE.end) break;
    if (opcode === OPCODE.expireMs) expireAtMs = Number(reader.signed64());
    else if (opcode === OPCODE.expireSeconds) expireAtMs = reader.signed(4) * 1_000;
    else if (opcode === OPCODE.frequency) frequency = reader.byte();
    else if (opcode === OPCODE.idle) idleSeconds = readLength(reader);
    else if (opcode === OPCODE.database) {
      const chosen = server.databases[readLength(reader)];
      if (!chosen) throw new CorruptError("it holds more databases than the server has");
      database = chosen;
    } else if (opcode === OPCODE.resize) {
      readLength(reader);
      readLength(reader);
    } else if (opcode === OPCODE.auxiliary) {
      readString(reader);
      readString(reader);
    } else if (opcode === OPCODE.functions) {
      server.loadLibrary(readString(reader), merge);
    } else {
      const key = readString(reader);
      const value = loadValue(String.fromCharCode(opcode), reader, server.config.limits);
      value.expireAtMs = expireAtMs;
      if (expireAtMs > server.nowMs) {
        if (!merge && database.keys.has(key))
          throw new CorruptError(`the key ${key} is there twice`);
        database.restore(key, value);
        value.touchedMs = server.nowMs - idleSeconds * 1_000;
        value.frequency = frequency ?? value.frequency;
      }
      expireAtMs = Infinity;
      frequency = undefined;
      idleSeconds = 0;
    }
  }
  if (version < 5) return reader.at;
  const sum = crc64(bytes, reader.at);
  const given = reader.take(8);
  if (given !== sum && given !== "\0".repeat(8)) throw new CorruptError("its checksum is wrong");
  return reader.at;
}

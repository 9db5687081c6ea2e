/** The markers in an RDB file: types of values, and the opcodes between values. */

/** The version that Redis 7.0 writes. */
export const RDB_VERSION = 10;

/** Types of values, as the byte before each value. */
export const TYPE = {
  string: "\x00",
  list: "\x01",
  set: "\x02",
  zset: "\x03",
  hash: "\x04",
  zset2: "\x05",
  hashZipmap: "\x09",
  listZiplist: "\x0a",
  intset: "\x0b",
  zsetZiplist: "\x0c",
  hashZiplist: "\x0d",
  quicklist: "\x0e",
  stream: "\x0f",
  hashListpack: "\x10",
  zsetListpack: "\x11",
  quicklist2: "\x12",
  stream2: "\x13",
} as const;

/**
 * Opcodes for everything that is not a value: metadata, the expiry of the next key, the end of the
 * file.
 */
export const OPCODE = {
  functions: 245,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  auxiliary: 250,
  resize: 251,
  expireMs: 252,
  expireSeconds: 253,
  database: 254,
  end: 255,
} as const;

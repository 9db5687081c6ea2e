/**
 * Digests of values and datasets, as DEBUG DIGEST computes them (debug.c). Equal data has equal
 * digests.
 */
import { createHash } from "./host.ts";
import { formatG } from "../../wire/index.ts";
import type { Database } from "./database.ts";
import type { Server } from "./server.ts";
import { HashValue } from "./values/hash.ts";
import { ListValue } from "./values/list.ts";
import { SetValue } from "./values/set.ts";
import { millisecondsOf, sequenceOf } from "./values/stream-id.ts";
import { StreamValue } from "./values/stream.ts";
import { StringValue } from "./values/string.ts";
import type { Value } from "./values/value.ts";
import { ZSetValue } from "./values/zset.ts";

const TYPES: Readonly<Record<string, number>> = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  stream: 6,
};

function sha1(bytes: Buffer): Buffer {
  return createHash("sha1").update(bytes).digest();
}

class Digest {
  #bytes: Buffer = Buffer.alloc(20);

  /** Adds data whose order does not matter. */
  xor(data: string | Buffer): this {
    const hash = sha1(typeof data === "string" ? Buffer.from(data, "latin1") : data);
    for (let at = 0; at < 20; at++)
      this.#bytes[at] = (this.#bytes[at] as number) ^ (hash[at] as number);
    return this;
  }

  /** Adds data whose order matters. */
  mix(data: string | Buffer): this {
    this.xor(data);
    this.#bytes = sha1(this.#bytes);
    return this;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function scoreText(score: number): string {
  if (Number.isFinite(score)) return formatG(score, 17);
  return score > 0 ? "inf" : "-inf";
}

function addValue(digest: Digest, value: Value): void {
  digest.mix(number32(TYPES[value.type] as number));
  if (value instanceof StringValue) digest.mix(value.text);
  else if (value instanceof ListValue) for (const item of value.items()) digest.mix(item);
  else if (value instanceof SetValue) for (const member of value.list()) digest.xor(member);
  else if (value instanceof ZSetValue) {
    for (const { member, score } of value.all()) {
      digest.xor(new Digest().mix(member).mix(scoreText(score)).bytes);
    }
  } else if (value instanceof HashValue) {
    for (const { key, value: text } of value.fields.slots()) {
      digest.xor(new Digest().mix(key).mix(text).bytes);
    }
  } else if (value instanceof StreamValue) {
    for (const { id, fields } of value.range(0n, value.lastId)) {
      digest.mix(`${millisecondsOf(id)}.${sequenceOf(id)}`);
      for (const text of fields) digest.mix(text);
    }
  }
  if (value.expireAtMs !== Infinity) digest.xor("!!expire!!");
}

/** Returns the digest of one value, in hexadecimal, or all zeros if there is none. */
export function digestOfValue(database: Database, key: string): string {
  const digest = new Digest();
  const value = database.keys.get(key);
  if (value) addValue(digest, value);
  return digest.bytes.toString("hex");
}

/** Returns the digest of all databases. */
export function digestOfAll(server: Server): string {
  const all = new Digest();
  for (const database of server.databases) {
    if (database.keys.size === 0) continue;
    all.mix(number32(database.index));
    for (const { key, value } of database.keys.slots()) {
      const digest = new Digest().mix(key);
      addValue(digest, value);
      all.xor(digest.bytes);
    }
  }
  return all.bytes.toString("hex");
}

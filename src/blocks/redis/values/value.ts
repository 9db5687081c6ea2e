/** The common base of all values in the keyspace. */

/** The name that TYPE returns. */
export type TypeName = "string" | "list" | "hash" | "set" | "zset" | "stream";

export abstract class Value {
  abstract readonly type: TypeName;
  /**
   * Wall-clock time at which the key expires, in milliseconds since 1970. Infinity if it does not
   * expire.
   */
  expireAtMs: number = Infinity;
  /** Wall-clock time of the last access, for OBJECT IDLETIME. */
  touchedMs: number = 0;
  /** How often the key is used, on Redis's scale of 0 to 255. Counted only under an LFU policy. */
  frequency: number = 5;
  /** Wall-clock time at which `frequency` was last updated, in milliseconds since 1970. */
  countedMs: number = 0;
  /**
   * The size of this value as counted in the total, in bytes. Used only while there is a memory
   * limit.
   */
  accountedBytes: number = 0;
  /** Returns the encoding for OBJECT ENCODING. */
  abstract encoding(): string;
  /** Returns approximately how many bytes Redis would use, for MEMORY USAGE. */
  abstract bytes(): number;
  /** Returns a deep copy without the expiry. */
  abstract copy(): Value;
}

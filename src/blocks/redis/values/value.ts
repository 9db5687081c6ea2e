/** What every value of the keyspace has in common. */

/** The name that TYPE gives. */
export type TypeName = "string" | "list" | "hash" | "set" | "zset" | "stream";

export abstract class Value {
  abstract readonly type: TypeName;
  /** Wall-clock time at which the key dies, in milliseconds since 1970; Infinity when it does not. */
  expireAtMs: number = Infinity;
  /** Wall-clock time of the last access, for OBJECT IDLETIME. */
  touchedMs: number = 0;
  /** How often the key is used, on Redis's scale of 0 to 255; counted only under an LFU policy. */
  frequency: number = 5;
  /** Wall-clock time at which `frequency` was right. */
  countedMs: number = 0;
  /** The bytes that this value has in the sum of all, while there is a limit. */
  accountedBytes: number = 0;
  /** What OBJECT ENCODING says. */
  abstract encoding(): string;
  /** About how many bytes Redis would use, for MEMORY USAGE. */
  abstract bytes(): number;
  /** A deep copy without the expiry. */
  abstract copy(): Value;
}

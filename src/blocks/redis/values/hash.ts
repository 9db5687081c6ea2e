/** Hashes. A small one keeps its order, like Redis's listpack. A large one is a table. */
import { Dict } from "../dict.ts";
import type { Limits } from "../config.ts";
import { Value } from "./value.ts";

export class HashValue extends Value {
  readonly type = "hash" as const;
  readonly fields: Dict<string> = new Dict();
  /** True once a hash has outgrown the compact encoding. It never returns to it. */
  large = false;

  get size(): number {
    return this.fields.size;
  }

  /** Sets a field. Returns true if it is new. */
  set(field: string, value: string, limits: Limits): boolean {
    const fresh = this.fields.set(field, value);
    if (
      !this.large &&
      (this.fields.size > limits.hashEntries ||
        field.length > limits.hashValueBytes ||
        value.length > limits.hashValueBytes)
    ) {
      this.large = true;
    }
    return fresh;
  }

  delete(field: string): boolean {
    return this.large ? this.fields.delete(field) : this.fields.deleteInOrder(field);
  }

  encoding(): string {
    return this.large ? "hashtable" : "listpack";
  }

  bytes(): number {
    return this.fields
      .slots()
      .reduce((sum, { key, value }) => sum + key.length + value.length + 16, 64);
  }

  copy(): HashValue {
    const copy = new HashValue();
    for (const { key, value } of this.fields.slots()) copy.fields.set(key, value);
    copy.large = this.large;
    return copy;
  }
}

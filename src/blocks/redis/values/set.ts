/** Sets. A small set of integers is listed in numeric order, like Redis's intset. */
import { Dict } from "../dict.ts";
import type { Limits } from "../config.ts";
import { integerOf } from "../numbers.ts";
import { Value } from "./value.ts";

export class SetValue extends Value {
  readonly type = "set" as const;
  readonly members: Dict<undefined> = new Dict();
  /** True while all members are 64-bit integers and the set is small. */
  integers = true;

  get size(): number {
    return this.members.size;
  }

  /** Adds a member. Returns true if it is new. */
  add(member: string, limits: Limits): boolean {
    if (!this.members.set(member, undefined)) return false;
    if (
      this.integers &&
      (this.members.size > limits.intsetEntries || integerOf(member) === undefined)
    ) {
      this.integers = false;
    }
    return true;
  }

  delete(member: string): boolean {
    return this.members.delete(member);
  }

  has(member: string): boolean {
    return this.members.has(member);
  }

  /** Returns all members, in the order of Redis's intset if the set is one. */
  list(): string[] {
    const keys = this.members.keys();
    if (!this.integers) return keys;
    const parsed = keys.map((text) => ({ text, value: integerOf(text) as number | bigint }));
    parsed.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
    return parsed.map(({ text }) => text);
  }

  static of(members: Iterable<string>, limits: Limits): SetValue {
    const set = new SetValue();
    for (const member of members) set.add(member, limits);
    return set;
  }

  encoding(): string {
    return this.integers ? "intset" : "hashtable";
  }

  bytes(): number {
    return this.members.slots().reduce((sum, { key }) => sum + key.length + 24, 64);
  }

  copy(): SetValue {
    const copy = new SetValue();
    for (const key of this.members.keys()) copy.members.set(key, undefined);
    copy.integers = this.integers;
    return copy;
  }
}

/**
 * Lists: an array with spare capacity at both ends, so that access to both ends and to every index
 * has the same cost.
 */
import { Value } from "./value.ts";

const ROOM_MIN = 8;

export class ListValue extends Value {
  readonly type = "list" as const;
  /** The elements start at `#head`. Everything before it is spare capacity. */
  #items: string[] = [];
  #head = 0;

  static of(items: string[]): ListValue {
    const list = new ListValue();
    list.#items = items;
    return list;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Returns the element at an index from 0, or undefined if it is out of range. */
  at(index: number): string | undefined {
    return index < 0 ? undefined : this.#items[this.#head + index];
  }

  set(index: number, item: string): void {
    this.#items[this.#head + index] = item;
  }

  push(left: boolean, item: string): void {
    if (!left) {
      this.#items.push(item);
      return;
    }
    if (this.#head === 0) {
      const room = Math.max(ROOM_MIN, this.#items.length);
      this.#items = [...Array.from({ length: room }, () => ""), ...this.#items];
      this.#head = room;
    }
    this.#items[--this.#head] = item;
  }

  /** Takes an element from one end. Returns undefined if the list is empty. */
  pop(left: boolean): string | undefined {
    if (this.length === 0) return undefined;
    if (!left) return this.#items.pop();
    const item = this.#items[this.#head] as string;
    this.#items[this.#head++] = "";
    if (this.#head > 64 && this.#head * 2 > this.#items.length) this.#compact();
    return item;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** Returns the elements from `start` to `end`, both included and both within the list. */
  range(start: number, end: number): string[] {
    return this.#items.slice(this.#head + start, this.#head + end + 1);
  }

  /** Keeps only the elements that {@link range} would return. */
  trim(start: number, end: number): void {
    this.#items = this.range(start, end);
    this.#head = 0;
  }

  insert(index: number, item: string): void {
    this.#items.splice(this.#head + index, 0, item);
  }

  /**
   * Removes up to `count` elements equal to `item`, from the left, or from the right if `fromRight`
   * is true.
   */
  remove(item: string, count: number, fromRight: boolean): number {
    const doomed = new Set<number>();
    const { length } = this;
    for (let i = 0; i < length && doomed.size < count; i++) {
      const index = fromRight ? length - 1 - i : i;
      if (this.at(index) === item) doomed.add(index);
    }
    if (doomed.size > 0) {
      this.#items = this.range(0, length - 1).filter((_, index) => !doomed.has(index));
      this.#head = 0;
    }
    return doomed.size;
  }

  items(): string[] {
    return this.range(0, this.length - 1);
  }

  encoding(): string {
    return "quicklist";
  }

  bytes(): number {
    return this.items().reduce((sum, item) => sum + item.length + 11, 80);
  }

  copy(): ListValue {
    return ListValue.of(this.items());
  }
}

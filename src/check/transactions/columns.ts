/** Growable columns: flat typed arrays, so that a million transactions need bytes and not objects. */

/** A growable column of 32-bit integers. */
export class IntColumn {
  /** The backing store; valid up to `length`. */
  data: Int32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.data = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow();
    this.data[this.length++] = value;
  }

  /** Returns a copy of exactly the required length. */
  finish(): Int32Array {
    return this.data.slice(0, this.length);
  }

  #grow(): void {
    const bigger = new Int32Array(this.data.length * 2);
    bigger.set(this.data);
    this.data = bigger;
  }
}

/** A growable column of bytes. */
export class ByteColumn {
  /** The backing store; valid up to `length`. */
  data: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.data = new Uint8Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const bigger = new Uint8Array(this.data.length * 2);
      bigger.set(this.data);
      this.data = bigger;
    }
    this.data[this.length++] = value;
  }

  /** Returns a copy of exactly the required length. */
  finish(): Uint8Array {
    return this.data.slice(0, this.length);
  }
}

/** A growable column of doubles: ranks of events, some of which are infinite. */
export class NumberColumn {
  /** The backing store; valid up to `length`. */
  data: Float64Array;
  length = 0;

  constructor(capacity = 1024) {
    this.data = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const bigger = new Float64Array(this.data.length * 2);
      bigger.set(this.data);
      this.data = bigger;
    }
    this.data[this.length++] = value;
  }

  /** Returns a copy of exactly the required length. */
  finish(): Float64Array {
    return this.data.slice(0, this.length);
  }
}

/** Adds one to `column[at]`. */
export function bump(column: Int32Array, at: number): void {
  column[at] = (column[at] as number) + 1;
}

/** Returns `column[at]` and then increments it. */
export function take(column: Int32Array, at: number): number {
  const value = column[at] as number;
  column[at] = value + 1;
  return value;
}

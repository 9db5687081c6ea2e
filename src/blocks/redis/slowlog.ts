/** The log of slow commands (slowlog.c). */

const ARGS_MAX = 32;
const ARG_BYTES_MAX = 128;

export interface SlowCommand {
  readonly id: number;
  readonly timeSeconds: number;
  readonly durationMicros: number;
  readonly args: readonly string[];
  readonly address: string;
  readonly name: string;
}

export class SlowLog {
  #entries: SlowCommand[] = [];
  #nextId = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** Returns the latest entries, at most `count`. */
  latest(count: number): readonly SlowCommand[] {
    return this.#entries.slice(0, count);
  }

  add(entry: Omit<SlowCommand, "id">, lengthMax: number): void {
    this.#entries.unshift({ ...entry, args: trimmed(entry.args), id: this.#nextId++ });
    if (this.#entries.length > lengthMax) this.#entries.length = lengthMax;
  }

  reset(): void {
    this.#entries = [];
  }
}

/** Shortens the arguments for the log: it limits their number and length. */
function trimmed(args: readonly string[]): string[] {
  const kept = args.length > ARGS_MAX ? args.slice(0, ARGS_MAX - 1) : args;
  const out = kept.map((arg) =>
    arg.length > ARG_BYTES_MAX
      ? `${arg.slice(0, ARG_BYTES_MAX)}... (${arg.length - ARG_BYTES_MAX} more bytes)`
      : arg,
  );
  if (args.length > ARGS_MAX) out.push(`... (${args.length - ARGS_MAX + 1} more arguments)`);
  return out;
}

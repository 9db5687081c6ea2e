/**
 * Limits on the time and memory of a check. Checking consistency is NP-complete, so every search polls its
 * budget and returns `unknown` with the reason once the budget is spent.
 */
import { parseDurationNs, type Duration } from "../base/units.ts";
import { LightconeError } from "../base/errors.ts";

/** Limits, in the form that a user writes. */
export interface BudgetOptions {
  /** The maximum wall-clock time: milliseconds, or "60s". Default: no limit. */
  readonly timeout?: Duration | undefined;
  /** The maximum memory of the process: bytes, or "2GB". Default: "2GB". */
  readonly memory?: number | string | undefined;
}

const units: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Converts an amount of memory to bytes. Throws `LC_BAD_MEMORY`. */
export function parseBytes(value: number | string, what = "memory"): number {
  if (typeof value === "number") {
    if (Number.isFinite(value) && value > 0) return value;
  } else {
    const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([kmg]?i?b)\s*$/i.exec(value);
    const unit = match ? units[(match[2] as string).toLowerCase()] : undefined;
    if (match && unit !== undefined) return Math.round(Number(match[1]) * unit);
  }
  throw new LightconeError(
    "LC_BAD_MEMORY",
    `${what}: ${JSON.stringify(value)} is not an amount of memory`,
    'Write a number of bytes, or text such as "512MB", "2GB".',
  );
}

/**
 * The interval between reads of the clock: searches poll every few nanoseconds, and a clock read takes
 * fifty.
 */
const msBetweenReads = 2;
/** The interval between reads of the process's memory, each of which takes some ten microseconds. */
const msBetweenMemoryReads = 20;
/**
 * Memory is read only every few milliseconds and grows in between, so a check stops slightly below its
 * limit.
 */
const memoryHeadroom = 0.93;

/**
 * A running budget. It starts when it is constructed.
 *
 * A hot loop calls `spent()`, which usually costs only a decrement and a comparison. Code that is about to
 * allocate megabytes calls `grant(bytes)` first.
 */
export class Budget {
  /** The end, in `performance.now()` milliseconds. */
  readonly #deadlineMs: number;
  readonly #startMs: number;
  readonly #memoryBytes: number;
  readonly #parent: Budget | undefined;
  #countdown = 256;
  #pollsPerRead = 256;
  #lastReadMs: number;
  #lastMemoryReadMs: number;
  #why: string | undefined;
  #limits: string;

  constructor(options: BudgetOptions = {}, parent?: Budget) {
    const timeoutMs =
      options.timeout === undefined ? Infinity : parseDurationNs(options.timeout, "timeout") / 1e6;
    this.#parent = parent;
    this.#startMs = performance.now();
    this.#lastReadMs = this.#startMs;
    this.#lastMemoryReadMs = this.#startMs;
    this.#deadlineMs = Math.min(this.#startMs + timeoutMs, parent ? parent.#deadlineMs : Infinity);
    this.#memoryBytes = Math.min(
      parseBytes(options.memory ?? "2GB"),
      parent ? parent.#memoryBytes : Infinity,
    );
    this.#limits = `${timeoutMs < Infinity ? formatMs(timeoutMs) : "no limit"}`;
  }

  /** Whether the time or the memory is used up. Once true it stays true. Cheap enough for any loop. */
  spent(): boolean {
    if (--this.#countdown > 0) return false;
    return this.#read();
  }

  /** As `spent()`, but reads the clock and the memory now. */
  spentNow(): boolean {
    this.#lastMemoryReadMs = -Infinity;
    return this.#read();
  }

  /** Throws {@link BudgetSpent} once the budget is used up, for code too deeply nested to return. */
  demand(): void {
    if (--this.#countdown > 0) return;
    if (this.#read()) throw new BudgetSpent(this.why as string);
  }

  /** As `demand()`, but reads the clock and the memory now, for code that checks rarely. */
  demandNow(): void {
    if (this.spentNow()) throw new BudgetSpent(this.why as string);
  }

  /** Whether `bytes` more may be allocated. If not, the budget counts as spent. */
  grant(bytes: number): boolean {
    if (this.#why !== undefined) return false;
    const held = residentBytes();
    if (held + bytes <= this.#memoryBytes * memoryHeadroom) return true;
    this.#why = this.#memoryReason(held);
    this.#countdown = 0;
    return false;
  }

  /** A sentence that says which limit was reached; `undefined` if none was. */
  get why(): string | undefined {
    return this.#why ?? this.#parent?.why;
  }

  /** Milliseconds since it started. */
  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Milliseconds remaining; may be `Infinity`. */
  get remainingMs(): number {
    return Math.max(0, this.#deadlineMs - performance.now());
  }

  /** The maximum memory of the process, in bytes. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** A part of this budget. It ends after `timeoutMs`, or with this one if that is earlier. */
  part(timeoutMs: number): Budget {
    const wanted = Math.min(timeoutMs, this.remainingMs);
    return new Budget(wanted < Infinity ? { timeout: wanted } : {}, this);
  }

  #read(): boolean {
    if (this.#why !== undefined) {
      this.#countdown = 0;
      return true;
    }
    const nowMs = performance.now();
    const passedMs = nowMs - this.#lastReadMs;
    // Aims at one read of the clock every two milliseconds, however long a step of the loop takes.
    if (passedMs < msBetweenReads / 2)
      this.#pollsPerRead = Math.min(this.#pollsPerRead * 2, 1 << 20);
    else if (passedMs > msBetweenReads * 2) {
      this.#pollsPerRead = Math.max(
        1,
        Math.floor((this.#pollsPerRead * msBetweenReads) / passedMs),
      );
    }
    this.#lastReadMs = nowMs;
    this.#countdown = this.#pollsPerRead;
    if (nowMs >= this.#deadlineMs) {
      this.#why = `the time budget of ${this.#limits} was spent`;
    } else if (nowMs - this.#lastMemoryReadMs >= msBetweenMemoryReads) {
      this.#lastMemoryReadMs = nowMs;
      const held = residentBytes();
      if (held > this.#memoryBytes * memoryHeadroom) this.#why = this.#memoryReason(held);
    }
    if (this.#why === undefined) return false;
    this.#countdown = 0;
    return true;
  }

  #memoryReason(heldBytes: number): string {
    return `the memory budget of ${formatBytes(this.#memoryBytes)} was reached (${formatBytes(heldBytes)} in use)`;
  }
}

/** Thrown by `Budget.demand`. The entry point of a checker converts it to an `unknown` verdict. */
export class BudgetSpent extends Error {
  constructor(why: string) {
    super(why);
    this.name = "BudgetSpent";
  }
}

/** The memory of the process in bytes; 0 if there is no process (in a browser). */
function residentBytes(): number {
  const usage = (globalThis as { process?: { memoryUsage?: { rss?: () => number } } }).process
    ?.memoryUsage?.rss;
  return usage ? usage() : 0;
}

function formatMs(ms: number): string {
  return ms >= 1_000 ? `${Number((ms / 1_000).toFixed(3))}s` : `${Number(ms.toFixed(1))}ms`;
}

/** Formats an amount of memory for display: "1.9GB". */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${Number((bytes / 1e9).toFixed(2))}GB`;
  if (bytes >= 1e6) return `${Number((bytes / 1e6).toFixed(1))}MB`;
  return `${Math.round(bytes / 1e3)}kB`;
}

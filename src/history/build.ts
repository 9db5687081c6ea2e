/**
 * Converts a stream of invocations and completions into a history. Every reader and recorder uses it, so
 * that the rules of a well-formed history are defined once.
 */
import { LightconeError } from "../base/errors.ts";
import type { History, Operation, Outcome } from "./operation.ts";

/** The data known when an operation starts. */
export interface Invocation {
  readonly process: number | string;
  readonly f: string;
  readonly key?: unknown;
  readonly input?: unknown;
  /** Time in nanoseconds; the rank if there is no clock. */
  readonly atNs?: number | undefined;
  readonly session?: number | string | undefined;
  /** See {@link Operation.client}. */
  readonly client?: number | undefined;
  /** The trace event that recorded the invocation. */
  readonly event?: number | undefined;
}

/** The data known when an operation ends. */
export interface Completion {
  readonly output?: unknown;
  readonly error?: string | undefined;
  /** Time in nanoseconds; the rank if there is no clock. */
  readonly atNs?: number | undefined;
  readonly event?: number | undefined;
  /**
   * The actual input, if only the answer contains it (Elle's transactions). Replaces the input of the
   * invocation.
   */
  readonly input?: unknown;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Records operations in the order in which they happened. The order of the calls is real-time order.
 *
 * @example
 * const recorder = new HistoryBuilder();
 * const write = recorder.invoke({ process: 0, f: "write", input: 7 });
 * recorder.complete(write, "ok");
 * const history = recorder.finish();
 */
export class HistoryBuilder {
  readonly #operations: Mutable<Operation>[] = [];
  readonly #openBy = new Map<number | string, number>();
  readonly #touching: boolean;
  #rank = 0;

  /**
   * `touching`: a process may invoke an operation before its previous one completes. For sources whose
   * clock is so coarse that both events have the same time, which makes them overlap.
   */
  constructor(options: { readonly touching?: boolean } = {}) {
    this.#touching = options.touching ?? false;
  }

  /**
   * Starts an operation and returns its index. Throws `LC_BAD_HISTORY` if its process already has an open
   * one.
   */
  invoke(invocation: Invocation): number {
    const { process } = invocation;
    const open = this.#openBy.get(process);
    if (open !== undefined && !this.#touching) {
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `process ${String(process)} invokes ${invocation.f} while its ${this.#operations[open]?.f} (operation ${open}) is still open`,
        "A process runs one operation at a time: complete the first (ok, fail or info), or use another process.",
      );
    }
    const index = this.#operations.length;
    const rank = this.#rank++;
    this.#operations.push({
      index,
      process,
      f: invocation.f,
      key: invocation.key,
      input: invocation.input,
      output: undefined,
      outcome: "info",
      invokeNs: invocation.atNs ?? rank,
      completeNs: Infinity,
      invokeRank: rank,
      completeRank: Infinity,
      session: invocation.session,
      client: invocation.client,
      invokeEvent: invocation.event,
      completeEvent: undefined,
      error: undefined,
    });
    this.#openBy.set(process, index);
    return index;
  }

  /** Ends the operation `index`. Throws `LC_BAD_HISTORY` if it has already ended. */
  complete(index: number, outcome: Outcome, completion: Completion = {}): void {
    const operation = this.#operations[index];
    const open = operation && this.#openBy.get(operation.process) === index;
    if (!operation || !(open || (this.#touching && operation.completeRank === Infinity))) {
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `operation ${index} completes (${outcome}) though it is not open`,
      );
    }
    if (open) this.#openBy.delete(operation.process);
    const rank = this.#rank++;
    operation.outcome = outcome;
    operation.completeNs = completion.atNs ?? rank;
    if (outcome !== "info") operation.completeRank = rank;
    if (outcome === "ok") operation.output = completion.output;
    if (completion.input !== undefined) operation.input = completion.input;
    operation.completeEvent = completion.event;
    operation.error = completion.error;
  }

  /** The number of operations so far. */
  get count(): number {
    return this.#operations.length;
  }

  /** The index of the open operation of `process`. Returns undefined if it has none. */
  openOf(process: number | string): number | undefined {
    return this.#openBy.get(process);
  }

  /** The operation `index` in its current state. */
  operation(index: number): Operation | undefined {
    return this.#operations[index];
  }

  /** The history so far. Operations that are still open are `info`. */
  finish(): History {
    return { operations: this.#operations };
  }
}

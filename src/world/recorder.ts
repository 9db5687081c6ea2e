/**
 * Records what the clients of a run asked and were told. Every invocation and completion is a mark in the
 * kernel, so that it belongs to the fingerprint and to the trace.
 */
import { messageOf } from "../base/errors.ts";
import { HistoryBuilder } from "../history/build.ts";
import type { History, Outcome } from "../history/operation.ts";
import { Kind, type Kernel } from "../sim/kernel.ts";
import { digestText, plain } from "./plain.ts";

/** An operation under way: what `invoke` returns and `complete` takes. */
export interface OpenOperation {
  readonly index: number;
  readonly lane: string;
  readonly host: Recorded;
}

/** A host, as the recorder knows it. */
export interface Recorded {
  readonly id: number;
  readonly name: string;
}

/** Whoever records: a process of a host. A child or a thread is another client than its parent. */
export interface Recording extends Recorded {
  readonly process: object;
}

/** What a process holds until it gives it up; see `Check.givenUpAtDeath`. */
type Holding = readonly [acquire: string, release: string];

interface LaneState {
  /** Whose lane it is, until that ends. */
  owner: object | undefined;
  open: OpenOperation | undefined;
  /** By acquiring f and key: operations that were ok and not given up since. */
  readonly held: Map<string, { readonly holding: Holding; readonly key: unknown }>;
}

/** The recorder of one run. */
export class OperationRecorder {
  readonly #kernel: Kernel;
  readonly #builder = new HistoryBuilder();
  readonly #holdings: readonly Holding[];
  /** By host name: its lanes, by history process. A host whose operations overlap uses several. */
  readonly #lanes = new Map<string, Map<string, LaneState>>();
  /** How many operations were invoked. */
  count = 0;

  constructor(kernel: Kernel, holdings: readonly Holding[]) {
    this.#kernel = kernel;
    this.#holdings = holdings;
  }

  invoke(host: Recording, f: string, key: unknown, input: unknown): OpenOperation {
    const kernel = this.#kernel;
    const [lane, state] = this.#freeLane(host);
    const plainKey = plain(key);
    const plainInput = plain(input);
    const detail = kernel.observer && { lane, f, key: plainKey, input: plainInput };
    const digest = digestText(`${lane} ${f} ${text(plainKey)} ${text(plainInput)}`);
    const event = kernel.mark(host.id, Kind.invoke, digest, detail);
    const index = this.#builder.invoke({
      process: lane,
      f,
      key: plainKey,
      input: plainInput,
      atNs: kernel.nowNs,
      event,
    });
    this.count++;
    for (const [acquire, release] of this.#holdings) {
      if (f === release) state.held.delete(`${acquire} ${text(plainKey)}`);
    }
    const open = { index, lane, host };
    state.open = open;
    return open;
  }

  complete(open: OpenOperation, outcome: Outcome, value: unknown): void {
    const state = this.#lanes.get(open.host.name)?.get(open.lane);
    // Its process died meanwhile: the history has closed it, and nobody is there to be told.
    if (state?.open !== open) return;
    state.open = undefined;
    const kernel = this.#kernel;
    const output = outcome === "ok" ? plain(value) : undefined;
    const error = outcome === "ok" ? undefined : messageOf(value).split("\n")[0];
    const detail = kernel.observer && { lane: open.lane, outcome, output, error };
    const digest = digestText(`${open.lane} ${outcome} ${text(output)} ${error ?? ""}`);
    const event = kernel.mark(open.host.id, Kind.complete, digest, detail);
    this.#builder.complete(open.index, outcome, { output, error, atNs: kernel.nowNs, event });
    if (outcome !== "ok") return;
    const operation = this.#builder.operation(open.index);
    for (const holding of this.#holdings) {
      if (operation?.f !== holding[0]) continue;
      state.held.set(`${holding[0]} ${text(operation.key)}`, { holding, key: operation.key });
    }
  }

  /**
   * A process of a host is dead. What it had open stays open for ever (`info`), and what it held is given
   * up, at a moment that nobody knows.
   */
  processEnded(host: Recording): void {
    const { nowNs } = this.#kernel;
    for (const [lane, state] of this.#lanes.get(host.name) ?? []) {
      if (state.owner !== host.process) continue;
      state.owner = undefined;
      if (state.open) {
        const error = "its process ended";
        this.#builder.complete(state.open.index, "info", { error, atNs: nowNs });
        state.open = undefined;
      }
      for (const { holding, key } of state.held.values()) {
        const index = this.#builder.invoke({ process: lane, f: holding[1], key, atNs: nowNs });
        const error = "its process ended while it held this";
        this.#builder.complete(index, "info", { error, atNs: nowNs });
      }
      state.held.clear();
    }
  }

  /** Operations that were invoked before `beforeNs` by processes that live, and still wait. */
  openSince(beforeNs: number): number[] {
    const out: number[] = [];
    for (const lanes of this.#lanes.values()) {
      for (const { open } of lanes.values()) {
        if (!open) continue;
        const operation = this.#builder.operation(open.index);
        if (operation && operation.invokeNs < beforeNs) out.push(open.index);
      }
    }
    return out.sort((a, b) => a - b);
  }

  finish(): History {
    return this.#builder.finish();
  }

  #freeLane({ name, process }: Recording): [string, LaneState] {
    let lanes = this.#lanes.get(name);
    if (!lanes) this.#lanes.set(name, (lanes = new Map<string, LaneState>()));
    for (let n = 1; ; n++) {
      const lane = n === 1 ? name : `${name}/${n}`;
      let state = lanes.get(lane);
      if (!state) lanes.set(lane, (state = { owner: undefined, open: undefined, held: new Map() }));
      state.owner ??= process;
      if (state.owner === process && !state.open) return [lane, state];
    }
  }
}

function text(value: unknown): string {
  return value === undefined ? "" : (JSON.stringify(value) ?? String(value));
}

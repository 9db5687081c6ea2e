/**
 * Records the requests and answers of the clients in a run. Every invocation and completion is a mark in
 * the kernel, so that it is part of the fingerprint and the trace.
 */
import { digestOfText } from "../base/fingerprint.ts";
import { messageOf } from "../base/errors.ts";
import { HistoryBuilder } from "../history/build.ts";
import type { History, Operation, Outcome } from "../history/operation.ts";
import { Kind, type Kernel } from "../sim/kernel.ts";
import { plain } from "./plain.ts";
import type { Check } from "./types.ts";

/** An open operation: returned by `invoke` and passed to `complete`. */
export interface OpenOperation {
  readonly index: number;
  readonly lane: string;
  readonly host: Recorded;
}

/** The recorder's view of a host. */
export interface Recorded {
  readonly id: number;
  readonly name: string;
  /**
   * What histories and stories call it: the host's name, followed by the program's if the host has several:
   * "shop/server".
   */
  readonly label: string;
}

/** A process of a host that records operations. A child or a thread is a separate client from its parent. */
export interface Recording extends Recorded {
  readonly process: object;
}

/** Operations by which a process acquires and releases something; see `Check.givenUpAtDeath`. */
export type Holding = NonNullable<Check["givenUpAtDeath"]>;

interface Held {
  /** The names of the operations that release it. */
  readonly releases: readonly string[];
  /** The one of these names that corresponds to its acquire. */
  readonly release: string;
  readonly key: unknown;
}

interface LaneState {
  /** The process that owns the lane, until the process ends. */
  owner: object | undefined;
  open: OpenOperation | undefined;
  /** What was acquired and not released since, by the names of its releases and its key. */
  readonly held: Map<string, Held>;
}

/** The recorder of one run. */
export class OperationRecorder {
  readonly #kernel: Kernel;
  readonly #builder = new HistoryBuilder();
  readonly #holdings: readonly Holding[];
  readonly #openEnded: ReadonlySet<string>;
  /** By host name: its lanes, by history process. A host with overlapping operations uses several. */
  readonly #lanes = new Map<string, Map<string, LaneState>>();
  /** Processes that have recorded something, numbered 1, 2, ... */
  readonly #clients = new Map<object, number>();
  /** The number of operations invoked. */
  count = 0;
  /** When each host last sent a request or got an answer. */
  readonly lastNs: Map<string, number> = new Map();

  /** `openEnded`: names of operations that may wait forever. */
  constructor(
    kernel: Kernel,
    holdings: readonly Holding[],
    openEnded: ReadonlySet<string> = new Set(),
  ) {
    this.#kernel = kernel;
    this.#holdings = holdings;
    this.#openEnded = openEnded;
  }

  /** `key` and `input` are plain data. */
  invoke(host: Recording, f: string, key: unknown, input: unknown): OpenOperation {
    const kernel = this.#kernel;
    const [lane, state] = this.#freeLane(host);
    const detail = kernel.observer && { lane, f, key, input };
    const digest = digestOfText(`${lane} ${f} ${text(key)} ${text(input)}`);
    const event = kernel.mark(host.id, Kind.invoke, digest, detail);
    const index = this.#builder.invoke({
      process: lane,
      f,
      key,
      input,
      client: this.#clientOf(host),
      atNs: kernel.nowNs,
      event,
    });
    this.count++;
    this.lastNs.set(host.name, kernel.nowNs);
    this.#giveUp(host.name, state, f, text(key));
    const open = { index, lane, host };
    state.open = open;
    return open;
  }

  complete(open: OpenOperation, outcome: Outcome, value: unknown): void {
    const state = this.#lanes.get(open.host.name)?.get(open.lane);
    // The process that invoked it has ended. The operation was left open in the history, so this result is dropped.
    if (state?.open !== open) return;
    state.open = undefined;
    const kernel = this.#kernel;
    this.lastNs.set(open.host.name, kernel.nowNs);
    const output = outcome === "ok" ? plain(value) : undefined;
    const error = outcome === "ok" ? undefined : messageOf(value).split("\n")[0];
    const detail = kernel.observer && { lane: open.lane, outcome, output, error };
    const digest = digestOfText(`${open.lane} ${outcome} ${text(output)} ${error ?? ""}`);
    const event = kernel.mark(open.host.id, Kind.complete, digest, detail);
    this.#builder.complete(open.index, outcome, { output, error, atNs: kernel.nowNs, event });
    if (outcome !== "ok") return;
    const operation = this.#builder.operation(open.index);
    for (const [acquire, release] of operation ? this.#holdings : []) {
      const { f, key } = operation as Operation;
      const [acquires, releases] = [wordsOf(acquire), wordsOf(release)];
      const at = acquires.indexOf(f);
      if (at === -1) continue;
      const belongs = releases[at] ?? (releases[0] as string);
      state.held.set(`${belongs} ${text(key)}`, { releases, release: belongs, key });
    }
  }

  /**
   * Called when a process of a host is dead. Its open operations stay open forever (`info`), and what it
   * held is released at an unknown moment.
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
      for (const { release, key } of state.held.values()) {
        const client = this.#clientOf(host);
        const index = this.#builder.invoke({ process: lane, f: release, key, client, atNs: nowNs });
        const error = "its process ended while it held this";
        this.#builder.complete(index, "info", { error, atNs: nowNs });
      }
      state.held.clear();
    }
  }

  /** Operations of a process that wait for an answer, except those that may wait forever. */
  openOf(host: Recording): number[] {
    const lanes = [...(this.#lanes.get(host.name)?.values() ?? [])];
    return this.#waiting(lanes.filter(({ owner }) => owner === host.process));
  }

  /** Operations that living processes invoked before `beforeNs` and that still wait. */
  openSince(beforeNs: number): { index: number; host: string; invokeNs: number }[] {
    const hosts = [...this.#lanes].flatMap(([host, byName]) => {
      const indices = this.#waiting([...byName.values()], beforeNs);
      return indices.map((index) => ({ index, host, invokeNs: this.#invokedNs(index) }));
    });
    return hosts.sort((a, b) => a.index - b.index);
  }

  /** Hosts with an operation open, and when each sent the first of these, in any order. */
  openHosts(): Map<string, number> {
    const since = new Map<string, number>();
    for (const [host, byName] of this.#lanes) {
      const open = [...byName.values()].flatMap((lane) => lane.open?.index ?? []);
      if (open.length > 0) since.set(host, Math.min(...open.map((each) => this.#invokedNs(each))));
    }
    return since;
  }

  #invokedNs(index: number): number {
    return this.#builder.operation(index)?.invokeNs ?? 0;
  }

  #waiting(lanes: readonly LaneState[], beforeNs = Infinity): number[] {
    const open = lanes.flatMap((lane) => lane.open?.index ?? []);
    const waiting = open.filter((index) => {
      const operation = this.#builder.operation(index);
      return operation && operation.invokeNs < beforeNs && !this.#openEnded.has(operation.f);
    });
    return waiting.sort((a, b) => a - b);
  }

  finish(): History {
    return this.#builder.finish();
  }

  #clientOf({ process }: Recording): number {
    const known = this.#clients.get(process) ?? this.#clients.size + 1;
    this.#clients.set(process, known);
    return known;
  }

  /** `f` releases a hold of its own lane if there is one, otherwise of another lane of the same process. */
  #giveUp(host: string, own: LaneState, f: string, key: string): void {
    if (this.#holdings.length === 0) return;
    const lanes = [...(this.#lanes.get(host)?.values() ?? [])];
    for (const { held } of [own, ...lanes.filter(({ owner }) => owner === own.owner)]) {
      for (const [id, { releases, key: heldKey }] of held) {
        if (!releases.includes(f) || text(heldKey) !== key) continue;
        held.delete(id);
        return;
      }
    }
  }

  #freeLane({ name, label, process }: Recording): [string, LaneState] {
    let lanes = this.#lanes.get(name);
    if (!lanes) this.#lanes.set(name, (lanes = new Map<string, LaneState>()));
    for (let n = 1; ; n++) {
      const lane = n === 1 ? label : `${label}/${n}`;
      let state = lanes.get(lane);
      if (!state) lanes.set(lane, (state = { owner: undefined, open: undefined, held: new Map() }));
      state.owner ??= process;
      if (state.owner === process && !state.open) return [lane, state];
    }
  }
}

function wordsOf(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

function text(value: unknown): string {
  return value === undefined ? "" : (JSON.stringify(value) ?? String(value));
}

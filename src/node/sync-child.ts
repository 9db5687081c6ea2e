/**
 * `spawnSync` and related functions: a child that runs to its end inside one call of its parent.
 *
 * Parent and child share V8's only microtask queue, so the child cannot run while the parent's
 * stack waits. It runs ahead instead. When a call is first reached, that attempt at the run is
 * given up, the parent is stopped at that point, and the child runs, alone, on the host in its
 * state at the call. The outcome is kept, the run starts again from its beginning (by definition
 * the same run), and the call returns the known outcome: output and exit code, the child's changes
 * to the disk, and the time it took.
 *
 * Nothing else runs meanwhile. So a child that communicates with other processes, or that leaves
 * some behind, is refused with an error that says so.
 */
import { digestOf } from "../base/fingerprint.ts";
import { applyChanges, ChangeLog, type DiskChange, diskOf, filesOf } from "../sim/disk/index.ts";
import { Errno } from "../sim/network/errno.ts";
import type { Process } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";
import type { Command } from "./command.ts";
import { exited } from "./exited.ts";
import type { NodeProcess, StandardStream } from "./node-process.ts";
import { modulesAreWanted } from "./public-modules.ts";
import { startCommand } from "./program/start-command.ts";
import { Buffer } from "node:buffer";
import { openInput, openOutput } from "./standard-files.ts";

/** The time until a child runs its first line. */
const START_NS = 20_000_000;
/** The time until its end is reported. */
const JOIN_NS = 100_000;
/** A child that runs longer than this is assumed never to end. */
const LIMIT_NS = 600_000_000_000;

/** One of the child's streams. */
export type SyncStream =
  | { readonly kind: "ignore" }
  | { readonly kind: "input"; readonly bytes: Uint8Array }
  | { readonly kind: "output" }
  /** One of the parent's own descriptors: 0 to 2, or a file. */
  | { readonly kind: "descriptor"; readonly fd: number };

/** The arguments of a call. */
export interface SyncRequest {
  readonly command: Command;
  readonly argv0: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly streams: readonly SyncStream[];
  /** 0 for none. */
  readonly timeoutMs: number;
  /** The maximum output in bytes, over all streams; `Infinity` for no limit. */
  readonly outputMax: number;
  readonly killSignal: string;
}

/** The outcome of a child. */
export interface SyncOutcome {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** A negative errno: the call's own failure. */
  readonly error: number;
  /** The output of each stream of the kind "output". */
  readonly outputs: readonly (Uint8Array | undefined)[];
  /** What it wrote to the parent's own output, in order. */
  readonly passedOn: readonly { readonly fd: number; readonly bytes: Uint8Array }[];
}

interface Kept extends SyncOutcome {
  /** The position of the call in the run. Another call must not get its outcome. */
  readonly place: string;
  readonly durationNs: number;
  readonly processes: number;
  readonly changes: readonly DiskChange[];
  /** The positions of the parent's files that the child shared. */
  readonly positions: readonly (readonly [fd: number, position: number])[];
  readonly digest: number;
  /** The unsupported action of the child, if any. */
  readonly refused: string | undefined;
}

/**
 * Outcomes of the calls of the current run, by their position in it: "0", "1", "1/0" (a call of a
 * child).
 */
const outcomes = new Map<string, Kept>();
let calls = { prefix: "", count: 0 };
let isGivenUp = false;

/** Called when a run is about to be made for the first time. */
export function forgetSyncChildren(): void {
  outcomes.clear();
}

/** Called when the run starts from its beginning. */
export function beginAttempt(): void {
  calls = { prefix: "", count: 0 };
  isGivenUp = false;
}

/** Returns whether this attempt was given up for a child. */
export function attemptIsGivenUp(): boolean {
  return isGivenUp;
}

/** Thrown by the binding for unsupported actions of a child. */
export class RefusedChild extends Error {}

/** Runs a child to its end. Throws `exited` if this attempt ends, and `RefusedChild`. */
export function runToEnd(owner: NodeProcess, request: SyncRequest): SyncOutcome {
  const { process } = owner;
  const { host } = process;
  if (!process.alive) throw exited;
  const key = `${calls.prefix}${calls.count++}`;
  const place = `${host.kernel.eventId}.${process.pid}.${JSON.stringify(request.command)}`;
  const kept = outcomes.get(key);
  if (kept?.place !== place) {
    outcomes.delete(key);
    const spentNs = process.spentNs;
    isGivenUp = true;
    host.kernel.abandon(() => {
      owner.drainFrozen();
      const outcome = runAhead(owner, { request, key, place, spentNs });
      if (outcome !== undefined) outcomes.set(key, outcome);
    });
    owner.freeze();
    throw exited;
  }
  if (kept.refused !== undefined) throw new RefusedChild(kept.refused);
  process.spend(kept.durationNs);
  applyChanges(diskOf(host).fs, filesOf(process), kept.changes);
  for (const [fd, position] of kept.positions) filesOf(process).get(fd).position = position;
  host.skipPids(kept.processes);
  host.kernel.digest(kept.digest);
  return kept;
}

interface Call {
  readonly request: SyncRequest;
  readonly key: string;
  readonly place: string;
  /** The computing time of the parent's turn at the time of the call. */
  readonly spentNs: number;
}

/**
 * Runs the child on a host where nothing else happens. Returns `undefined` if it has to be run
 * again.
 */
function runAhead(owner: NodeProcess, call: Call): Kept | undefined {
  const { request, spentNs } = call;
  const parent = owner.process;
  const { host } = parent;
  const { kernel } = host;
  const startNs = kernel.nowNs;
  const child = host.spawnChild(parent);
  const before = { calls, sealed: host.sealed };
  let refused: string | undefined;
  const refuse = (what: string): void => {
    refused ??= what;
    kernel.stop();
  };
  calls = { prefix: `${call.key}/`, count: 0 };
  isGivenUp = false;
  host.sealed = { firstPid: child.pid, refuse };
  const log = new ChangeLog(diskOf(host).fs);
  const collector = new Collector(request, child, () => kill(child, request.killSignal));
  const shared = shareFiles(request, parent, child);
  const injected = refusing(owner.injected, refuse);
  const start = (): void => {
    startCommand(child, request.command, {
      owner,
      env: request.env,
      cwd: request.cwd,
      streams: collector.streams,
      argv0: request.argv0,
      injected,
    });
  };
  child.schedule(spentNs + START_NS, Kind.start, start, undefined);
  if (request.timeoutMs > 0) {
    const expire = (): void => collector.expire();
    const delayNs = spentNs + Math.ceil(request.timeoutMs * 1e6);
    kernel.schedule(delayNs, host.id, Kind.internal, expire, undefined);
  }
  stopWhenOver(child, collector);
  kernel.run(startNs + spentNs + LIMIT_NS);
  calls = before.calls;
  host.sealed = before.sealed;
  const changes = log.finish();
  // It needs a child of its own, or a program, and has to be run again when that is known.
  if (isGivenUp || modulesAreWanted()) {
    isGivenUp = true;
    return undefined;
  }
  isGivenUp = true;
  const rest = [...host.processes].filter((process) => process.pid >= child.pid);
  if (child.alive) {
    refused ??=
      kernel.pending === 0
        ? "a child that waits for what cannot come while its parent waits for it"
        : "a child that runs for more than ten minutes of simulated time";
  } else if (rest.length > 0) refused ??= "a child that leaves processes behind";
  for (const process of rest) process.terminate({ code: null, signal: "SIGKILL" });
  const { code = 0, signal = null } = child.end ?? {};
  return {
    place: call.place,
    pid: child.pid,
    code: signal === null ? code : null,
    signal,
    error: collector.error,
    outputs: collector.outputs(),
    passedOn: collector.passedOn,
    durationNs: kernel.nowNs - startNs - spentNs + JOIN_NS,
    processes: host.spawn().pid - child.pid,
    changes,
    positions: shared.map((fd) => [fd, filesOf(parent).get(fd).position] as const),
    digest: digestOf(Buffer.from(String(kernel.fingerprint.digest()))),
    refused,
  };
}

/** The child's streams, and the data that passes through them. */
class Collector {
  readonly streams: readonly StandardStream[];
  readonly passedOn: { fd: number; bytes: Uint8Array }[] = [];
  error = 0;
  /** True once the call itself killed the child. Its output is ignored from then on. */
  closed = false;
  readonly #chunks: (Uint8Array[] | undefined)[];
  readonly #child: Process;
  readonly #outputMax: number;
  readonly #kill: () => void;
  #size = 0;

  constructor({ streams, outputMax }: SyncRequest, child: Process, kill: () => void) {
    this.#child = child;
    this.#outputMax = outputMax;
    this.#kill = kill;
    this.#chunks = streams.map(({ kind }) => (kind === "output" ? [] : undefined));
    this.streams = [0, 1, 2].map((fd) => this.#stream(streams[fd] ?? { kind: "ignore" }, fd));
    for (const [fd, stream] of streams.entries()) {
      if (fd <= 2) continue;
      if (stream.kind === "output") openOutput(child, fd, (bytes) => this.#take(fd, bytes));
      else if (stream.kind === "input") openInput(child, fd, readerOf(stream.bytes));
    }
  }

  #stream(stream: SyncStream, fd: number): StandardStream {
    switch (stream.kind) {
      case "ignore":
        return { kind: "ignore" };
      case "input":
        return { kind: "source", read: readerOf(stream.bytes) };
      case "output":
        return { kind: "sink", write: (bytes) => this.#take(fd, bytes) };
      case "descriptor": {
        const from = stream.fd;
        if (from > 2) return { kind: "file" };
        if (from === 0) return { kind: "ignore" };
        return {
          kind: "sink",
          write: (bytes) => void this.passedOn.push({ fd: from, bytes: bytes.slice() }),
        };
      }
    }
  }

  #take(fd: number, bytes: Uint8Array): void {
    if (this.closed) return;
    this.#chunks[fd]?.push(bytes.slice());
    this.#size += bytes.length;
    if (this.#size > this.#outputMax) this.#end(Errno.ENOBUFS);
  }

  expire(): void {
    if (!this.closed) this.#end(Errno.ETIMEDOUT);
  }

  #end(error: number): void {
    this.error = error;
    this.closed = true;
    if (this.#child.alive) this.#kill();
  }

  outputs(): (Uint8Array | undefined)[] {
    return this.#chunks.map((chunks) => chunks && Buffer.concat(chunks));
  }
}

function readerOf(bytes: Uint8Array): (target: Uint8Array) => number {
  let at = 0;
  return (target) => {
    const part = bytes.subarray(at, at + target.length);
    target.set(part);
    at += part.length;
    return part.length;
  };
}

function kill(child: Process, signal: string): void {
  const { kernel, id } = child.host;
  const node = child.runner as NodeProcess | undefined;
  const deliver = (): void => {
    if (node === undefined) child.terminate({ code: null, signal });
    else node.signals.deliver(node.signals.numberOf(signal));
  };
  kernel.schedule(0, id, Kind.internal, deliver, undefined);
}

/** Shares the parent's open files among the streams with the child. Returns their numbers. */
function shareFiles({ streams }: SyncRequest, parent: Process, child: Process): number[] {
  const shared: number[] = [];
  streams.forEach((stream, fd) => {
    if (stream.kind !== "descriptor" || stream.fd <= 2 || !filesOf(parent).has(stream.fd)) return;
    const file = filesOf(parent).get(stream.fd);
    file.retain();
    filesOf(child).set(fd, file);
    shared.push(stream.fd);
  });
  return shared;
}

/** Stops the kernel once the child has ended and no process holds its output any more. */
function stopWhenOver(child: Process, collector: Collector): void {
  const { kernel, processes } = child.host;
  const look = (): void => {
    const holder = collector.closed
      ? undefined
      : [...processes].find((process) => process.pid >= child.pid && writesTo(process, collector));
    if (holder === undefined) kernel.stop();
    else holder.onEnd.add(look);
  };
  child.onEnd.add(look);
}

/**
 * Returns whether a process's output is the child's, possibly inherited through other processes.
 */
function writesTo(process: Process, { streams }: Collector): boolean {
  const node = process.runner as NodeProcess | undefined;
  return (node?.description.streams ?? []).some((stream) => {
    let at: StandardStream | undefined = stream;
    while (at?.kind === "inherit") at = at.from.description.streams?.[at.fd];
    return at !== undefined && at.kind === "sink" && streams.includes(at);
  });
}

/**
 * Refuses the run's injected modules in a child that runs ahead: what they report would be lost.
 */
function refusing(
  modules: Readonly<Record<string, unknown>>,
  refuse: (what: string) => void,
): Record<string, unknown> {
  const closed = (name: string, module: unknown): unknown => {
    if (typeof module !== "object" || module === null) return module;
    return Object.fromEntries(
      Object.entries(module).map(([key, value]) => [
        key,
        typeof value === "function"
          ? () => refuse(`a child that uses ${name} (${key})`)
          : (value as unknown),
      ]),
    );
  };
  return Object.fromEntries(
    Object.entries(modules).map(([name, module]) => [name, closed(name, module)]),
  );
}

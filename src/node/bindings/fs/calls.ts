/**
 * How a call of the binding runs. A synchronous call runs at once, and its time is added to the
 * process's. A call with a request object or for a promise runs after the time that the disk takes,
 * as an event of its own; it has no effect if the process dies before. There is no thread pool.
 */
import type { Disk, ProcessFiles, Work } from "../../../sim/disk/index.ts";
import { diskOf, filesOf, SystemError, Unanswered } from "../../../sim/disk/index.ts";
import { isChangingCall } from "../../../sim/moments.ts";
import { Kind } from "../../../trace/kinds.ts";
import { exited, leaveIfEnded } from "../../exited.ts";
import type { BindingContext } from "../context.ts";
import { type CallName, exceptionOf, stacklessException } from "./errors.ts";
import { createValidators, type Validators } from "./validate.ts";

const { captureStackTrace } = Error;

/** Node's library passes this instead of a request to get a promise. */
export const kUsePromises: symbol = Symbol("fs_use_promises_symbol");

/**
 * The object in which a synchronous call of older library code stores its error instead of throwing
 * it.
 */
export interface ErrorContext {
  errno?: number;
  code?: string;
  syscall?: string;
  path?: string;
  dest?: string;
}

/** Node's `FSReqCallback`: a call in progress, whose `oncomplete` the library sets. */
export class Request {
  readonly #context: BindingContext;
  readonly #bigint: boolean;
  readonly #asyncId: number;
  #cancelled = false;
  declare oncomplete: ((error: Error | null, result?: unknown) => void) | undefined;

  constructor(context: BindingContext, bigint: boolean) {
    this.#context = context;
    this.#bigint = bigint;
    this.#asyncId = context.async.register(this, "FSREQCALLBACK");
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  getProviderType(): number {
    return 0;
  }

  /** The call continues, but its outcome is not reported. */
  cancel(): void {
    this.#cancelled = true;
  }

  static wantsBigint(request: Request): boolean {
    return request.#bigint;
  }

  /** Passes the outcome to the library. */
  static finish(request: Request, error: Error | null, result: unknown): void {
    const { oncomplete } = request;
    if (request.#cancelled || oncomplete === undefined) return;
    const args = error !== null ? [error] : result === undefined ? [null] : [null, result];
    request.#context.async.makeCallback(request, oncomplete as () => void, args);
  }
}

/** A call in progress. */
interface Pending<T> {
  readonly execute: () => T;
  readonly done: (error: Error | null, result?: T) => void;
  readonly call: CallName;
  readonly calls: Calls;
  /** When it was made first, if the server of a shared disk has not answered. */
  sinceNs?: number;
}

/** Runs the calls of one process. */
export class Calls {
  readonly context: BindingContext;
  readonly disk: Disk;
  readonly files: ProcessFiles;
  readonly check: Validators;

  constructor(context: BindingContext) {
    this.context = context;
    this.disk = diskOf(context.process.host);
    this.files = filesOf(context.process);
    this.check = createValidators(context);
  }

  /**
   * Runs `execute` in the way that `request` requires. Returns the call's result, a promise of it,
   * or nothing if a request receives it later.
   */
  run<T>(request: unknown, call: CallName, work: Work, execute: () => T): unknown {
    if (request === undefined) return this.runSync(call, work, execute);
    if (request === kUsePromises) return this.promise(call, work, execute);
    const target = request as Request;
    const { requests } = this.context.loop;
    requests.add(target);
    this.later(call, work, execute, (error, result) => {
      requests.delete(target);
      Request.finish(target, error, result);
    });
    return undefined;
  }

  /** Runs now. Throws the program's exception, or stores it in `errors` if that is given. */
  runSync<T>(call: CallName, work: Work, execute: () => T, errors?: ErrorContext): T | undefined {
    const { process } = this.context;
    leaveIfEnded(process);
    process.spend(this.disk.clock.delayNs(work, false, process.spentNs));
    this.moment(call, false);
    leaveIfEnded(process);
    if (this.disk.clients.length > 0) this.disk.setCall(process.spentNs);
    try {
      const result = execute();
      this.spendRemote();
      this.moment(call, true);
      leaveIfEnded(process);
      return result;
    } catch (failure) {
      if (failure === exited) throw exited;
      this.spendRemote();
      const error = exceptionOf(failure, call);
      if (errors === undefined) throw withoutOurFrames(error);
      const { errno, code, path, dest } = error;
      Object.assign(errors, { errno, code, syscall: call.syscall });
      if (path !== undefined) errors.path = path;
      if (dest !== undefined) errors.dest = dest;
      return undefined;
    }
  }

  /** Adds the time that the servers of shared disks have taken to the process's own. */
  spendRemote(): void {
    if (this.disk.clients.length === 0) return;
    this.context.process.spend(this.disk.takeRemoteNs());
    this.disk.setCall(0);
  }

  promise<T>(call: CallName, work: Work, execute: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.later(call, work, execute, (error, result) => {
        if (error === null) resolve(result as T);
        else reject(error);
      });
    });
  }

  /** Runs `execute` after the time it takes, then calls `done`, both in the process's context. */
  later<T>(
    call: CallName,
    work: Work,
    execute: () => T,
    done: (error: Error | null, result?: T) => void,
  ): void {
    const { loop, process } = this.context;
    loop.retain();
    const pending: Pending<T> = { execute, done, call, calls: this };
    const delayNs = this.disk.clock.delayNs(work, true, process.spentNs);
    process.schedule(delayNs, Kind.completion, complete as (arg: Pending<T>) => void, pending);
  }

  /** The program is about to make a call, or has just made it. A fault may end the process here. */
  moment({ syscall, changes }: CallName, after: boolean): void {
    const { process } = this.context;
    const { moments } = process.host;
    if (!moments.awaited || changes === false || !isChangingCall(syscall)) return;
    moments.reach({ process, what: "call", name: syscall, after });
  }

  /**
   * Runs a job of several system calls on one thread: one round trip to the thread, and each call
   * at its own time, so a crash can happen between any two of them. `steps` yields the work of its
   * next call before it makes the call. A failure without a call of its own is reported as one of
   * `call`. The job stops if the process dies.
   */
  job<T>(call: CallName, steps: Steps<T>, done: (error: Error | null, result?: T) => void): void {
    this.context.loop.retain();
    takeStep({ call, steps, done: done as Job["done"], calls: this, next: undefined });
  }

  /** Runs all steps of a job now. Their time is added to the process's. */
  jobSync<T>(call: CallName, steps: Steps<T>): T {
    const { process } = this.context;
    leaveIfEnded(process);
    try {
      for (let next: CallName | undefined; ;) {
        if (next !== undefined) this.moment(next, false);
        leaveIfEnded(process);
        const { done, value } = steps.next();
        this.spendRemote();
        if (next !== undefined) this.moment(next, true);
        leaveIfEnded(process);
        if (done === true) return value;
        next = value.call ?? call;
        process.spend(this.disk.clock.delayNs(value, false, process.spentNs));
      }
    } catch (failure) {
      if (failure === exited) throw exited;
      const error = failure instanceof SystemError ? exceptionOf(failure, call) : asError(failure);
      // Walks through trees are deep, so V8's limited stack may lack the program's own frames.
      captureStackTrace(error, this.jobSync);
      throw error;
    }
  }
}

/** The work of a job's next call, and its name if it is not that of the job. */
export type Step = Work & { readonly call?: CallName };

/** The system calls of a job. The work of each is yielded before it is made. */
export type Steps<T> = Generator<Step, T, void>;

/** A job in progress. */
interface Job {
  readonly call: CallName;
  readonly steps: Steps<unknown>;
  readonly done: (error: Error | null, result?: unknown) => void;
  readonly calls: Calls;
  /** The call that it makes next, once a thread runs it. */
  next: CallName | undefined;
}

/** Makes the next call and schedules the one after it, or reports how the job ended. */
function takeStep(job: Job): void {
  const { call, steps, done, calls, next } = job;
  const { process } = calls.context;
  let step: IteratorResult<Step, unknown> | undefined;
  let error: Error | null = null;
  if (next !== undefined) calls.moment(next, false);
  if (!process.alive) return;
  try {
    step = steps.next();
  } catch (failure) {
    error = programError(failure, call);
  }
  if (error === null && next !== undefined) calls.moment(next, true);
  if (!process.alive) return;
  const remoteNs = calls.disk.takeRemoteNs();
  if (step?.done === false) {
    const ownNs = calls.disk.clock.delayNs(step.value, next === undefined, process.spentNs);
    const delayNs = ownNs + remoteNs;
    job.next = step.value.call ?? call;
    process.schedule(delayNs, Kind.completion, takeStep, job);
    return;
  }
  answer({ calls, done, error, result: step?.value }, remoteNs);
}

function complete(pending: Pending<unknown>): void {
  const { execute, done, call, calls } = pending;
  const { disk, context } = calls;
  const { process } = context;
  let result: unknown;
  let error: Error | null = null;
  if (pending.sinceNs === undefined) calls.moment(call, false);
  if (!process.alive) return;
  if (disk.clients.length > 0) {
    pending.sinceNs ??= process.host.kernel.nowNs;
    disk.setCall(process.spentNs, { sinceNs: pending.sinceNs });
  }
  try {
    result = execute();
  } catch (failure) {
    if (failure instanceof Unanswered) {
      process.schedule(failure.retryNs, Kind.completion, complete, pending);
      return;
    }
    error = programError(failure, call);
  } finally {
    if (disk.clients.length > 0) disk.setCall(0);
  }
  if (error === null) calls.moment(call, true);
  if (!process.alive) return;
  answer({ calls, done, error, result }, disk.takeRemoteNs());
}

/** A call that is done. */
interface Answer {
  readonly calls: Calls;
  readonly done: (error: Error | null, result?: unknown) => void;
  readonly error: Error | null;
  readonly result: unknown;
}

/** Tells the program, after the time that the server of a shared disk has taken. */
function answer(answered: Answer, remoteNs: number): void {
  const { process } = answered.calls.context;
  if (remoteNs > 0) process.schedule(remoteNs, Kind.completion, deliver, answered);
  else deliver(answered);
}

function deliver({ calls, done, error, result }: Answer): void {
  // The call is over before its callback runs, which may throw.
  calls.context.loop.release();
  done(error, result);
}

/** Returns the error that the program receives for a failure on a thread. */
function programError(failure: unknown, call: CallName): Error {
  return failure instanceof SystemError ? stacklessException(failure, call) : asError(failure);
}

function asError(failure: unknown): Error {
  if (failure instanceof Error) return failure;
  throw failure;
}

/** Removes the simulator's own frames from an exception's stack. */
function withoutOurFrames(error: Error): Error {
  const { stack } = error;
  if (stack === undefined) return error;
  const lines = stack.split("\n");
  const firstOfNode = lines.findIndex((line) => /\(?node:/.test(line));
  if (firstOfNode > 1) lines.splice(1, firstOfNode - 1);
  Object.defineProperty(error, "stack", {
    value: lines.join("\n"),
    writable: true,
    configurable: true,
  });
  return error;
}

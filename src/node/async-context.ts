/**
 * The native half of `async_hooks`: the current ids, resources and stores while a callback runs.
 *
 * Node 20 and 22 keep `AsyncLocalStorage` on resources, through hooks. Node 24 and later keep a
 * frame that V8 carries from promise to promise. Both are supported here: each callback from the
 * simulated system runs in the context of its resource (handle, request, timer).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import { countCallback } from "./lib/feedback.ts";

/** Must match `AsyncHooks::Fields` and `AsyncHooks::UidFields` of Node's `src/env.h`. */
const constants = {
  kInit: 0,
  kBefore: 1,
  kAfter: 2,
  kDestroy: 3,
  kPromiseResolve: 4,
  kTotals: 5,
  kCheck: 6,
  kStackLength: 7,
  kUsesExecutionAsyncResource: 8,
  kExecutionAsyncId: 0,
  kTriggerAsyncId: 1,
  kAsyncIdCounter: 2,
  kDefaultTriggerAsyncId: 3,
};

const STACK_DEPTH = 16;

/** V8's hooks on promises, set for the process that is running. */
interface PromiseHooks {
  init?: (promise: Promise<unknown>, parent: Promise<unknown> | undefined) => void;
  before?: (promise: Promise<unknown>) => void;
  after?: (promise: Promise<unknown>) => void;
  settled?: (promise: Promise<unknown>) => void;
}

interface NativeHooks {
  init(asyncId: number, type: string, triggerId: number, resource: object): void;
  before(asyncId: number): void;
  after(asyncId: number): void;
  destroy(asyncId: number): void;
}

/** Carries a frame from promise to promise. V8 does the work, through Node's own storage. */
const carrier = new AsyncLocalStorage<unknown>();

/** The context in which callbacks of one process run. */
export class AsyncContext {
  readonly fields: Uint32Array = new Uint32Array(9);
  readonly idFields: Float64Array = new Float64Array(4);
  #stack = new Float64Array(STACK_DEPTH * 2);
  #binding: { async_ids_stack: Float64Array } | undefined;
  readonly #resources: object[] = [];
  #hooks: NativeHooks | undefined;
  #promiseHooks: PromiseHooks | undefined;
  #stopPromiseHooks: (() => void) | undefined;
  /** Set once a program uses `AsyncLocalStorage` with frames. */
  #usesFrames = false;
  readonly #contexts = new WeakMap<
    object,
    { asyncId: number; triggerId: number; frame: unknown }
  >();

  constructor() {
    this.fields[constants.kCheck] = 1;
    this.idFields[constants.kAsyncIdCounter] = 1;
    this.idFields[constants.kDefaultTriggerAsyncId] = -1;
  }

  /** Returns a new id, unique within the process. */
  newAsyncId(): number {
    return (this.idFields[constants.kAsyncIdCounter] as number) === 0
      ? 1
      : ++(this.idFields as unknown as number[])[constants.kAsyncIdCounter]!;
  }

  #active(): boolean {
    return (
      this.#usesFrames ||
      (this.fields[constants.kUsesExecutionAsyncResource] as number) > 0 ||
      (this.fields[constants.kTotals] as number) > 0
    );
  }

  /** Registers a new handle or request with the context in which it was created. */
  register(resource: object, type: string): number {
    const asyncId = this.newAsyncId();
    if (!this.#active()) return asyncId;
    const explicit = this.idFields[constants.kDefaultTriggerAsyncId] as number;
    const triggerId =
      explicit >= 0 ? explicit : (this.idFields[constants.kExecutionAsyncId] as number);
    this.#contexts.set(resource, {
      asyncId,
      triggerId,
      frame: this.#usesFrames ? carrier.getStore() : undefined,
    });
    if ((this.fields[constants.kInit] as number) > 0) {
      this.#hooks?.init(asyncId, type, triggerId, resource);
    }
    return asyncId;
  }

  /**
   * The same as {@link makeCallback} with one argument, for callbacks that run for every packet.
   */
  callBack(resource: object, callback: (argument: never) => unknown, argument: unknown): unknown {
    if (!this.#active()) return Reflect.apply(callback, resource, [argument]);
    return this.makeCallback(resource, callback, [argument]);
  }

  /** Calls `callback` as `resource`'s, in the context in which that was registered. */
  makeCallback(
    resource: object,
    callback: (...args: never[]) => unknown,
    args: readonly unknown[],
  ): unknown {
    if (!this.#active()) return Reflect.apply(callback, resource, args);
    const call = (): unknown => Reflect.apply(callback, resource, args);
    const context = this.#contexts.get(resource);
    if (!context) return call();
    const { asyncId, triggerId, frame } = context;
    this.#push(asyncId, triggerId, resource);
    if ((this.fields[constants.kBefore] as number) > 0) this.#hooks?.before(asyncId);
    // After an exception, the stack is left as it is: its handler notifies the hooks and clears it.
    const result = this.#usesFrames ? carrier.run(frame, call) : call();
    if ((this.fields[constants.kAfter] as number) > 0) this.#hooks?.after(asyncId);
    this.#pop(asyncId);
    return result;
  }

  /** Runs a main script. It has the id 1 and no trigger. */
  main(action: () => void): void {
    this.#push(1, 0, {});
    action();
    this.#pop(1);
  }

  #push(asyncId: number, triggerId: number, resource: object | undefined): void {
    const depth = this.fields[constants.kStackLength] as number;
    const execution = this.idFields[constants.kExecutionAsyncId] as number;
    const trigger = this.idFields[constants.kTriggerAsyncId] as number;
    if (depth * 2 >= this.#stack.length) this.#grow();
    this.#stack[depth * 2] = execution;
    this.#stack[depth * 2 + 1] = trigger;
    if (resource) this.#resources[depth] = resource;
    this.fields[constants.kStackLength] = depth + 1;
    this.idFields[constants.kExecutionAsyncId] = asyncId;
    this.idFields[constants.kTriggerAsyncId] = triggerId;
  }

  #pop(asyncId: number): boolean {
    const depth = this.fields[constants.kStackLength] as number;
    if (depth === 0) return false;
    if (this.idFields[constants.kExecutionAsyncId] !== asyncId && asyncId !== 0) {
      // An exception unwound part of the stack. Node empties it in the same case.
      this.clear();
      return false;
    }
    const at = depth - 1;
    this.idFields[constants.kExecutionAsyncId] = this.#stack[at * 2] as number;
    this.idFields[constants.kTriggerAsyncId] = this.#stack[at * 2 + 1] as number;
    this.fields[constants.kStackLength] = at;
    this.#resources.length = Math.min(this.#resources.length, at);
    return at > 0;
  }

  /** Clears the whole stack, as after an uncaught exception and between events. */
  clear(): void {
    this.fields[constants.kStackLength] = 0;
    this.idFields[constants.kExecutionAsyncId] = 0;
    this.idFields[constants.kTriggerAsyncId] = 0;
    this.#resources.length = 0;
  }

  /** The library reads the stack itself, by its name in the binding. */
  #grow(): void {
    const larger = new Float64Array(this.#stack.length * 2);
    larger.set(this.#stack);
    this.#stack = larger;
    if (this.#binding) this.#binding.async_ids_stack = larger;
  }

  /** Called when the process has ended: its promises are no longer hooked. */
  dispose(): void {
    this.#stopPromiseHooks?.();
    this.#stopPromiseHooks = undefined;
  }

  /** `internalBinding('async_wrap')`. `isCurrent` returns whether this process is running. */
  asyncWrapBinding(isCurrent: () => boolean): object {
    const resources = this.#resources;
    const binding = {
      constants,
      async_hook_fields: this.fields,
      async_id_fields: this.idFields,
      async_ids_stack: this.#stack,
      execution_async_resources: resources,
      Providers: {},
      setupHooks: (hooks: NativeHooks) => {
        this.#hooks = hooks;
      },
      setCallbackTrampoline: () => {},
      registerDestroyHook: () => {},
      queueDestroyAsyncId: (asyncId: number) => this.#hooks?.destroy(asyncId),
      pushAsyncContext: (asyncId: number, triggerId: number, resource?: object) =>
        this.#push(asyncId, triggerId, resource),
      popAsyncContext: (asyncId: number) => this.#pop(asyncId),
      clearAsyncIdStack: () => this.clear(),
      executionAsyncResource: (index: number) => resources[index],
      getPromiseHooks: () => {
        const { init, before, after, settled } = this.#promiseHooks ?? {};
        return [init, before, after, settled];
      },
      setPromiseHooks: (
        init: PromiseHooks["init"],
        before: PromiseHooks["before"],
        after: PromiseHooks["after"],
        settled: PromiseHooks["settled"],
      ) => this.#hookPromises({ init, before, after, settled } as PromiseHooks, isCurrent),
    };
    this.#binding = binding;
    return binding;
  }

  #hookPromises(hooks: PromiseHooks, isCurrent: () => boolean): void {
    this.#stopPromiseHooks?.();
    this.#stopPromiseHooks = undefined;
    this.#promiseHooks = hooks;
    const mine: Record<string, unknown> = {};
    for (const [name, hook] of Object.entries(hooks) as [string, ((...a: unknown[]) => void)?][]) {
      if (hook) mine[name] = (...args: unknown[]) => (isCurrent() ? hook(...args) : undefined);
    }
    if (Object.keys(mine).length === 0) return;
    this.#stopPromiseHooks = promiseHooks.createHook(mine) as unknown as () => void;
  }

  /** `internalBinding('async_context_frame')`. */
  frameBinding(): object {
    return {
      getContinuationPreservedEmbedderData: () => carrier.getStore(),
      setContinuationPreservedEmbedderData: (frame: unknown) => {
        // The library restores "no frame" around every timer. That does not count as using frames.
        if (frame === undefined && !this.#usesFrames) return;
        this.#usesFrames = true;
        carrier.enterWith(frame);
      },
    };
  }

  /** Runs `action` without a frame, at the beginning of an event. */
  enter<T>(action: (arg: T) => void, arg: T): void {
    countCallback();
    if (this.#usesFrames) carrier.run(undefined, action, arg);
    else action(arg);
  }
}

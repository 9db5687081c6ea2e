/**
 * Node's library takes JavaScript's built-ins from an object of frozen references, `primordials`.
 * Most are the same for all processes. Those that read the time, draw random numbers or observe the
 * garbage collector are each process's own.
 */
import { correctMessage } from "../program/source/messages.ts";
import { libraryFile } from "./natives.ts";
import { LibrarySymbol } from "./symbols.ts";

type Bag = Record<string | symbol, unknown>;

let shared: Bag | undefined;

/** Returns the primordials without any state of a process, for files that all processes share. */
export function sharedPrimordials(): Bag {
  if (!shared) {
    shared = {};
    const fill = libraryFile("internal/per_context/primordials") as unknown as (
      exports: object,
      primordials: object,
      privateSymbols: object,
      perIsolateSymbols: object,
    ) => void;
    fill({}, shared, {}, {});
  }
  return shared;
}

/** The deterministic replacements of built-ins that one process uses. */
export interface HostIntrinsics {
  readonly Date: DateConstructor;
  readonly Math: Math;
  readonly Atomics: typeof Atomics;
  readonly WeakRef: WeakRefConstructor;
  readonly FinalizationRegistry: FinalizationRegistryConstructor;
  readonly Intl: typeof Intl;
  readonly WebAssembly: object;
  /** Available from Node 26 on. */
  readonly Temporal: object | undefined;
}

/** Returns the primordials of one process. */
export function primordialsFor(intrinsics: HostIntrinsics, global: () => object): object {
  const { Date: date } = intrinsics;
  // The shared object is frozen: its names can only be shadowed by defining properties, as a literal does.
  return {
    __proto__: sharedPrimordials(),
    Date: date,
    DateNow: () => date.now(),
    Symbol: LibrarySymbol,
    MathRandom: () => intrinsics.Math.random(),
    WeakRef: intrinsics.WeakRef,
    SafeWeakRef: intrinsics.WeakRef,
    FinalizationRegistry: intrinsics.FinalizationRegistry,
    SafeFinalizationRegistry: intrinsics.FinalizationRegistry,
    // Made when the library reads them: few files of it do. The other functions of `Atomics` are the real ones.
    get AtomicsWait() {
      return intrinsics.Atomics.wait;
    },
    get AtomicsNotify() {
      return intrinsics.Atomics.notify;
    },
    get AtomicsWaitAsync() {
      return (intrinsics.Atomics as { waitAsync?: unknown }).waitAsync;
    },
    get globalThis() {
      return global();
    },
    // Called by the library's `catch` clauses (`natives.ts`).
    caught: correctMessage,
  };
}

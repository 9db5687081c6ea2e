/**
 * Node's library takes JavaScript's built-ins from an object of frozen references, `primordials`.
 * Most are the same for all processes. Those that read the time, draw random numbers or observe the
 * garbage collector are each process's own.
 */
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
  const { Date: date, Math: math } = intrinsics;
  const own: Bag = {
    Date: date,
    DateNow: () => date.now(),
    Symbol: LibrarySymbol,
    MathRandom: () => math.random(),
    WeakRef: intrinsics.WeakRef,
    SafeWeakRef: intrinsics.WeakRef,
    FinalizationRegistry: intrinsics.FinalizationRegistry,
    SafeFinalizationRegistry: intrinsics.FinalizationRegistry,
  };
  for (const name of Object.getOwnPropertyNames(intrinsics.Atomics)) {
    const primordial = `Atomics${(name[0] as string).toUpperCase()}${name.slice(1)}`;
    if (primordial in sharedPrimordials()) {
      own[primordial] = intrinsics.Atomics[name as keyof typeof Atomics];
    }
  }
  // The shared object is frozen: its names can only be shadowed by defining properties.
  return Object.create(sharedPrimordials(), {
    ...Object.getOwnPropertyDescriptors(own),
    globalThis: { get: global },
  }) as object;
}

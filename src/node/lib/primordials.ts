/**
 * Node's library takes JavaScript's built-ins from an object of frozen references, `primordials`. Most
 * are the same for all processes; what tells the time, draws at random or watches the garbage collector
 * is each process's own.
 */
import { libraryFile } from "./natives.ts";
import { LibrarySymbol } from "./symbols.ts";

type Bag = Record<string | symbol, unknown>;

let shared: Bag | undefined;

/** The primordials without anything of a process's own: for files that all processes share. */
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

/** The deterministic stand-ins for built-ins that one process uses. */
export interface HostIntrinsics {
  readonly Date: DateConstructor;
  readonly Math: Math;
  readonly Atomics: typeof Atomics;
  readonly WeakRef: WeakRefConstructor;
  readonly FinalizationRegistry: FinalizationRegistryConstructor;
  readonly Intl: typeof Intl;
  readonly WebAssembly: object;
  /** From Node 26 on. */
  readonly Temporal: object | undefined;
}

/** The primordials of one process. */
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
  // The shared object is frozen: its names can be shadowed by definition alone.
  return Object.create(sharedPrimordials(), {
    ...Object.getOwnPropertyDescriptors(own),
    globalThis: { get: global },
  }) as object;
}

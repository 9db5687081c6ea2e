/**
 * `node:v8` of a simulated process: serialization is the real one, heap statistics are fixed
 * numbers, and functions that inspect the shared engine are not simulated.
 */
import * as real from "node:v8";
import { notSimulated } from "../not-simulated.ts";
import type { Realm } from "../realm-types.ts";
import { standIn } from "../stand-in.ts";

const realModule = ((real as { default?: object }).default ?? real) as Record<string, unknown>;

/** Without state, clock or engine: the real ones are used. */
const pure = ["serialize", "deserialize", "Serializer", "Deserializer", "DefaultSerializer"];
pure.push("DefaultDeserializer", "isStringOneByteRepresentation");

// The same in every run. V8's real usage differs between machines.
const heapStatistics: Readonly<Record<string, number>> = {
  total_heap_size: 20_000_000,
  total_heap_size_executable: 300_000,
  total_physical_size: 20_000_000,
  total_available_size: 4_300_000_000,
  used_heap_size: 12_000_000,
  heap_size_limit: 4_345_298_944,
  malloced_memory: 250_000,
  peak_malloced_memory: 600_000,
  does_zap_garbage: 0,
  number_of_native_contexts: 1,
  number_of_detached_contexts: 0,
  total_global_handles_size: 8_192,
  used_global_handles_size: 2_112,
  external_memory: 2_000_000,
  total_allocated_bytes: 30_000_000,
};

/** The names that this version of V8 has. */
const statisticNames = Object.keys(real.getHeapStatistics());
const spaceNames = real.getHeapSpaceStatistics().map(({ space_name }) => space_name);

const isBuilding = real.startupSnapshot.isBuildingSnapshot();

/** The size of each heap space. The others are empty. */
const spaceSizes: Readonly<Record<string, number>> = {
  new_space: 2_000_000,
  old_space: 16_000_000,
  code_space: 1_000_000,
  large_object_space: 1_000_000,
};

function spaceStatistics(name: string): object {
  const size = spaceSizes[name] ?? 0;
  return {
    space_name: name,
    space_size: size,
    space_used_size: Math.floor(size * 0.6),
    space_available_size: Math.ceil(size * 0.4),
    physical_space_size: size,
  };
}

/** True if a profiler can be declared with `using`: from Node 24 on. */
const disposes =
  typeof Symbol.dispose === "symbol" &&
  Symbol.dispose in (realModule["GCProfiler"] as { prototype: object }).prototype;

/** A `GCProfiler` whose reports contain no collections. */
function gcProfilerClass(realm: Realm): object {
  const now = (): number => new realm.intrinsics.Date().getTime();
  class GCProfiler {
    #startTime: number | undefined;

    start(): void {
      this.#startTime ??= now();
    }

    stop(): object | undefined {
      const startTime = this.#startTime;
      if (startTime === undefined) return undefined;
      this.#startTime = undefined;
      return { version: 1, startTime, statistics: [], endTime: now() };
    }
  }
  if (disposes) {
    const value = function (this: GCProfiler): void {
      this.stop();
    };
    Object.defineProperty(value, "name", { value: "[Symbol.dispose]" });
    const attributes = { writable: true, configurable: true };
    Object.defineProperty(GCProfiler.prototype, Symbol.dispose, { ...attributes, value });
  }
  return GCProfiler;
}

/** Returns a number for V8's version and flags, as used to mark code caches. */
function versionTag(flags: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const character of [process.versions.v8, ...flags].join(" ")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  }
  return hash >>> 0;
}

/** `v8.startupSnapshot` for a process that does not build a snapshot. */
function startupSnapshot(realm: Realm): object {
  const refuse = (name: string) =>
    ({
      [name]: () => {
        const { codes } = realm.require("internal/errors");
        throw new codes.ERR_NOT_BUILDING_SNAPSHOT();
      },
    })[name];
  return {
    addDeserializeCallback: refuse("addDeserializeCallback"),
    addSerializeCallback: refuse("addSerializeCallback"),
    setDeserializeMainFunction: refuse("setDeserializeMainFunction"),
    // A number in Node 20, a boolean in later versions.
    isBuildingSnapshot: () => isBuilding,
  };
}

function ownParts(realm: Realm): Record<string, unknown> {
  const flags: string[] = [];
  return {
    getHeapStatistics: () =>
      Object.fromEntries(statisticNames.map((name) => [name, heapStatistics[name] ?? 0])),
    getHeapSpaceStatistics: () => spaceNames.map((name) => spaceStatistics(name)),
    getHeapCodeStatistics: () => ({
      code_and_metadata_size: 1_800_000,
      bytecode_and_metadata_size: 160_000,
      external_script_source_size: 1_400_000,
      cpu_profiler_metadata_size: 0,
    }),
    // The engine is shared. A process's flags are recorded but have no effect.
    setFlagsFromString: (given: string) => {
      realm.require("internal/validators").validateString(given, "flags");
      flags.push(given);
    },
    cachedDataVersionTag: () => versionTag(flags),
    setHeapSnapshotNearHeapLimit: (limit: number) => {
      realm.require("internal/validators").validateUint32(limit, "limit", true);
    },
    setHeapProfileNearHeapLimit: (limit: number) => {
      realm.require("internal/validators").validateUint32(limit, "limit", true);
    },
    ...coverage(realm),
    GCProfiler: gcProfilerClass(realm),
    startupSnapshot: startupSnapshot(realm),
    // Node's own, for the promises of the process that hooks them.
    promiseHooks: realm.require("internal/promise_hooks"),
  };
}

/**
 * What writes the coverage that NODE_V8_COVERAGE requests. No coverage is collected, so that none can be written; a
 * program that stops it gets what it asks for.
 */
function coverage(realm: Realm): Record<"takeCoverage" | "stopCoverage", () => void> {
  let stopped = false;
  return {
    takeCoverage() {
      if (stopped || !realm.process.env.NODE_V8_COVERAGE) return;
      (notSimulated("node:v8.takeCoverage with NODE_V8_COVERAGE") as () => never)();
    },
    stopCoverage() {
      stopped = true;
    },
  };
}

/** Creates the module of one process. */
export function createV8Module(realm: Realm): object {
  const module = standIn(realModule, "node:v8") as Record<string, unknown>;
  for (const name of pure) if (name in realModule) module[name] = realModule[name];
  for (const [name, value] of Object.entries(ownParts(realm))) {
    if (name in realModule) module[name] = value;
  }
  return module;
}

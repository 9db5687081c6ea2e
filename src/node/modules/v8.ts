/** `node:v8` of a simulated process: serialization is the real one, numbers of the heap are a machine's. */
import * as real from "node:v8";
import { notSimulated } from "../bindings/index.ts";

const pure = new Set(["serialize", "deserialize", "Serializer", "Deserializer"]);
for (const name of ["DefaultSerializer", "DefaultDeserializer"]) pure.add(name);

/** Makes the module of one process. */
export function createV8Module(): object {
  const module: Record<string, unknown> = {};
  for (const [name, value] of Object.entries((real as { default?: object }).default ?? real)) {
    module[name] =
      pure.has(name) || typeof value !== "function" ? value : notSimulated(`node:v8.${name}`);
  }
  return Object.assign(module, {
    // The same in every run: what V8 really uses differs from machine to machine.
    getHeapStatistics: () => ({
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
    }),
    getHeapSpaceStatistics: () => [],
    setFlagsFromString: () => {},
    cachedDataVersionTag: () => 0,
    startupSnapshot: { isBuildingSnapshot: () => false },
  });
}

/**
 * Builds the file from which a server's Lua machines are created (`lua.wasm`): the package's
 * interpreter without its unused exports, and with images of its memory in which Redis's
 * environments are already set up. The same code sets them up here and at run time.
 */
import { type LuaApi, natives } from "../lua/api.ts";
import {
  BinaryReader,
  encodeName,
  encodeNumber,
  moduleOf,
  SectionId,
  sectionsOf,
} from "../lua/binary.ts";
import { imageSection, takeMemory } from "../lua/image.ts";
import {
  compileInterpreter,
  createMachine,
  type Interpreter,
  readPackaged,
  withSharedMemory,
} from "../lua/machine.ts";
import { Server } from "../server.ts";
import { Environment } from "./environment.ts";
import type { ChunkName } from "./set-up.ts";

const used: ReadonlySet<string> = new Set<keyof LuaApi>([
  "memory",
  "__indirect_function_table",
  ...natives,
]);
const environments: readonly ChunkName[] = ["user_script", "user_function"];

/** Returns the bytes of the file. */
export function buildInterpreter(): Uint8Array {
  const bare = withoutUnusedExports(withSharedMemory(readPackaged()));
  const interpreter = compileInterpreter(bare);
  const before = newMemory(interpreter);
  const images = environments.map((name) => {
    const environment = newEnvironment(name, interpreter);
    const memory = takeMemory(new Uint8Array(environment.lua.api.memory.buffer), before);
    return imageSection(name, { memory, record: environment.record });
  });
  return moduleOf(bare, [...sectionsOf(bare), ...images]);
}

/** Creates an environment of an unused server. */
export function newEnvironment(name: ChunkName, interpreter: Interpreter): Environment {
  const register = name === "user_function" ? () => 0 : undefined;
  return new Environment(new Server(), name, register, interpreter);
}

/** Returns the memory of an unused machine. */
function newMemory(interpreter: Interpreter): Uint8Array {
  const nothing = { call: () => 0, hook: () => undefined, grown: () => undefined };
  return new Uint8Array(createMachine(interpreter, nothing, []).api.memory.buffer);
}

/** Removes unused exports, because each export is an object in every instance. */
function withoutUnusedExports(module: Uint8Array): Uint8Array {
  const sections = sectionsOf(module).map((section) => {
    if (section.id !== SectionId.exports) return section;
    const reader = new BinaryReader(section.payload);
    const kept: Uint8Array[] = [];
    for (let left = reader.number(); left > 0; left--) {
      const name = Buffer.from(reader.bytes(reader.number())).toString();
      const kind = Uint8Array.of(reader.byte());
      const entry = [encodeName(name), kind, encodeNumber(reader.number())];
      if (used.has(name)) kept.push(Buffer.concat(entry));
    }
    return { id: section.id, payload: Buffer.concat([encodeNumber(kept.length), ...kept]) };
  });
  return moduleOf(module, sections);
}

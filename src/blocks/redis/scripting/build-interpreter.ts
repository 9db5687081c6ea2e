/**
 * Builds the file that a server's Lua machines are made of (`lua.wasm`): the package's interpreter without
 * the exports that nobody calls, and images of its memory where Redis's environments are set up already.
 * They are set up here by the code that does it anywhere else.
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

/** The bytes of the file. */
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

/** An environment of a server that nothing was done with. */
export function newEnvironment(name: ChunkName, interpreter: Interpreter): Environment {
  const register = name === "user_function" ? () => 0 : undefined;
  return new Environment(new Server(), name, register, interpreter);
}

/** The memory of a machine that nothing was done with. */
function newMemory(interpreter: Interpreter): Uint8Array {
  const nothing = { call: () => 0, hook: () => undefined, grown: () => undefined };
  return new Uint8Array(createMachine(interpreter, nothing, []).api.memory.buffer);
}

/** Each export is an object in every instance. */
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

/**
 * Lua 5.1.5 itself, as WebAssembly: the interpreter that Redis embeds, from the npm package
 * wasmoon-lua5.1. Only its binary is used. The package's own JavaScript loads it asynchronously and
 * maintains reference tables for browsers, but only Lua's C API is needed here.
 *
 * A machine is one instance with its own memory. The same calls produce the same bytes in it on
 * every platform, so everything that Lua derives from addresses and hashes (the order of `pairs`)
 * is the same in every run, and equals Redis's order.
 */
import { readFileSync } from "../host.ts";
import type { LuaApi, Native } from "./api.ts";
import { moduleOf, SectionId, sectionsOf } from "./binary.ts";
import { type MemoryImage, putMemory } from "./image.ts";

type Imports = Record<string, Record<string, Native>>;

declare const WebAssembly: {
  readonly Module: (new (bytes: Uint8Array) => object) & {
    imports(module: object): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: object };
};

const PAGE = 65_536;
const HAS_MAXIMUM = 1;
const IS_SHARED = 2;

/** The compiled interpreter, from which machines are created. */
export interface Interpreter {
  readonly module: object;
  readonly trampoline: object;
}

/**
 * The interpreter of each process. A world evaluates the modules of a block once for all processes,
 * and each process reads the file itself.
 */
const standards: WeakMap<object, Interpreter> = new WeakMap();

/**
 * Returns the interpreter of this process. It is read and compiled for the first script, because
 * most servers run none. It is the build that contains images of its memory. If the block runs from
 * source, where that file does not exist, it is the package's own.
 */
export function standardInterpreter(): Interpreter {
  let standard = standards.get(process);
  if (standard === undefined) {
    standard = compileInterpreter(readBuilt() ?? withSharedMemory(readPackaged()));
    standards.set(process, standard);
  }
  return standard;
}

/** Compiles an interpreter, with its memory declared as shared. */
export function compileInterpreter(bytes: Uint8Array): Interpreter {
  return {
    module: new WebAssembly.Module(bytes),
    trampoline: new WebAssembly.Module(TRAMPOLINE),
  };
}

function readBuilt(): Uint8Array | undefined {
  try {
    return readFileSync(new URL("./lua.wasm", import.meta.url));
  } catch {
    return undefined;
  }
}

/** Reads the interpreter's binary from its package. */
export function readPackaged(): Uint8Array {
  return readFileSync(new URL(import.meta.resolve("wasmoon-lua5.1/dist/liblua5.1.wasm")));
}

/**
 * Returns the binary with its memory declared as shared between threads. No thread shares it, but
 * V8 does not count shared memory as pressure for garbage collection, and a world starts many
 * servers. Each memory has a nominal size of 16 MB and really uses a few hundred KB. If V8 counted
 * them, a world of five servers would lose a third of its speed.
 */
export function withSharedMemory(bytes: Uint8Array): Uint8Array {
  const sections = sectionsOf(bytes).map((section) => {
    if (section.id !== SectionId.memory) return section;
    // There is one memory. Its limits follow its flags: it has a maximum, and it is shared.
    const payload = Uint8Array.from(section.payload);
    payload[1] = HAS_MAXIMUM | IS_SHARED;
    return { id: section.id, payload };
  });
  return moduleOf(bytes, sections);
}

/**
 * Turns JavaScript functions into C functions. WebAssembly's tables can only hold WebAssembly
 * functions, so this module imports `e.f`, a Lua C function: (i32) -> i32, and `e.h`, a hook: (i32,
 * i32) -> (), and exports them again.
 */
const TRAMPOLINE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x0b, 0x02, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x0d, 0x02, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00, 0x01, 0x65, 0x01, 0x68, 0x00, 0x01],
  ...[0x07, 0x09, 0x02, 0x01, 0x66, 0x00, 0x00, 0x01, 0x68, 0x00, 0x01],
]);

/** Thrown by `longjmp`. Only the `setjmp` below it on the stack may catch it. */
const unwinding: object = { toString: () => "Lua unwinds its stack" };

/** The callbacks that a machine needs. */
export interface MachineHost {
  /** Calls a JavaScript function from C, with the address of Lua's state. */
  call(state: number): number;
  /** Called by Lua's hook. */
  hook(state: number): void;
  /** Called when the memory has grown. Existing views of it keep their old length. */
  grown(): void;
}

/** A machine, and the table indexes of the JavaScript functions. */
export interface Machine {
  readonly api: LuaApi;
  readonly call: number;
  readonly hook: number;
}

/** Creates a machine, either in the state of an image or in its initial state. */
export function createMachine(
  { module, trampoline }: Interpreter,
  host: MachineHost,
  image: MemoryImage | undefined = undefined,
): Machine {
  const imports: Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => {
      throw new Error(`Lua asked for ${name}, which no library of Redis's needs`);
    };
  }
  const nothing: Native = () => 0;
  Object.assign(imports["wasi_snapshot_preview1"] as object, {
    environ_sizes_get: nothing,
    environ_get: nothing,
  });
  Object.assign(imports["env"] as object, {
    exit: () => {
      throw new Error("Lua gave up: an error outside of any protected call");
    },
    emscripten_memcpy_js: (to: number, from: number, count: number) => {
      new Uint8Array(api.memory.buffer).copyWithin(to, from, from + count);
    },
    emscripten_resize_heap: (bytes: number) => {
      try {
        api.memory.grow(Math.ceil((bytes - api.memory.buffer.byteLength) / PAGE));
        host.grown();
        return 1;
      } catch {
        return 0;
      }
    },
    _emscripten_throw_longjmp: () => {
      throw unwinding;
    },
    // `setjmp`, as Emscripten compiles it: the protected code is called through these functions.
    invoke_vii: (index: number, first: number, second: number) => {
      const stack = api.stackSave();
      try {
        api.__indirect_function_table.get(index)(first, second);
      } catch (error) {
        api.stackRestore(stack);
        if (error instanceof RangeError) overflow(api, first);
        else if (error !== unwinding) throw error;
        api.setThrew(1, 0);
      }
    },
  });
  const api = new WebAssembly.Instance(module, imports).exports as LuaApi;
  if (image) putMemory(new Uint8Array(api.memory.buffer), image);
  else api.__wasm_call_ctors();
  api.emscripten_stack_init();
  const { f, h } = new WebAssembly.Instance(trampoline, {
    e: {
      f: (state) => host.call(state as number),
      h: (state) => {
        host.hook(state as number);
        return 0;
      },
    },
  }).exports as { f: Native; h: Native };
  return { api, call: addFunction(api, f), hook: addFunction(api, h) };
}

/**
 * A pattern can exceed C's stack, where Redis would crash. Here it raises a Lua error in the
 * function that recursed too deeply.
 */
function overflow(api: LuaApi, state: number): void {
  const text = "stack overflow";
  const place = api.malloc(text.length);
  Buffer.from(api.memory.buffer).write(text, place, "latin1");
  api.lua_pushlstring(state, place, text.length);
  api.free(place);
  try {
    api.lua_error(state);
  } catch (error) {
    if (error !== unwinding) throw error;
  }
}

/** Adds a WebAssembly function to the table. The index is the function's address for C. */
export function addFunction(api: LuaApi, native: Native): number {
  const index = api.__indirect_function_table.grow(1);
  api.__indirect_function_table.set(index, native);
  return index;
}

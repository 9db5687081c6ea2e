/**
 * Lua 5.1.5 itself, as WebAssembly: the interpreter that Redis embeds, by way of the npm package
 * wasmoon-lua5.1. Only its binary is used: its own JavaScript loads it asynchronously and keeps tables of
 * references for browsers, where all that is needed here is Lua's C API.
 *
 * A machine is one instance, with memory of its own. The same calls leave the same bytes in it on every
 * platform, so what Lua derives from addresses and hashes (the order of `pairs`) is the same in every run,
 * and is Redis's order.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A function of Lua's C API: numbers and addresses in, a number or nothing out. */
type Native = (...args: number[]) => number;

/** The parts of Lua's C API (lua.h, lauxlib.h) that are called from here, and the allocator. */
export interface LuaApi {
  readonly memory: { readonly buffer: SharedArrayBuffer; grow(pages: number): number };
  readonly __indirect_function_table: {
    readonly length: number;
    get(index: number): Native;
    set(index: number, value: Native): void;
    grow(count: number): number;
  };
  readonly __wasm_call_ctors: Native;
  readonly emscripten_stack_init: Native;
  readonly stackSave: Native;
  readonly stackRestore: Native;
  readonly setThrew: Native;
  readonly malloc: Native;
  readonly free: Native;
  readonly lua_call: Native;
  readonly lua_checkstack: Native;
  readonly lua_concat: Native;
  readonly lua_createtable: Native;
  readonly lua_error: Native;
  readonly lua_gc: Native;
  readonly lua_getfield: Native;
  readonly lua_getmetatable: Native;
  readonly lua_gettop: Native;
  readonly lua_getupvalue: Native;
  readonly lua_insert: Native;
  readonly lua_isnumber: Native;
  readonly lua_next: Native;
  readonly lua_pcall: Native;
  readonly lua_pushboolean: Native;
  readonly lua_pushcclosure: Native;
  readonly lua_pushlightuserdata: Native;
  readonly lua_pushlstring: Native;
  readonly lua_pushnil: Native;
  readonly lua_pushnumber: Native;
  readonly lua_pushvalue: Native;
  readonly lua_rawget: Native;
  readonly lua_rawgeti: Native;
  readonly lua_rawset: Native;
  readonly lua_rawseti: Native;
  readonly lua_remove: Native;
  readonly lua_replace: Native;
  readonly lua_setfield: Native;
  readonly lua_sethook: Native;
  readonly lua_setmetatable: Native;
  readonly lua_settop: Native;
  readonly lua_toboolean: Native;
  readonly lua_tocfunction: Native;
  readonly lua_tolstring: Native;
  readonly lua_tonumber: Native;
  readonly lua_topointer: Native;
  readonly lua_touserdata: Native;
  readonly lua_type: Native;
  readonly luaL_argerror: Native;
  readonly luaL_checklstring: Native;
  readonly luaL_checknumber: Native;
  readonly luaL_checktype: Native;
  readonly luaL_loadbuffer: Native;
  readonly luaL_newstate: Native;
  readonly luaL_ref: Native;
  readonly luaL_unref: Native;
  readonly luaL_where: Native;
  readonly luaopen_base: Native;
  readonly luaopen_debug: Native;
  readonly luaopen_math: Native;
  readonly luaopen_string: Native;
  readonly luaopen_table: Native;
}

type Imports = Record<string, Record<string, Native>>;

declare const WebAssembly: {
  readonly Module: (new (bytes: Uint8Array) => object) & {
    imports(module: object): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: object };
};

const PAGE = 65_536;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const IS_SHARED = 2;

let loaded: { readonly interpreter: object; readonly trampoline: object } | undefined;

/** Reads and compiles both modules, when the first script comes: most servers never see one. */
function load(): { readonly interpreter: object; readonly trampoline: object } {
  const binary = createRequire(import.meta.url).resolve("wasmoon-lua5.1/dist/liblua5.1.wasm");
  loaded ??= {
    interpreter: new WebAssembly.Module(withSharedMemory(readFileSync(binary))),
    trampoline: new WebAssembly.Module(TRAMPOLINE),
  };
  return loaded;
}

/**
 * The binary, with its memory declared as one that threads may share: nobody does, but V8 does not count it
 * among what presses for a garbage collection, and a world starts many servers. Each of their memories is
 * 16 MB by name, and a few hundred KB in truth; counted, they cost a world of five servers a third of its speed.
 */
function withSharedMemory(bytes: Buffer): Buffer {
  let at = 8;
  const readLength = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  for (;;) {
    const section = bytes.readUInt8(at++);
    const length = readLength();
    if (section === MEMORY_SECTION) break;
    at += length;
  }
  // One memory, whose limits follow their flags: that there is a maximum, and that it is shared.
  bytes.writeUInt8(HAS_MAXIMUM | IS_SHARED, at + 1);
  return bytes;
}

/**
 * What makes C functions out of functions of ours: WebAssembly's tables hold nothing but WebAssembly's own,
 * so this module imports `e.f`, a function of Lua's: (i32) -> i32, and `e.h`, a hook: (i32, i32) -> (),
 * and exports them again.
 */
const TRAMPOLINE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x0b, 0x02, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x00],
  ...[0x02, 0x0d, 0x02, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00, 0x01, 0x65, 0x01, 0x68, 0x00, 0x01],
  ...[0x07, 0x09, 0x02, 0x01, 0x66, 0x00, 0x00, 0x01, 0x68, 0x00, 0x01],
]);

/** What `longjmp` throws: nobody but the `setjmp` below it may catch it. */
const unwinding: object = { toString: () => "Lua unwinds its stack" };

/** What a machine calls. */
export interface MachineHost {
  /** A C function of ours, with the address of Lua's state. */
  call(state: number): number;
  /** A hook. */
  hook(state: number): void;
  /** The memory has grown: views of it end where it ended before. */
  grown(): void;
}

/** A machine, and where in its table of functions those of ours stand. */
export interface Machine {
  readonly api: LuaApi;
  readonly call: number;
  readonly hook: number;
}

/** Makes a machine. */
export function createMachine(host: MachineHost): Machine {
  const { interpreter, trampoline } = loaded ?? load();
  const imports: Imports = {};
  for (const { module, name } of WebAssembly.Module.imports(interpreter)) {
    (imports[module] ??= {})[name] = () => {
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
    // `setjmp`, as Emscripten compiles it: the protected part is a call through here.
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
  const api = new WebAssembly.Instance(interpreter, imports).exports as LuaApi;
  api.__wasm_call_ctors();
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
 * A pattern can take C's stack beyond its end, where Redis would crash. Here it is an error of Lua's: raised
 * as of the function that went too deep.
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

/** Gives a WebAssembly function a place in the table, which is its address for C. */
export function addFunction(api: LuaApi, native: Native): number {
  const index = api.__indirect_function_table.grow(1);
  api.__indirect_function_table.set(index, native);
  return index;
}

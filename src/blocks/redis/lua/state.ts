/**
 * A Lua state: Lua's C API with JavaScript values. Strings are byte strings with one character per
 * byte, as everywhere in this block. JavaScript functions follow the conventions of C functions for
 * Lua: they find their arguments on the stack, at index 1 and up, push their results, and return
 * the number of results.
 */
import type { LuaApi, Native } from "./api.ts";
import { toLong } from "./c-types.ts";
import {
  type GivenFunctions,
  type HostFunction,
  HostFunctions,
  type Replacement,
} from "./host-functions.ts";
import type { MemoryImage } from "./image.ts";
import { addFunction, createMachine, type Interpreter, type MachineHost } from "./machine.ts";

/** The fields of a table, in the order in which they are set. `pairs` makes this order visible. */
export type Fields = readonly (readonly [string, HostFunction | string | number])[];

/** The data needed to restore a state, apart from its memory and its functions. */
export interface LuaRecord {
  readonly at: number;
  readonly scratch: number;
  readonly length: number;
  /** The replaced functions, as in {@link HostFunctions.originals}. */
  readonly originals: readonly number[];
}

/** A saved state. */
export interface LuaImage {
  readonly memory: MemoryImage;
  readonly record: LuaRecord;
}

/** The types of Lua's values, with lua.h's numbers. */
export const LuaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

export const REGISTRY = -10_000;
export const GLOBALS = -10_002;
const FIRST_UPVALUE = -10_003;

/** `LUA_ERRMEM` and `LUA_GCCOLLECT`. */
const OUT_OF_MEMORY = 4;
const COLLECT = 2;

/** When a hook is called: at each line, or after a number of instructions (lua.h). */
const MASK_LINE = 4;
const MASK_COUNT = 8;
const STEPS_AT_ONCE = 100_000;
/** A call of a JavaScript function counts as this many instructions of Lua's machine. */
const STEPS_PER_CALL = 100;

/** Size of the buffer for strings on their way into Lua, in bytes. Most strings fit. */
const SCRATCH_BYTES = 4_096;
/** Up to this length, a loop is faster than a call into C++. */
const SHORT_BYTES = 48;

export class LuaState {
  readonly api: LuaApi;
  /** The address of the running state. A coroutine has its own. */
  at: number;
  readonly #functions: HostFunctions;
  readonly #call: number;
  readonly #hook: number;
  #stepsLeft = 0;
  #counts = false;
  /** Raises the error that ends a script which has exceeded its step limit. */
  #stop: (lua: LuaState) => never = (lua) => lua.raise("ran for too many steps");
  readonly #scratch: number;
  readonly #length: number;
  readonly #names: Map<string, number> = new Map();
  /** Lua's memory. */
  #bytes: Buffer;

  /** Creates a state, or continues a saved one, which must be given the same functions. */
  constructor(interpreter: Interpreter, given: GivenFunctions, image?: LuaImage) {
    const record = image?.record;
    this.#functions = new HostFunctions(given, record?.originals ?? []);
    const { api, call, hook } = createMachine(interpreter, this.#host(), image?.memory);
    this.api = api;
    this.#call = call;
    this.#hook = hook;
    this.#bytes = Buffer.from(api.memory.buffer);
    this.#scratch = record?.scratch ?? api.malloc(SCRATCH_BYTES);
    this.#length = record?.length ?? api.malloc(4);
    this.at = record?.at ?? api.luaL_newstate();
  }

  /** The data that an image of this state must store. The stack must be empty. */
  get record(): LuaRecord {
    const { originals } = this.#functions;
    return { at: this.at, scratch: this.#scratch, length: this.#length, originals };
  }

  #host(): MachineHost {
    return {
      call: (at) => {
        const before = this.at;
        this.at = at;
        this.#stepsLeft -= STEPS_PER_CALL;
        try {
          return this.#functions.call(this.api.lua_tonumber(at, FIRST_UPVALUE), this);
        } finally {
          this.at = before;
        }
      },
      hook: (at) => {
        const before = this.at;
        this.at = at;
        try {
          this.#countSteps();
        } finally {
          this.at = before;
        }
      },
      grown: () => {
        this.#bytes = Buffer.from(this.api.memory.buffer);
      },
    };
  }

  get top(): number {
    return this.api.lua_gettop(this.at);
  }

  set top(index: number) {
    this.api.lua_settop(this.at, index);
  }

  pop(count: number = 1): void {
    this.api.lua_settop(this.at, -count - 1);
  }

  type(index: number): number {
    return this.api.lua_type(this.at, index);
  }

  /** Ensures space on the stack for this many values, or raises Lua's "stack overflow". */
  reserve(count: number): void {
    if (this.api.lua_checkstack(this.at, count) === 0) this.raise("stack overflow");
  }

  pushNil(): void {
    this.api.lua_pushnil(this.at);
  }

  pushBoolean(value: boolean): void {
    this.api.lua_pushboolean(this.at, value ? 1 : 0);
  }

  pushNumber(value: number): void {
    this.api.lua_pushnumber(this.at, value);
  }

  pushValue(index: number): void {
    this.api.lua_pushvalue(this.at, index);
  }

  /** Pushes a null pointer, which represents JSON's null. */
  pushNull(): void {
    this.api.lua_pushlightuserdata(this.at, 0);
  }

  /**
   * Pushes a new table with space for this many fields. Use the sizes of Lua's own libraries,
   * because `pairs` makes them visible.
   */
  pushTable(fields: number = 0): void {
    this.api.lua_createtable(this.at, 0, fields);
  }

  pushString(text: string): void {
    const { length } = text;
    if (length <= SCRATCH_BYTES) {
      const bytes = this.#bytes;
      const scratch = this.#scratch;
      if (length > SHORT_BYTES) bytes.write(text, scratch, length, "latin1");
      else for (let at = 0; at < length; at++) bytes[scratch + at] = text.charCodeAt(at);
      this.api.lua_pushlstring(this.at, scratch, length);
      return;
    }
    const place = this.api.malloc(length);
    this.#bytes.write(text, place, length, "latin1");
    this.api.lua_pushlstring(this.at, place, length);
    this.api.free(place);
  }

  pushFunction(run: HostFunction): void {
    this.#pushNumbered(this.#functions.numberOf(run));
  }

  #pushNumbered(number: number): void {
    this.api.lua_pushnumber(this.at, number);
    this.api.lua_pushcclosure(this.at, this.#call, 1);
  }

  /** Pushes a library's opening function, such as `luaopen_math`. */
  pushNative(native: Native): void {
    this.api.lua_pushcclosure(this.at, addFunction(this.api, native), 0);
  }

  /** Installs the replacements that the state was given. */
  replaceFunctions(replacements: readonly Replacement[]): void {
    replacements.forEach(({ library, name }, number) => {
      this.getField(GLOBALS, library);
      this.getField(-1, name);
      this.#functions.originals[number] = this.#placeOf(-1);
      this.pop();
      this.#pushNumbered(number);
      this.setField(-2, name);
      this.pop();
    });
  }

  /**
   * Returns where a function is: its index in the table, or `~number` for a JavaScript function.
   */
  #placeOf(index: number): number {
    const place = this.api.lua_tocfunction(this.at, index);
    if (place !== this.#call) return place;
    this.api.lua_getupvalue(this.at, index, 1);
    const number = this.number(-1);
    this.pop();
    return ~number;
  }

  replace(index: number): void {
    this.api.lua_replace(this.at, index);
  }

  insert(index: number): void {
    this.api.lua_insert(this.at, index);
  }

  /** Whether the value is a number, or a string that can be converted to one. */
  isNumber(index: number): boolean {
    return this.api.lua_isnumber(this.at, index) !== 0;
  }

  number(index: number): number {
    return this.api.lua_tonumber(this.at, index);
  }

  boolean(index: number): boolean {
    return this.api.lua_toboolean(this.at, index) !== 0;
  }

  /**
   * Returns the bytes of a string or a number, which is converted to a string in place. Returns
   * undefined for other types.
   */
  text(index: number): string | undefined {
    const place = this.api.lua_tolstring(this.at, index, this.#length);
    return place === 0 ? undefined : this.#read(place);
  }

  #read(place: number): string {
    const bytes = this.#bytes;
    return bytes.toString("latin1", place, place + bytes.readUInt32LE(this.#length));
  }

  /** Returns an argument that must be a string or a number. */
  checkText(index: number): string {
    return this.#read(this.api.luaL_checklstring(this.at, index, this.#length));
  }

  checkNumber(index: number): number {
    return this.api.luaL_checknumber(this.at, index);
  }

  /** Converts an argument as C does for a 64-bit `long`. */
  checkInteger(index: number, fallback?: number): number {
    if (fallback !== undefined && this.type(index) <= LuaType.nil) return fallback;
    return Number(toLong(this.checkNumber(index)));
  }

  /** Converts an argument as C does for an `int`: the lower half of a `long`. */
  checkInt(index: number): number {
    const value = this.checkNumber(index);
    return value === (value | 0) ? value : Number(BigInt.asIntN(32, toLong(value)));
  }

  checkType(index: number, type: number): void {
    this.api.luaL_checktype(this.at, index, type);
  }

  /** Sets `table[name]` to the value on top of the stack, and pops it. */
  setField(index: number, name: string): void {
    this.api.lua_setfield(this.at, index, this.#name(name));
  }

  /** Sets fields of the table on top of the stack. */
  setFields(fields: Fields): void {
    for (const [name, value] of fields) {
      if (typeof value === "string") this.pushString(value);
      else if (typeof value === "number") this.pushNumber(value);
      else this.pushFunction(value);
      this.setField(-2, name);
    }
  }

  getField(index: number, name: string): void {
    this.api.lua_getfield(this.at, index, this.#name(name));
  }

  /** Pushes `table[name]` without using metatables. Returns its type. */
  getRawField(index: number, name: string): number {
    const table = index < 0 && index > REGISTRY ? index - 1 : index;
    this.pushString(name);
    this.api.lua_rawget(this.at, table);
    return this.type(-1);
  }

  /** Frees the C strings of the field names that were used so far. */
  forgetNames(): void {
    for (const place of this.#names.values()) this.api.free(place);
    this.#names.clear();
  }

  /**
   * Returns the address of a field's name as a C string. There are few such names, and they stay in
   * Lua's memory.
   */
  #name(name: string): number {
    let place = this.#names.get(name);
    if (place !== undefined) return place;
    place = this.api.malloc(name.length + 1);
    this.#bytes.write(`${name}\0`, place, name.length + 1);
    this.#names.set(name, place);
    return place;
  }

  /**
   * Stores the value on top of the stack in the registry, pops it, and returns its reference
   * number.
   */
  keep(): number {
    return this.api.luaL_ref(this.at, REGISTRY);
  }

  pushKept(reference: number): void {
    this.api.lua_rawgeti(this.at, REGISTRY, reference);
  }

  release(reference: number): void {
    this.api.luaL_unref(this.at, REGISTRY, reference);
  }

  /** Compiles a chunk and pushes its function, or an error message. Returns whether it compiled. */
  load(source: string, chunkName: string): boolean {
    const { length } = source;
    const place = this.api.malloc(length + chunkName.length + 1);
    const bytes = this.#bytes;
    bytes.write(source, place, length, "latin1");
    bytes.write(`${chunkName}\0`, place + length, chunkName.length + 1, "latin1");
    const status = this.api.luaL_loadbuffer(this.at, place, length, place + length);
    this.api.free(place);
    return status === 0;
  }

  /** Runs a full garbage collection. */
  collect(): void {
    this.api.lua_gc(this.at, COLLECT, 0);
  }

  /**
   * Calls the function below its arguments. If it fails, its error is pushed instead of the
   * results, after the handler at index `handler` has processed it. 0 means no handler.
   */
  protectedCall(args: number, results: number, handler: number = 0): boolean {
    const status = this.api.lua_pcall(this.at, args, results, handler);
    // The memory that a script filled is garbage now. The next script has no memory unless it is
    // collected.
    if (status === OUT_OF_MEMORY) this.collect();
    return status === 0;
  }

  /**
   * Allows the following code this many steps (instructions of Lua's machine). After that, `stop`
   * raises an error, repeatedly, because a script may catch it.
   */
  allowSteps(count: number, stop: (lua: LuaState) => never): void {
    this.#stepsLeft = count;
    this.#stop = stop;
    if (this.#counts) return;
    this.#counts = true;
    this.api.lua_sethook(this.at, this.#hook, MASK_COUNT, STEPS_AT_ONCE);
  }

  /** Whether the allowed steps have been used up. */
  get outOfSteps(): boolean {
    return !this.#counts;
  }

  #countSteps(): void {
    this.#stepsLeft -= STEPS_AT_ONCE;
    if (this.#stepsLeft > 0) return;
    this.#counts = false;
    this.api.lua_sethook(this.at, this.#hook, MASK_LINE, 0);
    this.#stop(this);
  }

  /** Raises the value on top of the stack. */
  throwTop(): never {
    this.api.lua_error(this.at);
    throw new Error("lua_error came back");
  }

  /** Raises a message that begins with the script's position, as `luaL_error` does. */
  raise(message: string): never {
    this.api.luaL_where(this.at, 1);
    this.pushString(message);
    this.api.lua_concat(this.at, 2);
    return this.throwTop();
  }

  /** Raises "bad argument #N to 'NAME' (MESSAGE)". */
  raiseArgument(index: number, message: string): never {
    this.#bytes.write(`${message}\0`, this.#scratch, SCRATCH_BYTES, "latin1");
    this.api.luaL_argerror(this.at, index, this.#scratch);
    throw new Error("luaL_argerror came back");
  }
}

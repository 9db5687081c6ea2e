/**
 * The interpreter as it is built carries images of machines that are set up already. A machine that starts
 * from one is, to the byte, one that was set up afresh, and remains so whatever it is asked to do.
 */
import { describe, expect, it } from "vitest";
import { encodeReply, type Reply } from "../../src/wire/index.ts";
import { Client } from "../../src/blocks/redis/client.ts";
import {
  compileInterpreter,
  readPackaged,
  withSharedMemory,
} from "../../src/blocks/redis/lua/machine.ts";
import {
  buildInterpreter,
  newEnvironment,
} from "../../src/blocks/redis/scripting/build-interpreter.ts";
import { Environment } from "../../src/blocks/redis/scripting/environment.ts";
import type { ChunkName } from "../../src/blocks/redis/scripting/set-up.ts";
import { Server } from "../../src/blocks/redis/server.ts";

const file = buildInterpreter();
const built = compileInterpreter(file);
const packaged = compileInterpreter(withSharedMemory(readPackaged()));

/** What is run in both machines, one after another in the same one. */
const scripts: readonly string[] = [
  "return redis.call('set', KEYS[1], ARGV[1])",
  "return {redis.call('get', KEYS[1]), redis.sha1hex('x'), redis.REDIS_VERSION, math.random()}",
  "return redis.pcall('no such command')",
  "return {redis.pcall('get')['err'], pcall(error, {err = 'ERR x'})}",
  "redis.setresp(3) return redis.call('hgetall', KEYS[1])",
  "x = 1",
  "return nonexistent",
  "string.len = nil",
  "rawset(_G, 'x', 1)",
  "getmetatable('').__index = nil",
  "table.insert(redis, 1)",
  "return tostring(nil) .. tonumber('ff', 16) .. string.format('%d', 2^40) .. ('x'):rep(3)",
  "return string.find('abc', 'b', 2^40) or table.concat({1, 2, 3}, ',', 2)",
  "return loadstring('return 1 + 1')() + load(function() return nil end, 'x')() or 0",
  "return cjson.encode({1, {a = 'b'}}) .. cmsgpack.pack(1) .. bit.tohex(255) .. struct.pack('i', 7)",
  "local names = {} for name in pairs(_G) do names[#names + 1] = name end return names",
  "local s = {} for i = 1, 2000 do s[i] = ('k'):rep(i) end return #table.concat(s)",
];

/** Calls every function that scripts reach, with arguments of every kind. */
const everything = `
local out, seen = {}, {}
local arguments = {{}, {1}, {'a', 1, 2}, {{3, 1, 2}}, {{}, 'x', 1}, {_G, 'redis'}, {'%d', 2 ^ 40}, {'1', 2 ^ 60}}
local function visit(path, value)
  if type(value) == 'table' and not seen[value] then
    seen[value] = true
    local names = {}
    for name in pairs(value) do if type(name) == 'string' then names[#names + 1] = name end end
    for _, name in ipairs(names) do visit(path .. '.' .. name, value[name]) end
  elseif type(value) == 'function' then
    for _, list in ipairs(arguments) do
      local result = {pcall(value, unpack(list))}
      for at = 1, 3 do result[at] = tostring(result[at]) end
      out[#out + 1] = path .. ' ' .. table.concat(result, ' ', 1, 3)
    end
  end
end
visit('_G', _G)
return out`;

class Bench {
  readonly environment: Environment;
  readonly #client: Client;

  constructor(interpreter: typeof built, version?: string) {
    const server = new Server(version === undefined ? {} : { version });
    this.environment = new Environment(server, "user_script", undefined, interpreter);
    this.#client = new Client(server, 1, undefined);
  }

  run(script: string): string {
    const options = { readOnly: false, allowOom: false, keys: ["k"], args: ["v"], title: "f" };
    const reference = this.environment.compile(script);
    const reply: Reply = this.environment.run(this.#client, reference, options);
    return encodeReply(reply, 3);
  }

  get memory(): Buffer {
    return memoryOf(this.environment);
  }
}

function memoryOf({ lua }: Environment): Buffer {
  return Buffer.from(lua.api.memory.buffer);
}

describe.each<ChunkName>(["user_script", "user_function"])("a machine for a %s", (name) => {
  it("starts from its image as it is when it is set up", () => {
    const started = newEnvironment(name, built);
    const fresh = newEnvironment(name, packaged);
    expect(memoryOf(started).equals(memoryOf(fresh))).toBe(true);
    expect(started.record).toEqual(fresh.record);
  });
});

describe("a machine that started from its image", () => {
  it("answers as one that was set up, and its memory goes on to be the same", () => {
    const started = new Bench(built);
    const fresh = new Bench(packaged);
    for (const script of scripts) {
      expect(started.run(script)).toBe(fresh.run(script));
      expect(started.memory.equals(fresh.memory), script).toBe(true);
    }
  });

  it("has the same functions in the same places", () => {
    const started = new Bench(built).run(everything);
    expect(started).toBe(new Bench(packaged).run(everything));
    for (const name of ["_G.redis.call", "_G.table.concat", "_G.math.random", "_G.cjson.encode"]) {
      expect(started).toContain(`${name} `);
    }
  });

  it("is set up afresh for another version of Redis, which its memory would name", () => {
    const bench = new Bench(built, "7.0.5");
    expect(bench.run("return redis.REDIS_VERSION")).toBe("$5\r\n7.0.5\r\n");
    expect(new Bench(built).run("return redis.REDIS_VERSION")).toBe("$6\r\n7.0.15\r\n");
  });
});

it("builds the same bytes again", () => {
  expect(Buffer.from(buildInterpreter()).equals(file)).toBe(true);
});

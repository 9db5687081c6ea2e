/**
 * Lua scripts: the language (5.1, as Redis embeds it), its libraries, and what a script may do to a server.
 * Each script runs on both arms; the expected bytes are the real server's.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Arm, arms } from "./support/arms.ts";
import { RawClient } from "./support/raw-client.ts";

/** Scripts and the bytes of their replies. */
const language: [string, string][] = [
  ["return 10/2", ":5\r\n"],
  [
    "return tostring(10/2)..':'..tostring(1/3)..':'..2^53",
    "$37\r\n5:0.33333333333333:9.007199254741e+15\r\n",
  ],
  ["return '1700000000'*1000", ":1700000000000\r\n"],
  [
    "return {1,2.9,-2.9,'x',true,false,nil,'never'}",
    "*6\r\n:1\r\n:2\r\n:-2\r\n$1\r\nx\r\n:1\r\n$-1\r\n",
  ],
  ["return 'a' < 'b' and 'a'..1 == 'a1' and not nil", ":1\r\n"],
  [
    "local t={} for i=1,3 do t[i]=function() return i end end return {t[1](),t[2](),t[3]()}",
    "*3\r\n:1\r\n:2\r\n:3\r\n",
  ],
  ["local n=0 repeat local m=n n=n+1 until m>=4 return n", ":5\r\n"],
  [
    "local function f(...) return select('#',...),... end return {f(1,nil,3)}",
    "*2\r\n:3\r\n:1\r\n",
  ],
  ["local a,b=1,2 a,b=b,a return {a,b}", "*2\r\n:2\r\n:1\r\n"],
  ["return #'\\0\\255x' + #{1,2,3}", ":6\r\n"],
  [
    "local t=setmetatable({},{__index=function(_,k) return k..'!' end,__call=function(_,x) return x*2 end}) return {t.hey,t(4)}",
    "*2\r\n$4\r\nhey!\r\n:8\r\n",
  ],
  ["local s=0 for _,v in ipairs({1,2,nil,4}) do s=s+v end return s", ":3\r\n"],
  ["for i=10,1,-3 do if i<5 then return i end end", ":4\r\n"],
  [
    "local o={v=1} function o:add(n) self.v=self.v+n return self end return o:add(2):add(3).v",
    ":6\r\n",
  ],
  ["return {pcall(function() error({code=7}) end)}", "*2\r\n$-1\r\n*0\r\n"],
  [
    "local ok,e=pcall(function() local x=nil; return x.y end) return e",
    "$55\r\nuser_script:1: attempt to index local 'x' (a nil value)\r\n",
  ],
  ["return -5 % 3 + 5 % -3", ":0\r\n"],
  ["return 2^3^2", ":512\r\n"],
  ["return not 1 == 2", "$-1\r\n"],
  ["return (function() return 1,2,3 end)()", ":1\r\n"],
  [
    "return {(function() return 1,2,3 end)(),(function() return 1,2,3 end)()}",
    "*4\r\n:1\r\n:1\r\n:2\r\n:3\r\n",
  ],
];

const libraries: [string, string][] = [
  [
    "return {string.find('hello world','o w'),string.find('a.b','.',1,true)}",
    "*3\r\n:5\r\n:2\r\n:2\r\n",
  ],
  ["return {string.gsub('hello','l(.)','<%1>')}", "*2\r\n$6\r\nhe<l>o\r\n:1\r\n"],
  [
    "local t={} for k,v in string.gmatch('a=1,b=2','(%w+)=(%w+)') do t[#t+1]=k..v end return t",
    "*2\r\n$2\r\na1\r\n$2\r\nb2\r\n",
  ],
  [
    "return string.format('%5.2f|%-5s|%05d|%x|%q|%g', 3.14159, 'ab', 42, 255, 'a\"b', 1e20)",
    '$33\r\n 3.14|ab   |00042|ff|"a\\"b"|1e+20\r\n',
  ],
  ["return {string.byte('abc',1,-1)}", "*3\r\n:97\r\n:98\r\n:99\r\n"],
  [
    "return string.match('key:123:x','%d+')..string.match('  trim  ','^%s*(.-)%s*$')",
    "$7\r\n123trim\r\n",
  ],
  ["return string.rep('ab',3)..('x'):upper()..string.reverse('abc')", "$10\r\nabababXcba\r\n"],
  [
    "local t={5,2,8} table.sort(t,function(a,b) return a>b end) return t",
    "*3\r\n:8\r\n:5\r\n:2\r\n",
  ],
  [
    "local t={1,2,3} table.insert(t,2,9) table.remove(t,1) return {table.concat(t,'-'),#t}",
    "*2\r\n$5\r\n9-2-3\r\n:3\r\n",
  ],
  [
    "return {math.floor(3.7),math.max(1,5,3),math.huge>1 and 1,tostring(math.pi)}",
    "*4\r\n:3\r\n:5\r\n:1\r\n$15\r\n3.1415926535898\r\n",
  ],
  [
    "return {math.random(1000),math.random(1000),math.random(1000)}",
    "*3\r\n:397\r\n:841\r\n:354\r\n",
  ],
  [
    "return {tonumber('0x10'),tonumber('z',36),tonumber('10',2),tonumber('x') or 'no'}",
    "*4\r\n:16\r\n:35\r\n:2\r\n$2\r\nno\r\n",
  ],
  [
    "return cjson.encode({1,'two',{a=true},cjson.null,0.1,1e15})",
    '$35\r\n[1,"two",{"a":true},null,0.1,1e+15]\r\n',
  ],
  [
    'local d=cjson.decode(\'{"a":[1,{"b":null}],"u":"\\\\u00e9"}\') return {d.a[1],tostring(d.a[2].b==cjson.null),d.u}',
    "*3\r\n:1\r\n$4\r\ntrue\r\n$2\r\n\u00c3\u00a9\r\n",
  ],
  [
    "return cmsgpack.pack({1,-1,300,'x',1.5,true,{a=1}})",
    "$18\r\n\u0097\u0001\u00ff\u00cd\u0001,\u00a1x\u00ca?\u00c0\u0000\u0000\u00c3\u0081\u00a1a\u0001\r\n",
  ],
  [
    "return {cmsgpack.unpack(cmsgpack.pack(1,'a',{2,3}))}",
    "*3\r\n:1\r\n$1\r\na\r\n*2\r\n:2\r\n:3\r\n",
  ],
  [
    "return {bit.band(0xff,0x0f),bit.bor(1,2),bit.lshift(1,31),bit.tohex(255),bit.bnot(0)}",
    "*5\r\n:15\r\n:3\r\n:-2147483648\r\n$8\r\n000000ff\r\n:-1\r\n",
  ],
  [
    "return {struct.unpack('>HI4s', struct.pack('>HI4s', 258, 70000, 'hi'))}",
    "*4\r\n:258\r\n:70000\r\n$2\r\nhi\r\n:10\r\n",
  ],
  ["return redis.sha1hex('')", "$40\r\nda39a3ee5e6b4b0d3255bfef95601890afd80709\r\n"],
];

const failures: [string, string][] = [
  ["return redis.error_reply('MY code')", "-MY code\r\n"],
  ["return redis.error_reply('single')", "-ERR single\r\n"],
  ["return redis.status_reply('FINE')", "+FINE\r\n"],
  ["return {err='CODE text'}", "-CODE text\r\n"],
  ["return redis.pcall('nope')", "-ERR Unknown Redis command called from script\r\n"],
  ["return redis.pcall('get')", "-ERR Wrong number of args calling Redis command from script\r\n"],
  ["return redis.pcall('subscribe','x')", "-ERR This Redis command is not allowed from script\r\n"],
  ["return redis.pcall('incr','text')", "-ERR value is not an integer or out of range\r\n"],
  [
    "local e=redis.pcall('incr','text') return e.err",
    "$43\r\nERR value is not an integer or out of range\r\n",
  ],
  ["#!lua", "-ERR Invalid script shebang\r\n"],
  ["error('boom')", "-ERR user_script:1: boom script: SHA, on @user_script:1.\r\n"],
  [
    "\n\nreturn redis.call('incr','text')",
    "-ERR value is not an integer or out of range script: SHA, on @user_script:3.\r\n",
  ],
  [
    "return nope",
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'nope' script: SHA, on @user_script:1.\r\n",
  ],
  [
    "nope=1",
    "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1.\r\n",
  ],
  [
    "redis.call=1",
    "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1.\r\n",
  ],
  [
    "return 1 +",
    "-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'\r\n",
  ],
  [
    "return 1 + {}",
    "-ERR user_script:1: attempt to perform arithmetic on a table value script: SHA, on @user_script:1.\r\n",
  ],
  [
    "return 1 < 'x'",
    "-ERR user_script:1: attempt to compare number with string script: SHA, on @user_script:1.\r\n",
  ],
  [
    "return string.rep()",
    "-ERR user_script:1: bad argument #1 to 'rep' (string expected, got no value) script: SHA, on @user_script:1.\r\n",
  ],
  [
    "return redis.call()",
    "-ERR Please specify at least one argument for this redis lib call script: SHA, on @user_script:1.\r\n",
  ],
  [
    "return redis.call('get',{})",
    "-ERR Lua redis lib command arguments must be strings or integers script: SHA, on @user_script:1.\r\n",
  ],
  [
    "local function f() return f() + 1 end return f()",
    "-ERR user_script:1: stack overflow script: SHA, on @user_script:1.\r\n",
  ],
];

describe.each(arms)("$name", ({ start }) => {
  let arm: Arm;
  let redis: RawClient;

  beforeAll(async () => {
    arm = await start();
    redis = await RawClient.open(arm.port);
  });
  afterAll(async () => {
    redis.close();
    await arm.stop();
  });
  beforeEach(async () => {
    await redis.call("FLUSHALL");
    await redis.call("SET", "text", "abc");
  });

  const run = async (script: string): Promise<string> =>
    (await redis.raw("EVAL", script, "0")).replace(/script: [0-9a-f]{40}/, "script: SHA");

  it.each(language)("the language: %s", async (script, reply) => {
    expect(await run(script)).toBe(reply);
  });

  it.each(libraries)("the libraries: %s", async (script, reply) => {
    expect(await run(script)).toBe(reply);
  });

  it.each(failures)("failures: %s", async (script, reply) => {
    expect(await run(script)).toBe(reply);
  });

  it("keys, arguments and replies pass as they are", async () => {
    const script =
      "return {KEYS[1],ARGV[1],#ARGV,redis.call('set',KEYS[1],ARGV[2]),redis.call('get','none')}";
    expect(await redis.raw("EVAL", script, "1", "k\xff", "a\0b", "v")).toBe(
      "*5\r\n$2\r\nk\xff\r\n$3\r\na\0b\r\n:2\r\n+OK\r\n$-1\r\n",
    );
  });

  it("scripts are called again by their SHA1", async () => {
    const sha = (await redis.call("SCRIPT", "LOAD", "return ARGV[1]")) as string;
    expect(sha).toBe("098e0f0d1448c0a81dafe820f66d460eb09263da");
    expect(await redis.call("EVALSHA", sha.toUpperCase(), "0", "hi")).toBe("hi");
    expect(await redis.call("SCRIPT", "EXISTS", sha, "0".repeat(40))).toEqual([1, 0]);
    await redis.call("SCRIPT", "FLUSH");
    expect(await redis.raw("EVALSHA", sha, "0")).toBe(
      "-NOSCRIPT No matching script. Please use EVAL.\r\n",
    );
  });

  it("time stands still while a script runs, so its keys do not die under it", async () => {
    // The script sets the key itself: before it, a busy machine could let the time pass.
    const script =
      "redis.call('set','short','1','px',30) local n=0 while n<3e6 do n=n+1 end return redis.call('exists','short')";
    expect(await run(script)).toBe(":1\r\n");
  });

  it("a script that asks for RESP3 sees maps and doubles", async () => {
    await redis.call("HSET", "h", "a", "1");
    await redis.call("ZADD", "z", "1.5", "m");
    const script =
      "redis.setresp(3) return {redis.call('hgetall','h').map.a, tostring(redis.call('zscore','z','m').double), redis.call('get','none') == nil}";
    expect(await run(script)).toBe("*3\r\n$1\r\n1\r\n$3\r\n1.5\r\n:1\r\n");
  });

  it("read-only scripts may not write", async () => {
    expect(await redis.raw("EVAL_RO", "return redis.call('set','a','1')", "0")).toMatch(
      /^-ERR Write commands are not allowed from read-only scripts\./,
    );
  });

  it("where replicas are asked for and there are none, scripts may not write either", async () => {
    const get = "return redis.call('get','text')";
    await redis.call("CONFIG", "SET", "min-replicas-to-write", "1");
    try {
      const refused = /^-NOREPLICAS Not enough good replicas to write\./;
      expect(await run(get)).toBe("$3\r\nabc\r\n");
      expect(await run(`#!lua flags=no-writes\n${get}`)).toBe("$3\r\nabc\r\n");
      expect(await run(`#!lua\n${get}`)).toMatch(refused);
      expect(await run("return redis.call('set','text','x')")).toMatch(refused);
    } finally {
      await redis.call("CONFIG", "SET", "min-replicas-to-write", "0");
    }
  });

  it("functions are loaded as libraries, and called by name", async () => {
    const code =
      "#!lua name=lib\nredis.register_function('double', function(keys, args) return args[1]*2 end)";
    expect(await redis.call("FUNCTION", "LOAD", "REPLACE", code)).toBe("lib");
    expect(await redis.call("FCALL", "double", "0", "21")).toBe(42);
    expect(await redis.raw("FCALL", "none", "0")).toBe("-ERR Function not found\r\n");
    expect(await redis.raw("FUNCTION", "DELETE", "lib")).toBe("+OK\r\n");
  });
});

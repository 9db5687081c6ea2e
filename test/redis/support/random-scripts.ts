/**
 * Random Lua scripts for both arms: calls of every function that scripts have, with arguments that make
 * sense and arguments that do not. What a script returns is a text that shows every result, tables in the
 * order of `pairs`, which Redis's users see too.
 */
import type { Prng } from "../../../src/base/prng.ts";

const numbers = [
  ..."0 1 2 3 7 -1 -2 0.5 -0.5 1.5 2.5 -1.5 10 16 31 32 33 36 37 100 255 256 65535 65536 1e15 1e100".split(
    " ",
  ),
  ..."-1e100 2^31 2^31-1 -2^31 2^31+0.5 2^32 -2^32 2^40 2^53 -2^53 2^63 -2^63 2^64 1/0 -1/0 0/0".split(
    " ",
  ),
  ..."1700000000000 123456.789 1.5e-7 -0 3.0000000000000004 0x7f".split(" "),
];
/** Numbers that may stand for a count or a place, and keep nobody busy. */
const small = "0 1 2 3 4 5 7 -1 -2 -3 0.5 1.5 2.9 10 16".split(" ");
const strings = [
  ..."'' 'abc' 'hello world' '12' '0x10' ' 7 ' '1e5' '\\0\\255' '-' '0xffffffffff' 'zz' '1.5.2' 'nan'".split(
    " ",
  ),
  ...[
    "'key:123:x'",
    "'a,b,,c'",
    "'ÿé'",
    "'x=1, y=2'",
    "'\"q\\\\\\n\\t/'",
    "'%d %s'",
    "'ffffffffffff'",
  ],
];
const patterns = [
  ..."'a' '.' '%d+' '(%w+)' '(%w+)=(%w+)' '^h' 'o$' '[a-f]' '[^%s]+' '%b()' '()l' '%f[%w]%w+' 'l-' '%' '[' '(' '.-' '%1'".split(
    " ",
  ),
  ...["' *'", "'(h)(e)(l)'", "'x*'", "'[%a_][%w_]*'", "'%%'"],
];
const tables = [
  ..."{} {1,2,3} {a=1} {1,nil,3} {[1.5]=1,x=2} {'b','a','c'} {{1},{2}} {a={b={c=1}}} {3,1,2} {1,2,x=3}".split(
    " ",
  ),
  "{a=1,b=2,c=3,dd=4,eee=5,[10]=1,[1.5]=2,[true]=3}",
  "{[1]=1,[2]=2,[4]=4}",
  "{[100]=1}",
  "{err='E x'}",
  "{cjson.null,1}",
  "{1,2^53,-0.1,1e300}",
];
const others = [
  "nil",
  "true",
  "false",
  "print_",
  "cjson.null",
  "string.upper",
  "function(a) return a end",
];

const json = [
  `'{"a":1,"b":[1,2,{"c":null}],"d":"x"}'`,
  `'[1,2.5,-3e2,true,false,null]'`,
  `'{"k1":1,"k2":2,"k3":3,"k4":4,"k5":5}'`,
  ...`'' '[' '{' '[1,]' '{"a":1,}' '{"a"}' '{a:1}' '[1 2]' 'nul' 'tru' '"\\\\u00e9\\\\ud83d\\\\ude00"' '"\\\\ud800"' '"abc' '"\\\\q"' '1e5' '-' '+1' '0x1F' '-inf' 'nan' '01' '1.5.5' '[[[[]]]]' '{"a":{"b":{}}}' '"\\\\u00zz"' '1 2' '[]x' 'infinity' '.5' 'Null'`.split(
    " ",
  ),
];
const layouts = [
  ..."'b' 'B' 'h' 'H' 'i' 'I' 'l' 'L' 'T' 'f' 'd' 's' 'c0' 'c3' 'x' '>I2' '<i3' '!4bi' '>!8bd' 'i8' 'I16' 'bc0' '!3i' 'i33' 'z' '>HI4s' 'Bc0' ' b b'".split(
    " ",
  ),
];
const formats = [
  ..."'%d' '%i' '%5d' '%-8d|' '%08d' '%+d' '%x' '%X' '%#x' '%o' '%u' '%c' '%e' '%.3f' '%g' '%10.2f' '%s' '%q' '%5s' '%.2s' '%%' '%' '%y' '%d%d' '%5.1f|%s'".split(
    " ",
  ),
  ...["'% d'", "'%-5s|'", "'%.20s'", "'%.14g'", "'%5.3d'"],
];
const packed = [
  ..."'\\1' '\\146\\1\\2' '\\129\\161a\\1' '\\192' '\\195' '\\203\\63\\248\\0\\0\\0\\0\\0\\0' '\\204\\255' '\\208\\255' '\\211\\255\\255\\255\\255\\255\\255\\255\\254' '\\217\\3abc' '\\217\\9a' '\\220\\0\\2\\1\\2' '\\222\\0\\1\\1\\2' '\\193' '\\145' '\\129\\192\\1' ''".split(
    " ",
  ),
];

type Pick = (prng: Prng) => string;

function choose<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.below(list.length)] as T;
}

const one =
  (list: readonly string[]): Pick =>
  (prng) =>
    choose(prng, list);
const number = one(numbers);
const count = one(small);
const text = one(strings);
const pattern = one(patterns);
const table = one(tables);
const any: Pick = (prng) => choose(prng, [number, text, table, one(others)])(prng);

/** Functions, and what they are mostly called with. */
const calls: readonly (readonly [string, ...Pick[]])[] = [
  ...["len", "lower", "upper", "reverse"].map((name) => [`string.${name}`, text] as [string, Pick]),
  ["string.sub", text, number, number],
  ["string.byte", text, number, count],
  ["string.char", count, count],
  ["string.rep", text, count],
  ["string.find", text, pattern, number],
  ["string.find", text, text, count, any],
  ["string.match", text, pattern, number],
  [
    "string.gsub",
    text,
    pattern,
    one(["'<%1>'", "'%0%0'", "'%2'", "{a='A'}", "string.upper", "''", "'%'"]),
    count,
  ],
  ["gmatched", text, pattern],
  ["string.format", one(formats), any, any],
  ["string.format", one(formats), number, number],
  ["table.concat", table, text, count, count],
  ["inserted", table, count, any],
  ["inserted", table, any],
  ["removed", table, count],
  ["sorted", table],
  ["table.getn", table],
  ["table.maxn", table],
  ["table.foreach", table, one(["function(k,v) return v end", "type"])],
  ["unpack", table, count, count],
  ["select", one(["'#'", "1", "2", "-1", "0", "5", "'x'"]), any, any],
  ["tonumber", any],
  ["tonumber", text, count],
  [
    "tonumber",
    one([
      "'ffffffffffff'",
      "'-ff'",
      "'7fffffffffffffff'",
      "'zzzzzzzzzzzzzzzz'",
      "' 0x1f '",
      "'1e1'",
    ]),
    count,
  ],
  ["tostring", one([...numbers, ...strings, "nil", "true"])],
  ["type", any],
  ["next", table],
  ["rawget", table, any],
  ["rawequal", any, any],
  ["rawset", one(["string", "{}", "_G", "redis"]), text, any],
  ["setmetatable", one(["string", "{}", "_G", "1"]), one(["{}", "nil", "1"])],
  ["getmetatable", one(["string", "{}", "1", "nil", "redis"])],
  ["assert", any, text],
  ["error", any],
  ["loadstring", one(["'return 1'", "'x ='", "'return ...'", "'\\27Lua'", "'return nope'", "1"])],
  ["redis.sha1hex", text],
  ["redis.error_reply", text],
  ["redis.status_reply", any],
  ["redis.setresp", count],
  ["redis.log", count, text],
  ["redis.call", one(["'set'", "'get'", "'nope'", "'incr'", "'rpush'", "'lrange'"]), any, any],
  ["redis.pcall", one(["'get'", "'nope'", "'incrby'", "'hgetall'"]), any, any],
  ["cjson.encode", any],
  ["cjson.encode", table],
  ["cjson.decode", one(json)],
  ["cjson.decode", one(json)],
  ["cmsgpack.pack", any, any],
  ["packedHex", any],
  ["cmsgpack.unpack", one(packed)],
  ["cmsgpack.unpack_one", one(packed), count],
  ["cmsgpack.unpack_limit", one(packed), count, count],
  ["packedStruct", one(layouts), any, any],
  ["packedStruct", one(layouts), number, text],
  [
    "struct.unpack",
    one(layouts),
    one(["'abcdefghijklmnop'", "'\\255\\254\\0\\1'", "'ab\\0cd'", "'\\3abcd'"]),
    count,
  ],
  ["struct.size", one(layouts)],
  ...["tobit", "bnot", "bswap"].map((name) => [`bit.${name}`, number] as [string, Pick]),
  ...["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "tohex"].map(
    (name) => [`bit.${name}`, number, number] as [string, Pick, Pick],
  ),
  ...["floor", "ceil", "abs", "sqrt", "modf"].map(
    (name) => [`math.${name}`, number] as [string, Pick],
  ),
  ...["fmod", "max", "min", "ldexp"].map(
    (name) => [`math.${name}`, number, count] as [string, Pick, Pick],
  ),
  ["math.random", count, count],
];

/** Shows values, and helpers that end in a value which can be shown. */
const prelude = `
local shown = {}
local function show(v)
  local t = type(v)
  if t == 'number' then return tostring(v) end
  if t == 'string' then return "'" .. v .. "'" end
  if t ~= 'table' then return t == 'boolean' and tostring(v) or t end
  if shown[v] then return 'again' end
  shown[v] = true
  local out = {}
  for k, x in pairs(v) do out[#out + 1] = show(k) .. '=' .. show(x) end
  return '{' .. table.concat(out, ' ') .. '}'
end
local function gmatched(s, p) local out = {} for a, b in string.gmatch(s, p) do out[#out + 1] = {a, b} end return out end
local function inserted(t, ...) table.insert(t, ...) return t end
local function removed(t, ...) return table.remove(t, ...), t end
local function sorted(t) table.sort(t) return t end
local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
local function packedHex(...) return hex(cmsgpack.pack(...)) end
local function packedStruct(...) return hex(struct.pack(...)) end
local print_ = nil
local function all(...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = show((select(i, ...))) end
  return table.concat(out, ', ')
end
`;

/** Functions that get nothing odd: they would cut it to 32 bits as we do not, or be busy with it for long. */
const taken: ReadonlySet<string> = new Set(["inserted", "select", "string.rep"]);

/** One script: several calls, each protected, and what they gave. */
export function randomScript(prng: Prng): string {
  const parts: string[] = [];
  for (let left = 6; left > 0; left--) {
    const [name, ...picks] = choose(prng, calls);
    // Sometimes one too few, and sometimes something else.
    const used = prng.below(8) === 0 ? picks.slice(0, -1) : picks;
    const odd = prng.below(4) === 0 && !taken.has(name) ? prng.below(used.length) : -1;
    const args = used.map((pick, index) => (index === odd ? any : pick)(prng));
    parts.push(`all(pcall(function() return ${name}(${args.join(", ")}) end))`);
  }
  return `${prelude}return {\n${parts.join(",\n")}\n}`;
}

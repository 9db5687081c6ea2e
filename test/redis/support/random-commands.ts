/**
 * Random Redis commands from a seed: mostly sensible, on a few keys of any type, so that wrong types, missing
 * keys, odd numbers and bad options come up all the time.
 */
import type { Prng } from "../../../src/base/prng.ts";

type Make = (r: Draw) => (string | number)[];

/** Draws of the things that commands are made of. */
class Draw {
  readonly prng: Prng;
  constructor(prng: Prng) {
    this.prng = prng;
  }

  one<T>(...options: T[]): T {
    return this.prng.pick(options);
  }

  chance(p: number): boolean {
    return this.prng.chance(p);
  }

  /** A key; mostly one of the kind that the command wants. */
  key(kind: string): string {
    const prefix = this.chance(0.93) ? kind : this.one("s", "l", "h", "S", "z", "x", "none");
    return `${prefix}${this.prng.below(4)}`;
  }

  member(): string {
    return this.one(
      "a",
      "b",
      "c",
      "d",
      "e",
      "10",
      "11",
      "-5",
      "",
      "foo",
      "FOO",
      "\x01\xff",
      "hello world",
    );
  }

  /** Text that may be a number. */
  text(): string {
    return this.chance(0.3)
      ? this.number()
      : this.one(
          "",
          "abc",
          "hello",
          "x".repeat(70),
          "\xff\x00\x01",
          "3.5",
          "line\r\nbreak",
          "foobar",
        );
  }

  int(): string {
    return String(this.one(0, 1, 2, 3, -1, -2, 5, 10, -10, 100));
  }

  number(): string {
    return this.chance(0.85)
      ? this.int()
      : this.one(
          "9223372036854775807",
          "-9223372036854775808",
          "9007199254740993",
          "1e3",
          "abc",
          "1.5",
          "+1",
          " 1",
          "01",
          "99999999999999999999",
          "",
        );
  }

  float(): string {
    return this.one(
      "0",
      "1",
      "-1",
      "1.5",
      "3.14159",
      "0.1",
      "1e10",
      "-2.25",
      "inf",
      "-inf",
      "100000000000000000000",
      "nan",
      "x",
      "0x10",
      "1e-7",
    );
  }

  index(): string {
    return this.chance(0.97) ? String(this.prng.between(-6, 6)) : this.number();
  }

  many<T>(make: () => T, max = 4): T[] {
    return Array.from({ length: this.prng.between(1, max) }, make);
  }

  maybe(p: number, ...words: (string | number)[]): (string | number)[] {
    return this.chance(p) ? words : [];
  }
}

const strings: Make[] = [
  (r) => [
    "SET",
    r.key("s"),
    r.text(),
    ...r.maybe(0.15, "NX"),
    ...r.maybe(0.15, "XX"),
    ...r.maybe(0.15, "GET"),
    ...r.maybe(0.1, "KEEPTTL"),
    ...r.maybe(0.1, "EX", r.number()),
    ...r.maybe(0.05, "PXAT", "99999999999999"),
  ],
  (r) => ["GET", r.key("s")],
  (r) => ["GETSET", r.key("s"), r.text()],
  (r) => ["GETDEL", r.key("s")],
  (r) => [
    "GETEX",
    r.key("s"),
    ...r.maybe(0.4, r.one("PERSIST", "EX", "KEEPTTL")),
    ...r.maybe(0.4, r.number()),
  ],
  (r) => ["SETNX", r.key("s"), r.text()],
  (r) => ["SETEX", r.key("s"), r.number(), r.text()],
  (r) => ["MGET", ...r.many(() => r.key("s"))],
  (r) => ["MSET", ...r.many(() => r.key("s")), ...r.many(() => r.text())],
  (r) => ["MSETNX", r.key("s"), r.text(), r.key("s"), r.text()],
  (r) => ["APPEND", r.key("s"), r.text()],
  (r) => ["STRLEN", r.key("s")],
  (r) => ["SETRANGE", r.key("s"), r.index(), r.text()],
  (r) => ["GETRANGE", r.key("s"), r.index(), r.index()],
  (r) => [r.one("INCR", "DECR"), r.key("s")],
  (r) => [r.one("INCRBY", "DECRBY"), r.key("s"), r.number()],
  (r) => ["INCRBYFLOAT", r.key("s"), r.float()],
  (r) => [
    "LCS",
    r.key("s"),
    r.key("s"),
    ...r.maybe(0.3, "LEN"),
    ...r.maybe(0.4, "IDX"),
    ...r.maybe(0.3, "MINMATCHLEN", r.int()),
    ...r.maybe(0.3, "WITHMATCHLEN"),
  ],
  (r) => ["SETBIT", r.key("s"), r.one("0", "1", "7", "8", "100", "-1", "x"), r.one("0", "1", "2")],
  (r) => ["GETBIT", r.key("s"), r.one("0", "1", "7", "9", "1000", "-1")],
  (r) => [
    "BITCOUNT",
    r.key("s"),
    ...r.maybe(0.6, r.index(), r.index()),
    ...r.maybe(0.3, r.one("BIT", "BYTE", "x")),
  ],
  (r) => [
    "BITPOS",
    r.key("s"),
    r.one("0", "1", "2"),
    ...r.maybe(0.5, r.index()),
    ...r.maybe(0.3, r.index()),
    ...r.maybe(0.2, r.one("BIT", "BYTE")),
  ],
  (r) => [
    "BITOP",
    r.one("AND", "OR", "XOR", "NOT", "x"),
    r.key("s"),
    ...r.many(() => r.key("s"), 3),
  ],
  (r) => [
    "BITFIELD",
    r.key("s"),
    ...r.maybe(0.3, "OVERFLOW", r.one("SAT", "FAIL", "WRAP", "x")),
    ...r
      .many(
        () =>
          r.one<(string | number)[]>(
            ["GET", r.one("u8", "i5", "u63", "i64", "u64"), r.one("0", "3", "#2")],
            ["SET", r.one("u4", "i16"), r.one("0", "5", "#1"), r.number()],
            ["INCRBY", r.one("u2", "i8", "i64"), r.one("0", "10"), r.number()],
          ),
        3,
      )
      .flat(),
  ],
];

const listsMakes: Make[] = [
  (r) => [r.one("LPUSH", "RPUSH", "LPUSHX", "RPUSHX"), r.key("l"), ...r.many(() => r.member())],
  (r) => [r.one("LPOP", "RPOP"), r.key("l"), ...r.maybe(0.4, r.index())],
  (r) => ["LRANGE", r.key("l"), r.index(), r.index()],
  (r) => ["LLEN", r.key("l")],
  (r) => ["LINDEX", r.key("l"), r.index()],
  (r) => ["LSET", r.key("l"), r.index(), r.member()],
  (r) => ["LREM", r.key("l"), r.index(), r.member()],
  (r) => ["LTRIM", r.key("l"), r.index(), r.index()],
  (r) => ["LINSERT", r.key("l"), r.one("BEFORE", "after", "x"), r.member(), r.member()],
  (r) => [
    "LPOS",
    r.key("l"),
    r.member(),
    ...r.maybe(0.4, "RANK", r.index()),
    ...r.maybe(0.4, "COUNT", r.index()),
    ...r.maybe(0.2, "MAXLEN", r.index()),
  ],
  (r) => ["LMOVE", r.key("l"), r.key("l"), r.one("LEFT", "right", "x"), r.one("left", "RIGHT")],
  (r) => ["RPOPLPUSH", r.key("l"), r.key("l")],
  (r) => [
    "LMPOP",
    r.one("1", "2", "0", "x"),
    r.key("l"),
    ...r.maybe(0.5, r.key("l")),
    r.one("LEFT", "RIGHT"),
    ...r.maybe(0.3, "COUNT", r.index()),
  ],
  (r) => [r.one("BLPOP", "BRPOP"), r.key("l"), r.key("l"), "0.01"],
  (r) => [
    "BLMOVE",
    r.key("l"),
    r.key("l"),
    r.one("LEFT", "RIGHT"),
    r.one("LEFT", "RIGHT"),
    r.one("0.01", "-1", "x"),
  ],
  // Ties under ALPHA with BY, and members that hold a zero byte, have no defined order in Redis.
  (r) => [
    "SORT",
    r.key("l"),
    ...(r.chance(0.7) ? ["ALPHA"] : r.maybe(0.3, "BY", r.one("nosort", "s*"))),
    ...r.maybe(0.3, "DESC"),
    ...r.maybe(0.3, "LIMIT", r.index(), r.index()),
    ...r.maybe(0.2, "GET", r.one("#", "s*", "h*->a")),
    ...r.maybe(0.1, "STORE", r.key("l")),
  ],
];

const hashesMakes: Make[] = [
  (r) => [
    r.one("HSET", "HMSET"),
    r.key("h"),
    ...r.many(() => [r.member(), r.text()], 3).flat(),
    ...r.maybe(0.05, "odd"),
  ],
  (r) => ["HSETNX", r.key("h"), r.member(), r.text()],
  (r) => [r.one("HGET", "HEXISTS", "HSTRLEN"), r.key("h"), r.member()],
  (r) => ["HMGET", r.key("h"), ...r.many(() => r.member())],
  (r) => ["HDEL", r.key("h"), ...r.many(() => r.member(), 2)],
  (r) => [r.one("HGETALL", "HKEYS", "HVALS", "HLEN"), r.key("h")],
  (r) => ["HINCRBY", r.key("h"), r.member(), r.number()],
  (r) => ["HINCRBYFLOAT", r.key("h"), r.member(), r.one("1", "0.1", "-2.5", "1e5", "x", "3.14159")],
  (r) => ["HRANDFIELD", r.key("h"), r.one("100", "0", "x"), ...r.maybe(0.4, "WITHVALUES")],
  (r) => [
    "HSCAN",
    r.key("h"),
    r.one("0", "x"),
    "COUNT",
    r.one("1000", "1000", "0", "x"),
    ...r.maybe(0.3, "MATCH", r.one("*", "f*", "[a-c]")),
  ],
];

const setsMakes: Make[] = [
  (r) => ["SADD", r.key("S"), ...r.many(() => (r.chance(0.5) ? r.member() : r.int()))],
  (r) => ["SREM", r.key("S"), ...r.many(() => r.member(), 2)],
  (r) => [r.one("SMEMBERS", "SCARD"), r.key("S")],
  (r) => ["SISMEMBER", r.key("S"), r.member()],
  (r) => ["SMISMEMBER", r.key("S"), ...r.many(() => r.member())],
  (r) => ["SMOVE", r.key("S"), r.key("S"), r.member()],
  (r) => [r.one("SINTER", "SUNION", "SDIFF"), ...r.many(() => r.key("S"), 3)],
  (r) => [
    r.one("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"),
    r.key("S"),
    ...r.many(() => r.key("S"), 3),
  ],
  (r) => [
    "SINTERCARD",
    r.one("1", "2", "0"),
    r.key("S"),
    ...r.maybe(0.5, r.key("S")),
    ...r.maybe(0.3, "LIMIT", r.index()),
  ],
  (r) => ["SRANDMEMBER", r.key("S"), r.one("100", "0")],
  (r) => ["SPOP", r.key("S"), r.one("100", "0", "-1")],
];

const bound = (r: Draw): string => r.one("-inf", "+inf", "0", "(1", "1.5", "(3", "10", "x", "2");
/** Ranges by bytes are defined only where all scores are the same: these keys hold nothing else. */
const lexKey = (r: Draw): string => `q${r.prng.below(4)}`;
const lex = (r: Draw): string => r.one("-", "+", "[a", "(a", "[c", "(foo", "a");

const zsetsMakes: Make[] = [
  (r) => [
    "ZADD",
    r.key("z"),
    ...r.maybe(0.15, "NX"),
    ...r.maybe(0.15, "XX"),
    ...r.maybe(0.1, "GT"),
    ...r.maybe(0.1, "LT"),
    ...r.maybe(0.2, "CH"),
    ...r.maybe(0.1, "INCR"),
    ...r.many(() => [r.float(), r.member()], 3).flat(),
  ],
  (r) => ["ZADD", r.key("z"), ...r.many(() => [r.int(), r.member()], 4).flat()],
  (r) => ["ZINCRBY", r.key("z"), r.float(), r.member()],
  (r) => ["ZREM", r.key("z"), ...r.many(() => r.member(), 2)],
  (r) => [r.one("ZSCORE", "ZRANK", "ZREVRANK"), r.key("z"), r.member()],
  (r) => ["ZMSCORE", r.key("z"), ...r.many(() => r.member())],
  (r) => ["ZCARD", r.key("z")],
  (r) => ["ZADD", lexKey(r), ...r.many(() => ["0", r.member()], 4).flat()],
  (r) => [
    r.one("ZRANGE", "ZREVRANGE"),
    r.key("z"),
    r.index(),
    r.index(),
    ...r.maybe(0.4, "WITHSCORES"),
  ],
  (r) => [
    "ZRANGE",
    r.key("z"),
    bound(r),
    bound(r),
    "BYSCORE",
    ...r.maybe(0.4, "REV"),
    ...r.maybe(0.4, "LIMIT", r.index(), r.index()),
    ...r.maybe(0.3, "WITHSCORES"),
  ],
  (r) => [
    "ZRANGE",
    lexKey(r),
    lex(r),
    lex(r),
    "BYLEX",
    ...r.maybe(0.4, "REV"),
    ...r.maybe(0.3, "LIMIT", r.index(), r.index()),
    ...r.maybe(0.05, "WITHSCORES"),
  ],
  (r) => [
    r.one("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"),
    r.key("z"),
    bound(r),
    bound(r),
    ...r.maybe(0.3, "WITHSCORES"),
    ...r.maybe(0.3, "LIMIT", r.index(), r.index()),
  ],
  (r) => [r.one("ZRANGEBYLEX", "ZREVRANGEBYLEX"), lexKey(r), lex(r), lex(r)],
  (r) => ["ZCOUNT", r.key("z"), bound(r), bound(r)],
  (r) => ["ZLEXCOUNT", lexKey(r), lex(r), lex(r)],
  (r) => ["ZREMRANGEBYSCORE", r.key("z"), bound(r), bound(r)],
  (r) => ["ZREMRANGEBYRANK", r.key("z"), r.index(), r.index()],
  (r) => ["ZREMRANGEBYLEX", lexKey(r), lex(r), lex(r)],
  (r) => [r.one("ZPOPMIN", "ZPOPMAX"), r.key("z"), ...r.maybe(0.4, r.index())],
  (r) => [r.one("BZPOPMIN", "BZPOPMAX"), r.key("z"), r.key("z"), "0.01"],
  (r) => [
    "ZMPOP",
    r.one("1", "2", "0"),
    r.key("z"),
    ...r.maybe(0.5, r.key("z")),
    r.one("MIN", "MAX"),
    ...r.maybe(0.3, "COUNT", r.index()),
  ],
  (r) => ["ZRANGESTORE", r.key("z"), r.key("z"), r.index(), r.index(), ...r.maybe(0.2, "REV")],
  (r) => [
    r.one("ZUNION", "ZINTER", "ZDIFF"),
    r.one("1", "2", "3", "0"),
    ...r.many(() => r.key(r.one("z", "z", "S")), 3),
    ...r.maybe(0.3, "WEIGHTS", r.float(), r.float()),
    ...r.maybe(0.3, "AGGREGATE", r.one("MIN", "MAX", "SUM", "x")),
    ...r.maybe(0.4, "WITHSCORES"),
  ],
  (r) => [
    r.one("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"),
    r.key("z"),
    r.one("1", "2", "x"),
    ...r.many(() => r.key(r.one("z", "z", "S")), 3),
    ...r.maybe(0.3, "WEIGHTS", r.float(), r.float()),
    ...r.maybe(0.3, "AGGREGATE", r.one("MIN", "MAX")),
  ],
  (r) => [
    "ZINTERCARD",
    r.one("1", "2", "0"),
    r.key("z"),
    ...r.maybe(0.6, r.key("z")),
    ...r.maybe(0.3, "LIMIT", r.index()),
  ],
  (r) => ["ZSCAN", r.key("z"), "0", "COUNT", "1000", ...r.maybe(0.3, "MATCH", "f*")],
];

const id = (r: Draw): string =>
  r.one("1-1", "1-2", "2-1", "3", "5-*", "0-0", "10-5", "x", "7-7", "3-0");
const edge = (r: Draw): string => r.one("-", "+", "1", "(1-1", "2-1", "5", "(3", "x");

const streamsMakes: Make[] = [
  (r) => [
    "XADD",
    r.key("x"),
    ...r.maybe(0.1, "NOMKSTREAM"),
    ...r.maybe(0.2, r.one("MAXLEN", "MINID"), ...r.maybe(0.5, "="), r.index()),
    id(r),
    ...r.many(() => [r.member(), r.text()], 2).flat(),
  ],
  (r) => [
    "XADD",
    r.key("x"),
    `${r.prng.between(1, 60)}-${r.prng.between(0, 3)}`,
    r.member(),
    r.text(),
  ],
  (r) => ["XLEN", r.key("x")],
  (r) => [
    r.one("XRANGE", "XREVRANGE"),
    r.key("x"),
    edge(r),
    edge(r),
    ...r.maybe(0.3, "COUNT", r.index()),
  ],
  (r) => ["XDEL", r.key("x"), ...r.many(() => id(r), 2)],
  (r) => [
    "XTRIM",
    r.key("x"),
    r.one("MAXLEN", "MINID"),
    ...r.maybe(0.2, "~"),
    r.int(),
    ...r.maybe(0.1, "LIMIT", r.int()),
  ],
  (r) => [
    "XREAD",
    ...r.maybe(0.4, "COUNT", r.int()),
    ...r.maybe(0.1, "BLOCK", "5"),
    "STREAMS",
    r.key("x"),
    r.key("x"),
    r.one("0", "1-1", "$"),
    r.one("0", "2", ">"),
  ],
  (r) => [
    "XGROUP",
    "CREATE",
    r.key("x"),
    r.one("g1", "g2"),
    r.one("0", "$", "2-1", "x"),
    ...r.maybe(0.4, "MKSTREAM"),
    ...r.maybe(0.1, "ENTRIESREAD", r.int()),
  ],
  (r) => ["XGROUP", r.one("DESTROY", "BAD"), r.key("x"), r.one("g1", "g2")],
  (r) => [
    "XGROUP",
    r.one("CREATECONSUMER", "DELCONSUMER"),
    r.key("x"),
    r.one("g1", "g2"),
    r.one("alice", "bob"),
  ],
  (r) => ["XGROUP", "SETID", r.key("x"), r.one("g1", "g2"), r.one("0", "$", "2-1")],
  (r) => [
    "XREADGROUP",
    "GROUP",
    r.one("g1", "g2"),
    r.one("alice", "bob"),
    ...r.maybe(0.5, "COUNT", r.int()),
    ...r.maybe(0.2, "NOACK"),
    "STREAMS",
    r.key("x"),
    r.one(">", ">", "0", "1-1", "$"),
  ],
  (r) => [
    "XACK",
    r.key("x"),
    r.one("g1", "g2"),
    ...r.many(() => r.one("1-1", "2-1", "5-0", "7-7", "10-1"), 3),
  ],
  (r) => ["XPENDING", r.key("x"), r.one("g1", "g2")],
  (r) => [
    "XCLAIM",
    r.key("x"),
    r.one("g1", "g2"),
    r.one("alice", "bob"),
    "0",
    ...r.many(() => r.one("1-1", "2-1", "7-7", "10-1"), 3),
    ...r.maybe(0.4, "JUSTID"),
    ...r.maybe(0.3, "FORCE"),
    ...r.maybe(0.2, "RETRYCOUNT", r.int()),
  ],
  (r) => [
    "XAUTOCLAIM",
    r.key("x"),
    r.one("g1", "g2"),
    r.one("alice", "bob"),
    "0",
    r.one("0", "2-1", "(1-1"),
    ...r.maybe(0.4, "COUNT", r.int()),
    ...r.maybe(0.4, "JUSTID"),
  ],
  (r) => ["XINFO", r.one("GROUPS", "x"), r.key("x")],
  (r) => ["XSETID", r.key("x"), r.one("60-1", "1-1", "100-0")],
];

const place = (r: Draw): string[] => [
  r.one("13.361389", "15.087269", "-122.4194", "2.3522", "179.9", "-180", "181", "x"),
  r.one("38.115556", "37.502669", "37.7749", "48.8566", "-85", "85.06", "0"),
];

const unit = (r: Draw): string => r.one("m", "km", "ft", "mi", "KM", "x");

const geoMakes: Make[] = [
  (r) => [
    "GEOADD",
    r.key("g"),
    ...r.maybe(0.2, r.one("NX", "XX", "CH")),
    ...r.many(() => [...place(r), r.member()], 4).flat(),
  ],
  (r) => [r.one("GEOPOS", "GEOHASH"), r.key("g"), ...r.many(() => r.member(), 3)],
  (r) => ["GEODIST", r.key("g"), r.member(), r.member(), ...r.maybe(0.6, unit(r))],
  (r) => [
    "GEOSEARCH",
    r.key("g"),
    ...(r.chance(0.5) ? ["FROMMEMBER", r.member()] : ["FROMLONLAT", ...place(r)]),
    ...(r.chance(0.5)
      ? ["BYRADIUS", r.one("0", "10", "500", "20000", "-1", "x"), unit(r)]
      : ["BYBOX", r.one("1", "400", "9000"), r.one("1", "400", "9000"), unit(r)]),
    r.one("ASC", "DESC", "ASC", "x"),
    ...r.maybe(0.4, "COUNT", r.int()),
    ...r.maybe(0.3, "WITHCOORD"),
    ...r.maybe(0.3, "WITHDIST"),
    ...r.maybe(0.3, "WITHHASH"),
  ],
  (r) => [
    "GEORADIUS",
    r.key("g"),
    ...place(r),
    r.one("100", "5000"),
    unit(r),
    "ASC",
    ...r.maybe(0.2, r.one("STORE", "STOREDIST"), r.key("z")),
  ],
  (r) => ["GEORADIUSBYMEMBER_RO", r.key("g"), r.member(), "8000", "km", "DESC"],
];

const hyperloglogMakes: Make[] = [
  (r) => ["PFADD", r.key("p"), ...r.many(() => r.member() + r.int(), 6)],
  (r) => ["PFADD", r.key("p")],
  (r) => ["PFCOUNT", ...r.many(() => r.key("p"), 3)],
  (r) => ["PFMERGE", r.key("p"), ...r.many(() => r.key("p"), 2)],
  (r) => ["PFDEBUG", r.one("DECODE", "ENCODING", "TODENSE", "x"), r.key("p")],
  (r) => ["GET", r.key("p")],
];

/** Values that are dumped byte for byte alike, and what DEBUG tells of all. */
const dumpsMakes: Make[] = [
  (r) => ["SET", r.key("s"), r.one(r.text(), "ab".repeat(40), "0123456789".repeat(9))],
  (r) => ["RPUSH", r.key("l"), ...r.many(() => r.text(), 8)],
  (r) => ["SADD", r.key("S"), ...r.many(() => r.int(), 5)],
  (r) => ["SADD", r.key("T"), ...r.many(() => r.text(), 5)],
  (r) => ["ZADD", r.key("z"), r.one("1", "2.5", "-3", "inf", "1e100"), r.member()],
  (r) => ["HSET", r.key("h"), r.member(), r.one("1", "12345", "-70000", "x", "9999999999999")],
  (r) => ["HSET", r.key("H"), r.member(), r.text()],
  (r) => ["DUMP", r.key(r.one("s", "l", "S", "z", "h"))],
  (r) => [
    "DEBUG",
    "DIGEST-VALUE",
    ...r.many(() => r.key(r.one("s", "l", "S", "T", "z", "h", "H"))),
  ],
  (r) => [
    "RESTORE",
    r.key("s"),
    r.one("0", "100000", "-1", "x"),
    "broken",
    ...r.maybe(0.2, "REPLACE"),
  ],
  (r) => ["OBJECT", r.one("ENCODING", "REFCOUNT"), r.key(r.one("s", "S", "T", "z", "h", "H"))],
];

const any = (r: Draw): string => r.key(r.one("s", "l", "h", "S", "z", "x"));

const generic: Make[] = [
  (r) => [r.one("DEL", "EXISTS", "UNLINK", "TOUCH"), ...r.many(() => any(r), 2)],
  (r) => ["TYPE", any(r)],
  (r) => ["OBJECT", r.one("ENCODING", "ENCODING", "x"), any(r)],
  (r) => [
    r.one("EXPIRE", "PEXPIRE"),
    any(r),
    r.one("100000", "-1", "x", "9223372036854775807", "0"),
    ...r.maybe(0.3, r.one("NX", "XX", "GT", "LT", "zz")),
  ],
  (r) => [
    "EXPIREAT",
    any(r),
    r.one("99999999999", "1", "x"),
    ...r.maybe(0.3, r.one("NX", "XX", "GT", "LT")),
  ],
  (r) => [r.one("TTL", "PERSIST", "EXPIRETIME"), any(r)],
  (r) => [r.one("RENAME", "RENAMENX"), any(r), any(r)],
  (r) => [
    "COPY",
    any(r),
    any(r),
    ...r.maybe(0.4, "REPLACE"),
    ...r.maybe(0.1, "DB", r.one("1", "99", "x")),
  ],
  (r) => ["MOVE", any(r), r.one("1", "0", "99", "x")],
  () => ["DBSIZE"],
  (r) => ["KEYS", r.one("*", "s*", "?0", "[sl]1", "x\\*")],
  (r) => [
    r.one("NOSUCH", "get", "SET", "lpush", "CONFIG", "object"),
    ...r.maybe(0.5, "x"),
    ...r.maybe(0.3, "y\r\nz"),
  ],
];

const groups: Record<string, Make[]> = {
  strings,
  lists: listsMakes,
  hashes: hashesMakes,
  sets: setsMakes,
  zsets: zsetsMakes,
  streams: streamsMakes,
  geo: geoMakes,
  hyperloglog: hyperloglogMakes,
  dumps: dumpsMakes,
};

/** The names of the groups of commands. */
export const groupNames: readonly string[] = Object.keys(groups);

/** A random command, mostly from one group. */
export function randomCommand(prng: Prng, group: string): string[] {
  const draw = new Draw(prng);
  const pool = prng.chance(0.85) ? (groups[group] as Make[]) : generic;
  return prng.pick(pool)(draw).map(String);
}

/** Commands whose replies have no order in Redis itself, and how many strings belong together. */
const unordered: Readonly<Record<string, number>> = {
  SMEMBERS: 1,
  SINTER: 1,
  SUNION: 1,
  SDIFF: 1,
  KEYS: 1,
  SRANDMEMBER: 1,
  SPOP: 1,
  HKEYS: 1,
  HVALS: 1,
  HGETALL: 2,
};

/** A reply's bytes, with what Redis leaves open taken out. */
export function normalise(command: readonly string[], raw: string): string {
  const name = (command[0] as string).toUpperCase();
  let size = unordered[name];
  if (name === "HRANDFIELD") size = command[3] === undefined ? 1 : 2;
  let head = /^[*~%][0-9]+\r\n/.exec(raw)?.[0];
  if (name === "HSCAN" || name === "ZSCAN") {
    // The cursors of large collections are each server's own business.
    head = /^\*2\r\n\$[0-9]+\r\n[0-9]+\r\n\*[0-9]+\r\n/.exec(raw)?.[0];
    if (head !== undefined && !head.includes("\r\n0\r\n")) return "a page of a scan";
    size = 2;
  }
  if (size === undefined || head === undefined) return raw;
  // In RESP3 pairs are arrays of two.
  const body = raw.slice(head.length).replaceAll("*2\r\n", "");
  const items = body.split(/(?=\$[0-9]+\r\n)/);
  const groups: string[] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size).join(""));
  return [head, ...groups.sort()].join("");
}

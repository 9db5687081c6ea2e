// What better-sqlite3 13.2.0 answers: test/world/sqlite-answers.test.ts compares these lines with recorded ones.
import Database from "better-sqlite3";
import { inspect } from "node:util";
import fs from "node:fs";
const { SqliteError } = Database;
const show = (v) =>
  JSON.stringify(v, (k, x) => (typeof x === "bigint" ? x + "n" : x === undefined ? "__undef" : x));
const tell = (name, call) => {
  try {
    console.log(name, show(call()));
  } catch (e) {
    console.log(name, "!", e.name, "|", e.message, "|", e.code);
  }
};
for (const p of [undefined, null, {}, true, "  ", "", ":memory:", " :memory: "])
  tell("path " + String(p), () => {
    const d = new Database(p);
    return [d.name, d.memory, d.open, d.readonly, d.inTransaction];
  });
for (const o of [
  1,
  null,
  "x",
  { readonly: 1 },
  { fileMustExist: 1 },
  { timeout: "x" },
  { timeout: -1 },
  { timeout: 2 ** 31 },
  { verbose: 1 },
  { readOnly: true },
  { memory: true },
  { readonly: true },
  {},
])
  tell("opt " + show(o), () => new Database(":memory:", o).open);
tell("nonew", () => Database(":memory:") instanceof Database);
tell("absent dir", () => new Database("/absent/x.db"));
tell("must exist", () => new Database("/tmp/lightcone-none.db", { fileMustExist: true }));
tell("dir", () => new Database("/tmp").prepare("select * from sqlite_schema").all());
const db = new Database("/tmp/lightcone-bs1.db");
tell("keys", () => Object.keys(db));
tell("inspect", () => inspect(db));
tell("methods", () => Object.getOwnPropertyNames(Database.prototype).sort());
tell(
  "exec",
  () => db.exec("create table t(id integer primary key, v text unique, n, r real, b blob)") === db,
);
tell("exec bad", () => db.exec(1));
tell("exec err", () => db.exec("nonsense"));
tell("exec none", () => db.exec("") === db);
const ins = db.prepare("insert into t(v,n,r,b) values(?,?,?,?)");
tell("stmt keys", () => Object.keys(ins));
tell("stmt insp", () => inspect(ins));
tell("stmt proto", () => Object.getOwnPropertyNames(Object.getPrototypeOf(ins)).sort());
tell("ins", () => ins.run("a", 1, 2, Buffer.from([1, 2])));
tell("ins2", () => ins.run("b", 1n, 2n, new Uint8Array([3])));
tell("ins3", () => ins.run("c", 1.5, null, null));
tell("undef", () => ins.run("u", undefined, null, null));
tell("few", () => ins.run("d"));
tell("many", () => ins.run("e", 1, 2, null, 5));
tell("bool", () => ins.run("f", true, 1, 1));
tell("obj", () => ins.run({}));
tell("obj2", () => ins.run("a", {}, 1, 1));
tell("arr", () => ins.run(["g", 1], [2, null]));
tell("date", () => ins.run(new Date(0), 1, 1, 1));
tell("big", () => ins.run("h", 2n ** 64n, 1, 1));
tell("sym", () => ins.run(Symbol(), 1, 2, 3));
tell("fn", () => ins.run(() => 1, 1, 2, 3));
tell("map", () => ins.run(new Map(), 1, 2, 3));
tell("uniq", () => ins.run("a", 1, 1, null));
tell("all", () => db.prepare("select *, typeof(n) tn, typeof(r) tr, typeof(b) tb from t").all());
tell("typeof", () => db.prepare("select typeof(?) a, typeof(?) b, ?/2 c").get(1, 1n, 3));
tell("dup", () => db.prepare("select 1 as a, 2 as a").get());
tell("dup raw", () => db.prepare("select 1 as a, 2 as a").raw().get());
tell("dup exp", () => db.prepare("select 1 as a, t.id, t.v as id from t").expand().get());
tell("proto", () => db.prepare("select 1 as __proto__, 2 b").get());
tell("expr name", () => db.prepare("select 1+1, count(*) from t").get());
tell("get none", () => db.prepare("select 1 where 0").get());
tell("all none", () => db.prepare("select 1 where 0").all());
tell("get ins", () => ins.get("x", 1, 1, 1));
tell("all ins", () => ins.all("x", 1, 1, 1));
tell("iter ins", () => ins.iterate("x", 1, 1, 1));
tell("run sel", () => db.prepare("select 1").run());
tell("ret run", () => db.prepare("insert into t(v) values('z3'),('z4') returning id").run());
tell("ret all", () => db.prepare("insert into t(v) values('z5'),('z6') returning id").all());
tell("ret get", () => db.prepare("insert into t(v) values('z7'),('z8') returning id").get());
tell("upd", () => db.prepare("update t set n = 9").run());
tell("create", () => db.prepare("create table q(x)").run());
tell("sel run", () => db.prepare("select * from t").run());
tell("big", () => db.prepare("select 9007199254740993 x").get());
tell("safe", () => db.prepare("select 9007199254740993 x, 1 y, 1.0 z").safeIntegers().get());
tell("safe bad", () => db.prepare("select 1").safeIntegers(1));
tell("safe off", () => db.prepare("select 1 x").safeIntegers(true).safeIntegers(false).get());
tell("safe run", () => db.prepare("insert into t(v) values('sr')").safeIntegers().run());
tell("defsafe", () => {
  db.defaultSafeIntegers();
  const x = db.prepare("select 1 x").get();
  db.defaultSafeIntegers(false);
  return x;
});
tell("defsafe bad", () => db.defaultSafeIntegers(2));
for (const m of ["pluck", "raw", "expand"]) {
  tell(m, () => db.prepare("select 1 x, 2 y")[m]().get());
  tell(m + " bad", () => db.prepare("select 1")[m](1));
  tell(m + " ins", () => ins[m]());
  tell(m + " off", () => db.prepare("select 1 x, 2 y").raw()[m](false).get());
}
tell("bind", () => db.prepare("select ? x, ? y").bind(1, 2).get());
tell("bind twice", () => db.prepare("select ? x").bind(1).bind(2));
tell("bind get", () => db.prepare("select ? x").bind(1).get(2));
tell("bind few", () => db.prepare("select ? x").bind());
tell("named", () => db.prepare("select :a a, $b b, @c c, ? d").get({ a: 1, b: 2, c: 3 }, 4));
tell("named miss", () => db.prepare("select :a a").get({ b: 1 }));
tell("named none", () => db.prepare("select :a a").get());
tell("named pos", () => db.prepare("select :a a").get(1));
tell("two obj", () => db.prepare("select :a a, :b b").get({ a: 1 }, { b: 2 }));
tell("class", () =>
  db.prepare("select :a a").get(
    new (class {
      a = 1;
    })(),
  ),
);
tell("null proto", () =>
  db.prepare("select :a a").get(Object.assign(Object.create(null), { a: 1 })),
);
tell("inherited", () => db.prepare("select :a a").get(Object.create({ a: 1 })));
tell("extra", () => db.prepare("select :a a").get({ a: 1, z: 2 }));
tell("?1", () => db.prepare("select ?1 a").get(1));
tell("?1 n", () => db.prepare("select ?1 a, ?2 b").get({ 1: 5, 2: 6 }));
tell("?2", () => db.prepare("select ?2 a, ? b").get({ 2: 5 }, 7, 8));
tell("rep", () => db.prepare("select :a a, :a b").get({ a: 1 }));
tell("same bare", () => db.prepare("select :a a, @a b").get({ a: 1 }));
tell("no params", () => db.prepare("select 1 a").get(1));
tell("no params obj", () => db.prepare("select 1 a").get({ x: 1 }));
tell("empty obj", () => db.prepare("select ? a").get({}, 1));
tell("prep bad", () => db.prepare(1));
tell("prep empty", () => db.prepare(""));
tell("prep ;", () => db.prepare(" ; "));
tell("prep two", () => db.prepare("select 1; select 2"));
tell("prep com", () => db.prepare("select 1; -- x\n /* y */ ;").get());
tell("prep uncl", () => db.prepare("select 1 /* unclosed").get());
tell("prep com only", () => db.prepare("-- only"));
tell("no table", () => db.prepare("select * from nope"));
tell("no col", () => db.prepare("select nope from t"));
tell("dqs", () => db.prepare('select "zz"'));
tell("amb", () => db.prepare("select id from t a, t b"));
tell("no fn", () => db.prepare("select nofn()"));
tell("args fn", () => db.prepare("select abs(1,2)"));
tell("overflow", () => db.prepare("select abs(-9223372036854775808)").get());
tell("mismatch", () => db.prepare("insert into t(id) values('x')").run());
db.exec(
  "create table p(id integer primary key); create table c(p references p); create table nn(x not null, y check (y > 1)); create table s(a integer, b text) strict; create table w(k primary key, v) without rowid",
);
for (const q of [
  "insert into c values(9)",
  "insert into nn values(null, 2)",
  "insert into nn values(1, 0)",
  "insert into s values('x', 1)",
  "insert into w values(1,1),(1,2)",
  "insert into t(id, v) values(1, 'pk')",
])
  tell(q, () => db.prepare(q).run());
tell("readonly", () =>
  [
    "select 1",
    "insert into t(v) values('q')",
    "pragma user_version",
    "pragma user_version = 1",
    "begin",
    "begin immediate",
    "commit",
    "savepoint x",
    "create temp table zz(a)",
    "vacuum",
    "pragma journal_mode",
    "explain insert into t(v) values(1)",
    "insert into t(v) values(1) returning id",
    "analyze",
    "attach ':memory:' as m",
  ].map((q) => {
    const s = db.prepare(q);
    return [q, s.readonly, s.reader];
  }),
);
tell("columns", () =>
  db
    .prepare("select id, v as w, n + 1, count(*), t.r, rowid, x.v from t, (select v from t) x")
    .columns(),
);
tell("columns ins", () => ins.columns());
tell("columns prag", () => db.prepare("pragma table_info(t)").columns());
tell("cols view", () => {
  db.exec("create view vw as select id, v from t");
  return db.prepare("select * from vw").columns();
});
tell("cols cast", () => db.prepare("select cast(n as text) ct, n from t").columns());
tell("pragma", () => [
  db.pragma("user_version"),
  db.pragma("user_version", { simple: true }),
  db.pragma("user_version = 3"),
  db.pragma("user_version = 4", { simple: true }),
  db.pragma("foreign_keys"),
  db.pragma("busy_timeout"),
  db.pragma("synchronous"),
  db.pragma("recursive_triggers"),
  db.pragma("cache_size"),
  db.pragma("journal_mode"),
  db.pragma("page_size"),
  db.pragma("nonsense"),
  db.pragma("table_info(t)"),
]);
tell("pragma bad", () => db.pragma(1));
tell("pragma opt", () => db.pragma("x", 1));
tell("pragma simple", () => db.pragma("x", { simple: 1 }));
tell("tx", () => {
  const f = db.transaction(function (a) {
    ins.run(a, 1, 1, null);
    return [this === undefined, db.inTransaction, a];
  });
  return [
    f("t1"),
    Object.getOwnPropertyNames(f).sort(),
    typeof f.deferred,
    f.database === db,
    f.default === f,
    f.immediate.deferred === f.deferred,
    f.name,
    db.inTransaction,
  ];
});
tell("tx err", () =>
  db.transaction(() => {
    ins.run("t2", 1, 1, null);
    throw new RangeError("x");
  })(),
);
tell("tx nest", () => {
  const inner = db.transaction((fail) => {
    ins.run(fail ? "t4" : "t5", 1, 1, null);
    if (fail) throw new Error("no");
  });
  db.transaction(() => {
    ins.run("t3", 1, 1, null);
    try {
      inner(true);
    } catch {}
    inner(false);
  })();
  return db.prepare("select v from t where v like 't_'").pluck().all();
});
tell("tx promise", () => db.transaction(async () => 1)());
tell("tx bad", () => db.transaction(1));
tell("tx in", () => {
  db.exec("begin");
  const x = db.inTransaction;
  db.exec("rollback");
  return [x, db.inTransaction];
});
tell("tx twice", () => {
  db.exec("begin");
  try {
    db.exec("begin");
  } finally {
    db.exec("rollback");
  }
});
tell("commit none", () => db.exec("commit"));
tell("fn", () => db.function("twice", (x) => x * 2) === db);
tell("fn use", () => db.prepare("select twice(4) x, typeof(twice(4)) t").get());
tell("fn va", () => {
  db.function("cat", { varargs: true, deterministic: true, directOnly: true }, (...a) =>
    a.map((x) => (x instanceof Buffer ? "buf" : String(x))).join("-"),
  );
  return db.prepare("select cat(1, 'x', null, x'01', 2.5) x").get();
});
tell("fn throw", () => {
  db.function("boom", () => {
    throw new RangeError("bang");
  });
  return db.prepare("select boom()").get();
});
tell("fn after", () => db.prepare("select 1").get());
for (const v of [
  undefined,
  true,
  {},
  [],
  () => {},
  Symbol(),
  new Date(0),
  2n ** 70n,
  "s",
  1,
  1.5,
  null,
  Buffer.from("a"),
  new Uint8Array([9]),
  Promise.resolve(1),
  5n,
])
  tell("fn ret " + typeof v, () => {
    db.function("giv", () => v);
    return db.prepare("select giv() x, typeof(giv()) t").get();
  });
tell("fn args", () => db.prepare("select twice(1,2)").get());
tell("fn big", () => db.prepare("select twice(9007199254740993) x").get());
tell("fn safe", () => {
  db.function("tb", { safeIntegers: true }, (x) => typeof x);
  return db.prepare("select tb(1) x").get();
});
for (const a of [
  [1],
  ["x"],
  ["x", 1],
  ["x", {}, 1],
  ["", () => 1],
  ["x", { deterministic: 1 }, () => 1],
  ["x", { varargs: 1 }, () => 1],
  ["x", 5, () => 1],
  ["x", null, () => 1],
  ["x", Object.defineProperty(() => 1, "length", { value: 200 })],
])
  tell("fn bad", () => db.function(...a) === db);
tell("agg", () => {
  db.aggregate("mysum", { start: 0, step: (a, b) => a + b });
  return [
    db.prepare("select mysum(x) s from (select 1 x union all select 5)").get(),
    db.prepare("select mysum(x) s from (select 1 x where 0)").get(),
    db
      .prepare(
        "select k, mysum(v) x, mysum(v*2) y from (select 1 k, 2 v union all select 2, 3 union all select 1, 5) group by k",
      )
      .all(),
  ];
});
tell("agg res", () => {
  db.aggregate("cnt", {
    start: () => ({ n: 0 }),
    step: (a, _b) => {
      a.n++;
    },
    result: (a) => a.n,
  });
  return db.prepare("select cnt(v) > 3 c from t").get();
});
tell("agg throw", () => {
  db.aggregate("bad", {
    start: 0,
    step: (_a, _b) => {
      throw new Error("st");
    },
  });
  return db.prepare("select bad(id) from t").get();
});
tell("agg throw res", () => {
  db.aggregate("bad", {
    start: 0,
    step: (_a, _b) => 1,
    result: () => {
      throw new Error("rs");
    },
  });
  return db.prepare("select bad(id) from t").get();
});
tell("agg start throw", () => {
  db.aggregate("bad", {
    start: () => {
      throw new Error("ss");
    },
    step: (_a, _b) => 1,
  });
  return db.prepare("select bad(id) from t").get();
});
tell("agg inv", () => {
  db.aggregate("bad", { start: 0, step: (_a, _b) => ({}) });
  return db.prepare("select bad(id) from t").get();
});
for (const a of [
  [1],
  ["x"],
  ["x", 1],
  ["x", {}],
  ["", { step: () => 1 }],
  ["x", { step: 1 }],
  ["x", { step: () => 1, result: 1 }],
])
  tell("agg bad", () => db.aggregate(...a) === db);
const it = db.prepare("select id from t order by id").iterate();
tell("it", () => [
  it.next(),
  it.next(),
  it[Symbol.iterator]() === it,
  Object.keys(it),
  Object.prototype.toString.call(it),
]);
tell("it insp", () => inspect(it, { depth: 0 }));
tell("it busy", () => it.statement.busy);
tell("it run", () => ins.run("during", 1, 1, null));
tell("it exec", () => db.exec("select 1"));
tell("it read", () => db.prepare("select 1 x").get());
tell("it same", () => it.statement.get());
tell("it pluck", () => it.statement.pluck());
tell("it bind", () => it.statement.bind());
tell("it pragma", () => db.pragma("user_version"));
tell("it fn", () => db.function("x", () => 1));
tell("it close", () => db.close());
tell("it ret", () => [it.return(), it.next(), it.statement.busy]);
tell("it2", () => [...db.prepare("select id from t limit 2").iterate()]);
tell("it break", () => {
  for (const _ of db.prepare("select id from t").iterate()) break;
  return ins.run("brk", 1, 1, null).changes;
});
tell("it throw", () => {
  const i = db.prepare("select boom() x").iterate();
  try {
    i.next();
  } finally {
    console.log(show([i.statement.busy, i.next()]));
  }
});
tell("it pluck2", () => [...db.prepare("select id from t limit 2").pluck().iterate()]);
tell("it args", () => [...db.prepare("select ? x").iterate(5)]);
tell("it args bad", () => db.prepare("select ? x").iterate());
tell("reent", () => {
  db.function("re", () => {
    try {
      db.prepare("select 1").get();
      return "ok";
    } catch (e) {
      return e.message;
    }
  });
  return db.prepare("select re() x").get();
});
tell("reent exec", () => {
  db.function("re2", () => {
    try {
      db.exec("select 1");
      return "ok";
    } catch (e) {
      return e.message;
    }
  });
  return db.prepare("select re2() x").get();
});
tell("reent close", () => {
  db.function("re3", () => {
    db.close();
    return 1;
  });
  return db.prepare("select re3() x").get();
});
tell("unsafe", () => db.unsafeMode() === db);
tell("unsafe it", () => {
  const i = db.prepare("select id from t").iterate();
  i.next();
  const r = ins.run("unsafe", 1, 1, null).changes;
  i.return();
  return r;
});
tell("unsafe off", () => db.unsafeMode(false) === db);
tell("unsafe bad", () => db.unsafeMode(1));
tell("verbose", () => {
  const seen = [];
  const d = new Database(":memory:", { verbose: (...a) => seen.push(a) });
  d.exec("create table t(a, b); insert into t values(1, 2);; -- c");
  d.prepare("insert into t values(?, ?)").run("it's", 1.0);
  d.prepare("select ?, ?, ?, :x, ? from t").all(
    "x".repeat(50),
    Buffer.alloc(40, 1),
    1e300,
    12345678901234,
    { x: 10n },
  );
  d.pragma("user_version");
  Array.from(d.prepare("select 1").iterate());
  d.transaction(() => 1)();
  try {
    d.exec("nonsense");
  } catch {}
  try {
    d.prepare("select ?").get();
  } catch {}
  return seen;
});
tell("verbose throw", () => {
  const d = new Database(":memory:", {
    verbose: () => {
      throw new Error("vb");
    },
  });
  d.exec("select 1");
});
tell("verbose reals", () => {
  const seen = [];
  const d = new Database(":memory:", { verbose: (a) => seen.push(a) });
  for (const x of [
    0,
    -0,
    0.1,
    1 / 3,
    1e21,
    1e15,
    123456789012345680,
    1e-7,
    0.0001,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    1.7976931348623157e308,
    100,
    12.5,
    999999999999999.9,
  ])
    d.prepare("select ?").get(x);
  return seen;
});
tell("tostring", () => [
  String(db.prepare("select ? x")),
  String(db.prepare("select ? x").bind("y")),
  Object.prototype.toString.call(ins),
]);
tell("text", () => db.prepare("select ? x, length(?) y, hex(?) z").get("a\0b", "a\0b", "a\0b"));
tell("uni", () => db.prepare("select ? x, length(?) y, upper(?) z").get("é😀", "é😀", "é"));
tell("surr", () => db.prepare("select ? x, hex(?) y").get("\ud800", "\ud800"));
tell("nan", () => db.prepare("select ? x, ? y, typeof(?) z").get(NaN, Infinity, NaN));
tell("neg0", () => Object.is(db.prepare("select ? x").pluck().get(-0), -0));
tell("blob", () => {
  const b = db.prepare("select x'0102' b, x'' e, zeroblob(3) z").get();
  return [b.b.constructor.name, b.e.length, b.z];
});
tell("buf slice", () => db.prepare("select ? x").get(Buffer.from("abcdef").subarray(2, 4)));
tell("json", () => db.prepare("select json_extract(?, '$.a') x").get('{"a":5}'));
tell("fts", () => {
  db.exec("create virtual table ft using fts5(a)");
  db.exec("insert into ft values('hello world')");
  return db.prepare("select * from ft where ft match 'hello'").all();
});
tell("math", () => db.prepare("select sqrt(4) x").get());
tell("explain", () => db.explain?.("select ? x").length > 0);
tell("explain stmt", () => db.prepare("explain query plan select * from t").all().length);
tell("schema chg", () => {
  const s = db.prepare("select * from q");
  db.exec("insert into q values(1); alter table q add column y default 7");
  return [s.all(), s.columns().length];
});
tell("dropped", () => {
  const s = db.prepare("select * from q");
  db.exec("drop table q");
  return s.all();
});
tell("conflict rollback", () => {
  db.exec("begin");
  try {
    db.prepare("insert or rollback into t(v) values('a')").run();
  } catch (e) {
    console.log(e.code, db.inTransaction);
  }
});
tell("err class", () => {
  try {
    db.exec("x");
  } catch (e) {
    return [
      e instanceof SqliteError,
      e instanceof Error,
      e.constructor.name,
      Object.keys(e),
      String(e),
    ];
  }
});
tell("new err", () => {
  const e = new SqliteError("m", "C");
  return [e.name, e.message, e.code];
});
tell("new err bad", () => new SqliteError("m"));
tell("err nonew", () => SqliteError("m", "C").code);
tell("wal", () => [
  db.pragma("journal_mode = wal"),
  db.pragma("synchronous"),
  db.pragma("wal_checkpoint"),
  fs.existsSync("/tmp/lightcone-bs1.db-wal"),
  fs.existsSync("/tmp/lightcone-bs1.db-shm"),
]);
tell("wal w", () => ins.run("inwal", 1, 1, null).changes);
tell("wal chk", () => db.pragma("wal_checkpoint(TRUNCATE)"));
tell("readonly", () => {
  const r = new Database("/tmp/lightcone-bs1.db", { readonly: true });
  const out = [r.readonly, r.prepare("select count(*) > 3 c from t").get()];
  try {
    r.exec("delete from t");
  } catch (e) {
    out.push(e.code, e.message);
  }
  r.close();
  return out;
});
tell("two conns", () => {
  const e = new Database("/tmp/lightcone-bs1.db", { timeout: 0 });
  db.exec("begin immediate");
  const out = [];
  try {
    e.exec("delete from t");
  } catch (x) {
    out.push(x.code, x.message);
  }
  out.push(e.prepare("select count(*) > 3 c from t").get());
  db.exec("rollback");
  e.close();
  return out;
});
tell("snapshot", () => {
  const e = new Database("/tmp/lightcone-bs1.db", { timeout: 0 });
  e.exec("begin");
  e.prepare("select count(*) from t").get();
  ins.run("snap", 1, 1, null);
  const out = [e.prepare("select count(*) c from t where v = 'snap'").get()];
  try {
    e.prepare("insert into t(v) values('stale')").run();
  } catch (x) {
    out.push(x.code, x.message);
  }
  e.exec("commit");
  out.push(e.prepare("select count(*) c from t where v = 'snap'").get());
  e.close();
  return out;
});
tell("jm back", () => db.pragma("journal_mode = delete"));
tell("rb lock", () => {
  const e = new Database("/tmp/lightcone-bs1.db", { timeout: 0 });
  db.exec("begin exclusive");
  const out = [];
  try {
    e.prepare("select 1 from t").get();
  } catch (x) {
    out.push(x.code, x.message);
  }
  db.exec("rollback");
  e.exec("begin");
  e.prepare("select 1 from t").get();
  db.exec("begin immediate");
  ins.run("rb", 1, 1, null);
  try {
    db.pragma("busy_timeout = 0");
    db.exec("commit");
  } catch (x) {
    out.push(x.code, x.message, db.inTransaction);
  }
  e.exec("commit");
  db.exec("commit");
  e.close();
  return out;
});
const late = db.prepare("select 1");
tell("close", () => db.close() === db);
tell("close2", () => db.close() === db);
tell("late", () => late.get());
tell("late exec", () => db.exec("select 1"));
tell("late prep", () => db.prepare("select 1"));
tell("late tx", () => [db.open, db.inTransaction, db.name]);
tell("late pragma", () => db.pragma("x"));
tell("late fn", () => db.function("x", () => 1));
tell("late cols", () => late.columns());
tell("late pluck", () => late.pluck() === late);
tell("late bind", () => late.bind());
tell("late busy", () => late.busy);
tell("late trans", () => typeof db.transaction(() => 1));
tell("late unsafe", () => db.unsafeMode());
tell("late safe", () => db.defaultSafeIntegers() === db);
tell("notadb", () => {
  fs.writeFileSync("/tmp/lightcone-bad.db", "x".repeat(5000));
  return new Database("/tmp/lightcone-bad.db").prepare("select * from sqlite_schema").all();
});
tell("new Statement", () => new (Object.getPrototypeOf(late).constructor)());

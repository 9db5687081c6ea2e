// What node:sqlite answers: test/world/sqlite-answers.test.ts compares these lines with recorded ones.
const tell = (name, call) => {
  try {
    const v = call();
    console.log(
      name,
      JSON.stringify(v, (k, x) => (typeof x === "bigint" ? x + "n" : x)),
    );
  } catch (e) {
    console.log(name, "!", e.name, "|", e.message, "|", JSON.stringify({ ...e }));
  }
};
const S = await import("node:sqlite");
const { DatabaseSync, StatementSync } = S;
console.log(Object.keys(S).join());
tell("nonew", () => DatabaseSync(":memory:"));
for (const p of [undefined, 1, null, {}, "a\0b", new URL("http://x/y"), Buffer.from("a\0b")])
  tell("path", () => new DatabaseSync(p));
for (const o of [
  1,
  null,
  "x",
  { open: 1 },
  { readOnly: 1 },
  { enableForeignKeyConstraints: 1 },
  { enableDoubleQuotedStringLiterals: 1 },
  { allowExtension: 1 },
  { timeout: "x" },
  { timeout: -1 },
  { timeout: 1.5 },
  { readBigInts: 1 },
  { returnArrays: 1 },
  { allowBareNamedParameters: 1 },
  { allowUnknownNamedParameters: 1 },
  { defensive: 1 },
])
  tell("opt " + JSON.stringify(o), () => {
    const d = new DatabaseSync(":memory:", o);
    return d.isOpen;
  });
const db = new DatabaseSync(":memory:");
tell("open again", () => db.open());
tell("tx", () => [
  db.isTransaction,
  db.isOpen,
  db.location(),
  db.location("main"),
  db.location("zzz"),
]);
tell("loc bad", () => db.location(1));
tell("exec bad", () => db.exec(1));
tell("exec undef", () => db.exec());
tell(
  "exec ret",
  () =>
    db.exec("create table t(id integer primary key, v text unique, n, r real, b blob)") ===
    undefined,
);
tell("prep bad", () => db.prepare(1));
tell("prep empty", () => db.prepare(""));
tell("prep empty run", () => db.prepare("").run());
tell("prep two", () => db.prepare("select 1; select 2").all());
tell("prep comment", () => db.prepare("-- x").sourceSQL);
const ins = db.prepare("insert into t(v,n,r,b) values(?,?,?,?)");
tell("ins", () => ins.run("a", 1, 2, new Uint8Array([1, 2])));
tell("ins2", () => ins.run("b", 1n, 2n, Buffer.from("hé")));
tell("ins3", () => ins.run("c", 1.5, null, new DataView(new ArrayBuffer(2))));
tell("ins few", () => ins.run("d"));
tell("ins many", () => ins.run("e", 1, 2, null, 5));
tell("ins bool", () => ins.run("f", true));
tell("ins undef", () => ins.run("g", undefined));
tell("ins fn", () => ins.run("h", () => 1));
tell("ins obj", () => ins.run("h", {}));
tell("ins arr", () => ins.run(["h"]));
tell("ins date", () => ins.run("h", new Date(0)));
tell("ins big", () => ins.run("h", 2n ** 70n));
tell("ins sym", () => ins.run(Symbol()));
tell("uniq", () => ins.run("a"));
tell("all", () =>
  db.prepare("select *, typeof(n) tn, typeof(r) tr, typeof(b) tb, typeof(v) tv from t").all(),
);
tell("typeof", () => db.prepare("select typeof(?) a, typeof(?) b, ?/2 c").get(1, 1n, 3));
tell("dup", () => db.prepare("select 1 as a, 2 as a").get());
tell("get none", () => db.prepare("select 1 where 0").get());
tell("get insert", () => db.prepare("insert into t(v) values('z1')").get());
tell("all insert", () => db.prepare("insert into t(v) values('z2')").all());
tell("run select", () => db.prepare("select 1").run());
tell("returning run", () => db.prepare("insert into t(v) values('z3'),('z4') returning id").run());
tell("returning all", () => db.prepare("insert into t(v) values('z5'),('z6') returning id").all());
tell("big", () => db.prepare("select 9007199254740993 x").get());
tell("big iter", () => [...db.prepare("select 1 x union all select 9007199254740993 x").iterate()]);
const bi = db.prepare("select 9007199254740993 x, 1.0 y, 2 z");
tell("setbig", () => bi.setReadBigInts(true));
tell("big2", () => bi.get());
tell("setbig bad", () => bi.setReadBigInts(1));
tell("setbig none", () => bi.setReadBigInts());
tell("bigrun", () => {
  const s = db.prepare("insert into t(v) values('z7')");
  s.setReadBigInts(true);
  return s.run();
});
for (const m of [
  "setReturnArrays",
  "setAllowBareNamedParameters",
  "setAllowUnknownNamedParameters",
]) {
  tell(m, () => bi[m]?.(1));
  tell(m, () => bi[m]?.(true));
}
tell("arrays", () => {
  const s = db.prepare("select 1 a, 2 a, x'00ff' b");
  s.setReturnArrays(true);
  return s.all();
});
tell("named", () => db.prepare("select :a a, $b b, @c c, ? d").get({ a: 1, b: 2, c: 3 }, 4));
tell("named pref", () => db.prepare("select :a a, $b b").get({ ":a": 1, $b: 2 }));
tell("named unk", () => db.prepare("select :a a").get({ x: 1 }));
tell("named unk2", () => {
  const s = db.prepare("select :a a");
  s.setAllowUnknownNamedParameters(true);
  return s.get({ x: 1, a: 5 });
});
tell("bare off", () => {
  const s = db.prepare("select :a a");
  s.setAllowBareNamedParameters(false);
  return s.get({ a: 5 });
});
tell("conflict", () => db.prepare("select :a a, $a b").get({ a: 1 }));
tell("?1", () => db.prepare("select ?1 a, ?2 b").get(1, 2));
tell("?1 named", () => db.prepare("select ?1 a, ?2 b").get({ 1: 5, "?2": 6 }));
tell("?2", () => db.prepare("select ?2 a, ? b").get(1, 2));
tell("rebind", () => {
  const s = db.prepare("select ? a, ? b");
  s.get(1, 2);
  return [s.get(3), s.get()];
});
tell("fn", () => db.function("twice", (x) => x * 2));
tell("fn use", () => db.prepare("select twice(4) x, typeof(twice(4)) t").get());
tell("fn opts", () =>
  db.function("cat", { varargs: true, deterministic: true, directOnly: true }, (...a) =>
    a.map(String).join("-"),
  ),
);
tell("fn cat", () => db.prepare("select cat(1, 'x', null, x'01', 2.5) x").get());
tell("fn throw", () => {
  db.function("boom", () => {
    throw new RangeError("bang");
  });
  return db.prepare("select boom()").get();
});
tell("fn args", () => db.prepare("select twice(1, 2)").get());
tell("fn big", () => db.prepare("select twice(9007199254740993)").get());
tell("fn usebig", () => {
  db.function("tb", { useBigIntArguments: true }, (x) => typeof x);
  return db.prepare("select tb(1) x, tb(1.5) y").get();
});
for (const a of [
  [1],
  ["x"],
  ["x", 1],
  ["x", {}, 1],
  ["x", { deterministic: 1 }, () => 1],
  ["x", { varargs: 1 }, () => 1],
  ["x", { useBigIntArguments: 1 }, () => 1],
  ["x", { directOnly: 1 }, () => 1],
])
  tell("fn bad", () => db.function(...a));
tell("agg", () => db.aggregate("mysum", { start: 0, step: (a, b) => a + b }));
tell("agg use", () => db.prepare("select mysum(x) s from (select 1 x union all select 5)").get());
tell("agg empty", () => db.prepare("select mysum(x) s from (select 1 x where 0)").get());
tell("agg res", () => {
  db.aggregate("cnt", {
    start: () => ({ n: 0 }),
    step: (a) => {
      a.n++;
      return a;
    },
    result: (a) => a.n,
  });
  return db.prepare("select id % 2 k, cnt(v) c from t group by k").all();
});
for (const a of [
  [1],
  ["x"],
  ["x", 1],
  ["x", {}],
  ["x", { start: 1 }],
  ["x", { step: () => 1 }],
  ["x", { start: 1, step: 1 }],
  ["x", { start: 1, step() {}, result: 1 }],
  ["x", { start: 1, step() {}, inverse: 1 }],
])
  tell("agg bad", () => db.aggregate(...a));
tell("agg throw", () => {
  db.aggregate("bad", {
    start: 0,
    step: () => {
      throw new Error("st");
    },
  });
  return db.prepare("select bad(id) from t").get();
});
tell("columns", () => db.prepare("select id, v as w, n + 1, count(*), t.r from t").columns());
tell("cols proto", () => Object.getPrototypeOf(db.prepare("select 1 x").columns()[0]));
tell("expanded", () => {
  const s = db.prepare("select ? a, :b b, ? c");
  s.get({ b: "it's" }, 1, null);
  return s.expandedSQL;
});
tell("expanded2", () => {
  const s = db.prepare("select ? a, ? b, ? c, ? d");
  s.get(1.5, "x".repeat(50), Buffer.from("abc"), 10n);
  return s.expandedSQL;
});
tell("expanded3", () => db.prepare("select ? a").expandedSQL);
tell("source", () => db.prepare("select 1 -- hi").sourceSQL);
const it = db.prepare("select id from t order by id limit 3").iterate();
tell("it", () => [
  it.next(),
  it.next(),
  Object.prototype.toString.call(it),
  it[Symbol.iterator]() === it,
]);
tell("it write", () => ins.run("during"));
tell("it ret", () => [it.return(), it.next()]);
tell("it2", () => [...db.prepare("select id from t limit 2").iterate()]);
tell("it toArray", () =>
  db
    .prepare("select id from t limit 2")
    .iterate()
    .map((r) => r.id)
    .toArray(),
);
tell("err syntax", () => db.exec("nonsense"));
tell("err notable", () => db.exec("select * from nope"));
tell("exec multi err", () =>
  db.exec(
    "insert into t(v) values('m1'); insert into t(v) values('a'); insert into t(v) values('m2')",
  ),
);
tell("after", () => db.prepare("select v from t where v like 'm%'").all());
tell("fk", () => {
  db.exec("create table p(id integer primary key); create table c(p references p)");
  db.exec("insert into c values(9)");
});
tell("notnull", () => {
  db.exec("create table nn(x not null, y check (y > 1))");
  db.exec("insert into nn values(null, 2)");
});
tell("check", () => db.exec("insert into nn values(1, 0)"));
tell("dqs", () => db.prepare('select "zzz"').get());
tell("dqs on", () => {
  const d = new DatabaseSync(":memory:", { enableDoubleQuotedStringLiterals: true });
  return d.prepare('select "zzz" x').get();
});
tell("tx2", () => {
  db.exec("begin");
  const a = db.isTransaction;
  db.exec("rollback");
  return [a, db.isTransaction];
});
tell("commit none", () => db.exec("commit"));
tell("proto row", () => Object.getPrototypeOf(db.prepare("select 1").get()));
tell("blob", () => {
  const b = db.prepare("select x'0102' b, x'' e").get();
  return [b.b.constructor.name, b.b.byteOffset, b.b.buffer.byteLength, b.e.length];
});
tell("text nul", () => db.prepare("select ? x, length(?) y").get("a\0b", "a\0b"));
tell("nan", () => db.prepare("select ? x, ? y").get(NaN, Infinity));
tell("changes", () => [
  db.prepare("update t set n = 1").run(),
  db.prepare("select 1").run(),
  db.prepare("create table q(x)").run(),
]);
tell("rec trig", () => db.prepare("pragma recursive_triggers").get());
tell("fkp", () => db.prepare("pragma foreign_keys").get());
tell("busy", () => db.prepare("pragma busy_timeout").get());
tell("busy2", () =>
  new DatabaseSync(":memory:", { timeout: 77 }).prepare("pragma busy_timeout").get(),
);
tell("mem jm", () => db.prepare("pragma journal_mode").get());
tell("new Statement", () => new StatementSync());
const late = db.prepare("select 1");
tell("close", () => db.close());
tell("close2", () => db.close());
tell("late", () => late.get());
tell("late it", () => late.iterate());
tell("late set", () => late.setReadBigInts(true));
tell("late src", () => late.sourceSQL);
tell("late cols", () => late.columns());
tell("late exec", () => db.exec("select 1"));
tell("late prep", () => db.prepare("select 1"));
tell("late tx", () => db.isTransaction);
tell("late loc", () => db.location());
tell("late fn", () => db.function("x", () => 1));
tell("late isOpen", () => db.isOpen);
tell("reopen", () => {
  db.open();
  return db.prepare("select count(*) c from sqlite_schema").get();
});
tell("dispose", () => {
  db[Symbol.dispose]();
  return db.isOpen;
});
tell("dispose2", () => db[Symbol.dispose]());
tell("ro", () => {
  const d = new DatabaseSync("/tmp/lightcone-ro.db");
  d.exec("create table if not exists x(y)");
  d.close();
  const r = new DatabaseSync("/tmp/lightcone-ro.db", { readOnly: true });
  r.exec("insert into x values(1)");
});
tell("absent", () => new DatabaseSync("/absent/x.db"));
tell("absent ro", () => new DatabaseSync("/tmp/lightcone-none.db", { readOnly: true }));
tell("file url", () => {
  const d = new DatabaseSync(new URL("file:///tmp/lightcone-u.db"));
  return d.location();
});
tell("uri", () => {
  const d = new DatabaseSync("file:/tmp/lightcone-u.db?mode=ro");
  d.exec("create table a(b)");
});
tell("attach", () => {
  const d = new DatabaseSync(":memory:");
  d.exec("attach '/tmp/lightcone-u.db' as u");
  return [d.location(), d.location("u")];
});
tell("wal", () => {
  const d = new DatabaseSync("/tmp/lightcone-w.db");
  return [d.prepare("pragma journal_mode=wal").get(), d.prepare("pragma synchronous").get()];
});
tell("dump", () => process.versions.sqlite !== undefined);
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
  new Uint8Array([9]),
  new DataView(new ArrayBuffer(1)),
  Promise.resolve(1),
  5n,
])
  tell("fn ret " + typeof v, () => {
    const db = new DatabaseSync(":memory:");
    db.function("giv", () => v);
    return db.prepare("select giv() x, typeof(giv()) t").get();
  });
tell("agg throw", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("bad", {
    start: 0,
    step: (_a, _b) => {
      throw new Error("st");
    },
  });
  return db.prepare("select bad(1)").get();
});
tell("agg res throw", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("bad", {
    start: 0,
    step: (_a, _b) => 1,
    result: () => {
      throw new Error("rs");
    },
  });
  return db.prepare("select bad(1)").get();
});
tell("agg undefined", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("bad", { start: 7, step: (_a, _b) => undefined });
  return db.prepare("select bad(1)").get();
});
tell("agg big", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("bad", { start: 0n, useBigIntArguments: true, step: (a, b) => a + b });
  return db.prepare("select bad(1) x").get();
});
tell("agg varargs", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("bad", { start: 0, varargs: true, step: (a, ...b) => a + b.length });
  return db.prepare("select bad(1,2,3) x").get();
});
tell("agg group", () => {
  const db = new DatabaseSync(":memory:");
  db.aggregate("s", { start: 0, step: (a, b) => a + b });
  return db
    .prepare(
      "select k, s(v) x, s(v * 2) y from (select 1 k, 2 v union all select 2, 3 union all select 1, 5) group by k",
    )
    .all();
});
tell("fn name", () => {
  const db = new DatabaseSync(":memory:");
  db.function("", () => 1);
  return db.prepare('select ""() x').get();
});
tell("nested", () => {
  const db = new DatabaseSync(":memory:");
  db.function("c", () => db.prepare("select 5 y").get().y);
  return db.prepare("select c() x").get();
});
const d = new DatabaseSync(":memory:");
tell("opts defaults", () => {
  const x = new DatabaseSync(":memory:", {
    readBigInts: true,
    returnArrays: true,
    allowUnknownNamedParameters: true,
  });
  return x.prepare("select 1 a, :b b").all({ b: 2, c: 3 });
});
tell("prep opts", () =>
  d
    .prepare("select 1 a, :b b", {
      readBigInts: true,
      returnArrays: true,
      allowUnknownNamedParameters: true,
    })
    .all({ b: 2, c: 3 }),
);
tell("prep opts bad", () => d.prepare("select 1", 5));
tell("prep opts bad2", () => d.prepare("select 1", { readBigInts: 5 }));
tell("stmt keys", () => Object.getOwnPropertyNames(d.prepare("select 1")));
tell("stmt close", () => {
  const s = d.prepare("select 1");
  s.close?.();
  return s.get();
});
tell("columns none", () => d.prepare("create table zz(a)").columns());
tell("run on rows multi", () => {
  d.exec("create table k(a)");
  return d.prepare("insert into k values(1),(2),(3)").run();
});
tell("exec none", () => d.exec(""));
tell("iter args", () => [...d.prepare("select ? x").iterate(3)]);
tell("enableLoadExtension", () => d.enableLoadExtension(true));
tell("loadExtension", () => d.loadExtension("x"));
tell("defensive", () => d.enableDefensive?.(true));
tell("undefined opts", () => new DatabaseSync(":memory:", undefined).isOpen);
tell("fn deterministic idx", () => {
  d.function("det", { deterministic: true }, (x) => x);
  d.exec("create index kk on k(det(a))");
  return d.prepare("select count(*) c from k").get();
});
tell("isTransaction descriptor", () =>
  JSON.stringify(
    Object.getOwnPropertyDescriptor(d, "isOpen") ??
      Object.getOwnPropertyDescriptor(DatabaseSync.prototype, "isOpen"),
  ),
);
tell("sourceSQL desc", () => {
  const s = d.prepare("select 1");
  return [Object.keys(s), "sourceSQL" in s, "expandedSQL" in s];
});

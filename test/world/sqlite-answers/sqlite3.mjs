// What sqlite3 6.0.1 answers: test/world/sqlite-answers.test.ts compares these lines with recorded ones.
import sqlite3 from "sqlite3";
import { EventEmitter } from "node:events";
const show = (v) =>
  JSON.stringify(v, (k, x) =>
    typeof x === "bigint"
      ? x + "n"
      : x === undefined
        ? "__undef"
        : typeof x === "function"
          ? "__fn"
          : x,
  );
const tell = (name, call) => {
  try {
    console.log(name, show(call()));
  } catch (e) {
    console.log(name, "!", e.name, "|", e.message, "|", e.code, e.errno);
  }
};
const cb = (name, done) =>
  function (error, ...rest) {
    console.log(
      name,
      error
        ? [
            error.message,
            error.errno,
            error.code,
            error.constructor.name,
            show(Object.keys(error)),
          ].join(" | ")
        : show([error, ...rest]),
      this === undefined ? "nothis" : this.constructor.name,
      this?.lastID,
      this?.changes,
    );
    done?.();
  };
const step = (f) => new Promise((r) => f(r));
process.on("uncaughtException", (e) => console.log("UNCAUGHT", e.message, e.code));
tell("exports", () =>
  Object.keys(sqlite3)
    .filter(
      (k) =>
        k !== "default" &&
        !["VERSION", "SOURCE_ID", "VERSION_NUMBER", "Backup", "path"].includes(k),
    )
    .sort(),
);
tell("proto", () => [
  Object.getOwnPropertyNames(sqlite3.Database.prototype)
    .filter((k) => !(k in EventEmitter.prototype))
    .sort(),
  Object.getOwnPropertyNames(sqlite3.Statement.prototype)
    .filter((k) => !(k in EventEmitter.prototype))
    .sort(),
]);
for (const a of [[], [1], [null], [{}]]) tell("ctor " + show(a), () => new sqlite3.Database(...a));
const F = "/tmp/lightcone-sq1.db";
let db;
await step((r) => {
  db = new sqlite3.Database(F, cb("open", r));
  console.log(db.open, db.filename, db.mode, Object.keys(db), db instanceof EventEmitter);
});
tell("inspect", () => Object.keys(db));
tell("opened", () => db.open);
await step((r) => {
  void new sqlite3.Database("/absent/x.db", cb("absent", r));
});
await step((r) => {
  void new sqlite3.Database("/tmp/lightcone-none.db", sqlite3.OPEN_READWRITE, cb("must exist", r));
});
await step((r) => {
  const d = new sqlite3.Database("/absent/y.db");
  d.on("error", (e) => {
    console.log("ev error", e.message);
    r();
  });
});
await step((r) => {
  const d = new sqlite3.Database(":memory:");
  d.on("open", function (e) {
    console.log("ev open", e, this === d);
    r();
  });
});
await step((r) =>
  db.exec(
    "create table t(id integer primary key, v text unique, n, r real, b blob); create table p(id integer primary key); create table c(x references p(id)); create table nn(x not null, y check (y > 1))",
    cb("exec", r),
  ),
);
await step((r) => db.exec("nonsense", cb("exec err", r)));
tell("exec bad", () => db.exec(1));
tell("exec bad cb", () => db.exec("x", 1));
await step((r) =>
  db.exec("insert into t(v) values('m1'); insert into t(v) values('m1')", cb("exec multi", r)),
);
await step((r) =>
  db.run("insert into t(v,n,r,b) values(?,?,?,?)", "a", 1, 2, Buffer.from([1, 2]), cb("run", r)),
);
await step((r) =>
  db.run("insert into t(v,n,r,b) values(?,?,?,?)", ["b", 1.5, null, undefined], cb("run arr", r)),
);
await step((r) =>
  db.run(
    "insert into t(v,n,r,b) values($v,:n,@r,$b)",
    { $v: "c", ":n": true, "@r": new Date(5) },
    cb("run named", r),
  ),
);
await step((r) => db.run("insert into t(v) values($v)", { v: "d" }, cb("bare named", r)));
await step((r) => db.run("insert into t(v) values($v)", { $v: "d", $z: 1 }, cb("extra named", r)));
await step((r) =>
  db.run("insert into t(v, n) values(?1, ?2)", { 1: "e", 2: 7 }, cb("numbered", r)),
);
await step((r) => db.run("insert into t(v) values(?)", ["a"], cb("unique", r)));
await step((r) => db.run("insert into t(v) values(?)", "x", "y", cb("too many", r)));
await step((r) => db.run("insert into t(v) values(?)", cb("too few", r)));
await step((r) => db.run("insert into c values(99)", cb("fk off", r)));
await step((r) => db.run("insert into nn values(null, 5)", cb("notnull", r)));
await step((r) => db.run("insert into nn values(1, 0)", cb("check", r)));
await step((r) => db.run("update t set n = 3", cb("update", r)));
await step((r) => db.run("create table z(a)", cb("create", r)));
await step((r) => db.run("select 1", cb("run select", r)));
await step((r) => db.run("delete from t where id > 1000", cb("delete none", r)));
await step((r) => db.run("nonsense", cb("syntax", r)));
await step((r) => db.run("select * from nope", cb("no table", r)));
await step((r) => db.all("select *, typeof(n) tn, typeof(r) tr from t", cb("all", r)));
await step((r) => db.all("select 1 where 0", cb("all none", r)));
await step((r) => db.get("select * from t where id = ?", 2, cb("get", r)));
await step((r) => db.get("select 1 where 0", cb("get none", r)));
await step((r) =>
  db.get(
    "select typeof(?) a, typeof(?) b, typeof(?) c, typeof(?) d, ?/2 e",
    1,
    1.5,
    2 ** 40,
    true,
    3,
    cb("types", r),
  ),
);
await step((r) =>
  db.get(
    "select ? a, ? b, ? c, ? d, ? e, ? f",
    [new Date(7), /x/g, { a: 1 }, [1, 2], 5n, Symbol.iterator],
    cb("odd", r),
  ),
);
await step((r) => db.get("select ? a, ? b", [() => 1, new Uint8Array([5])], cb("odd2", r)));
await step((r) => db.get("select 1 a, 2 a", cb("dup", r)));
await step((r) =>
  db.get("select 9007199254740993 x, 'a' || char(0) || 'b' y, x'00ff' z, null w", cb("vals", r)),
);
await step((r) => db.get("select ? x, length(?) y", "a\0b", "a\0b", cb("nul", r)));
await step((r) => db.get('select "zzz" x, "a" y', cb("dqs", r)));
await step((r) => db.all('select id from t where v = "a"', cb("dqs2", r)));
await step((r) => db.each("select id, v from t limit 3", cb("each"), cb("each done", r)));
await step((r) => db.each("select * from nope", cb("each err"), cb("each err done", r)));
await step((r) => db.each("select 1 where 0", cb("each no"), cb("each none", r)));
await step((r) => db.map("select id, v from t limit 2", cb("map", r)));
await step((r) => db.map("select id, v, n from t limit 2", cb("map3", r)));
await step((r) => db.map("select id from t limit 2", cb("map1", r)));
await step((r) => db.map("select * from nope", cb("map err", r)));
await step((r) => db.all("pragma foreign_keys", cb("pfk", r)));
await step((r) => db.all("pragma busy_timeout", cb("pbt", r)));
await step((r) => db.all("pragma synchronous", cb("psy", r)));
await step((r) => db.all("pragma recursive_triggers", cb("prt", r)));
await step((r) => db.all("pragma journal_mode", cb("pjm", r)));
await step((r) => db.all("pragma cache_size", cb("pcs", r)));
// statements
let st;
await step((r) => {
  st = db.prepare("insert into t(v) values(?)", cb("prepare", r));
  console.log("sql", st.sql, Object.keys(st));
});
await step((r) => st.run("s1", cb("s run", r)));
await step((r) => st.run(cb("s rerun", r)));
await step((r) => st.run("s2", cb("s run2", r)));
await step((r) => st.bind("s3", cb("s bind", r)));
await step((r) => st.run(cb("s run bound", r)));
await step((r) => st.bind("a", "b", cb("s bind many", r)));
await step((r) => st.reset(cb("s reset", r)));
await step((r) => st.finalize(cb("s fin", r)));
await step((r) => st.run("s9", cb("s late", r)));
await step((r) => st.finalize(cb("s fin2", r)));
let rd;
await step((r) => {
  rd = db.prepare("select id from t order by id limit 2", cb("rprep", r));
});
for (const n of ["g1", "g2", "g3", "g4"]) await step((r) => rd.get(cb(n, r)));
await step((r) => rd.reset(cb("greset", r)));
await step((r) => rd.get(cb("g5", r)));
await step((r) => rd.all(cb("gall", r)));
await step((r) => rd.get(cb("g6", r)));
await step((r) => rd.each(cb("geach"), cb("geach d", r)));
await step((r) => rd.run(cb("grun", r)));
await step((r) => rd.get(cb("g7", r)));
await step((r) => rd.map(cb("gmap", r)));
await step((r) => rd.finalize(cb("gfin", r)));
await step((r) => {
  const s = db.prepare("select ? x", 5, cb("prep bind", r));
  s.get(cb("prep get")).finalize();
});
await step((r) => setTimeout(r, 20));
await step((r) => {
  const s = db.prepare("nonsense", cb("prep err", r));
  s.run(cb("never run"));
});
await step((r) => {
  const s = db.prepare("nonsense2");
  s.on("error", (e) => {
    console.log("st error", e.message);
    r();
  });
});
await step((r) => {
  db.prepare("", cb("empty", r));
});
await step((r) => db.run("", cb("run empty", r)));
await step((r) => db.all("-- c", cb("all comment", r)));
await step((r) => db.run("select 1; nonsense", cb("two", r)));
await step((r) => {
  db.serialize(() => {
    db.run("create table o2(a)", cb("s1"));
    db.run("insert into o2 values(1)", cb("s2"));
    db.exec("insert into o2 values(2)", cb("s3"));
    db.each("select a from o2", cb("s4"), cb("s5"));
    db.all("select * from o2", cb("s6", r));
  });
  console.log("sync", db.serialize() === db, db.parallelize() === db);
});
for (const a of [
  ["trace"],
  ["nope", 1],
  ["busyTimeout", "x"],
  ["limit", 1],
  ["limit", "x", 1],
  ["limit", 1, "x"],
  ["busyTimeout", 50],
])
  tell("conf " + show(a), () => db.configure(...a) === db);
await step((r) => {
  const seen = [];
  const l = (s) => seen.push(s);
  db.on("trace", l);
  db.run("insert into t(v, n) values(?, ?)", "tr'x", 1.5, () =>
    db.exec("select 1; select 2", () =>
      setTimeout(() => {
        console.log("trace", show(seen));
        db.removeListener("trace", l);
        r();
      }, 30),
    ),
  );
});
await step((r) => db.all("pragma busy_timeout", cb("pbt2", r)));
await step((r) => db.all("pragma busy_timeout = 77", cb("pbt3", r)));
await step((r) => db.all("pragma busy_timeout", cb("pbt4", r)));
await step((r) => {
  const e = new sqlite3.Database(F, () => {
    e.configure("busyTimeout", 20);
    db.exec("begin immediate", () =>
      e.run(
        "insert into t(v) values('locked')",
        cb("busy", () =>
          e.all(
            "select count(*) > 1 c from t",
            cb("busy read", () => db.exec("rollback", () => e.close(cb("e close", r)))),
          ),
        ),
      ),
    );
  });
});
await step((r) => db.all("pragma journal_mode = wal", cb("wal", r)));
await step((r) => db.all("pragma synchronous", cb("wal sync", r)));
await step((r) => db.all("pragma wal_checkpoint", cb("chk", r)));
await step((r) => {
  const e = new sqlite3.Database(F, () => {
    db.exec("begin immediate; insert into t(v) values('inwal')", () =>
      e.all(
        "select count(*) c from t where v = 'inwal'",
        cb("wal read", () =>
          db.exec("commit", () =>
            e.all(
              "select count(*) c from t where v = 'inwal'",
              cb("wal read2", () => e.close(cb("wal close", r))),
            ),
          ),
        ),
      ),
    );
  });
});
await step((r) => {
  const e = new sqlite3.Database(F, sqlite3.OPEN_READONLY, () => {
    e.run(
      "delete from t",
      cb("ro", () => e.close(cb("ro close", r))),
    );
  });
});
await step((r) => {
  const s = db.prepare("select 1");
  db.close(
    cb("close early", () => {
      s.finalize(cb("fin s", r));
    }),
  );
});
tell("cached", () => {
  const a = new sqlite3.cached.Database(F),
    b = new sqlite3.cached.Database(F),
    m = new sqlite3.cached.Database(":memory:"),
    n = new sqlite3.cached.Database(":memory:");
  return [a === b, m === n];
});
await step((r) => {
  void new sqlite3.cached.Database(F, cb("cached cb", r));
});
await step((r) => {
  db.on("close", () => console.log("ev close"));
  db.close(cb("close", r));
  console.log("closing", db.open);
  db.run("select 1", cb("queued"));
});
tell("closed", () => db.open);
await step((r) => db.run("select 1", cb("late run", r)));
await step((r) => db.exec("select 1", cb("late exec", r)));
await step((r) => db.close(cb("late close", r)));
await step((r) => {
  const d = new sqlite3.Database(":memory:");
  d.run("nonsense");
  setTimeout(r, 20);
});
await step((r) => {
  const d = new sqlite3.Database(":memory:");
  d.exec("nonsense");
  d.on("error", (e) => {
    console.log("db error", e.message);
    r();
  });
});
await step((r) => {
  const d = new sqlite3.Database(":memory:");
  d.run("select 1", () => {
    setTimeout(r, 5);
    throw new Error("in cb");
  });
});
console.log("end");

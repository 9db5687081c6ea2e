/** SQLite on a host's disk: the interfaces that programs use, and what crashes leave of a database. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { beside, runDescribed } from "./described.ts";

const modules = join(dirname(beside("package.json", "{}\n")), "node_modules");
for (const name of ["better-sqlite3", "sqlite3"]) {
  mkdirSync(join(modules, name), { recursive: true });
  writeFileSync(join(modules, name, "package.json"), `{ "name": "${name}" }`);
  writeFileSync(join(modules, name, "index.js"), 'throw new Error("native");\n');
}
symlinkSync(resolve("node_modules/node-sqlite3-wasm"), join(modules, "node-sqlite3-wasm"));

let count = 0;
/** Runs a program of a host with its faults; returns the lines that it prints. */
async function printed(program: string, schedule: readonly Fault[] = []): Promise<string[]> {
  const name = `sqlite${++count}.mjs`;
  beside(name, program);
  const body = `w.host("a", "./${name}"); w.tolerate("exits"); w.run("9s");`;
  const { violations, timeline } = await runDescribed(body, { timeline: true, schedule });
  expect(violations).toEqual([]);
  const lines = (timeline ?? []).filter(({ who, tone }) => who === "a" && tone === "note");
  return lines.map(({ text }) => text).filter((text) => text !== "" && !text.startsWith("ends: "));
}
const crash = (how: "process" | "machine"): Fault => {
  return { kind: "crash", targets: ["a"], startNs: 2.05e9, durationNs: 1e9, params: { how } };
};
const tell = `const tell = (call) => {
  try { console.log(JSON.stringify(call())); } catch ({ name, message, code }) { console.log(name, "|", message, "|", code); }
};`;

describe("better-sqlite3", () => {
  it("has its statements, forms of rows, transactions, pragmas and errors", async () => {
    const lines = await printed(`import Database, { SqliteError } from "better-sqlite3"; ${tell}
      const db = new Database("file.db");
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE, b BLOB)");
      const insert = db.prepare("INSERT INTO t (v, b) VALUES (?, ?)");
      tell(() => insert.run("a", Buffer.from("x")));
      tell(() => insert.run("a", null));
      tell(() => insert.run("b", null));
      tell(() => insert.run("c"));
      tell(() => insert.run(true, null));
      tell(() => insert.get("d", null));
      tell(() => db.prepare("SELECT 1").run());
      tell(() => db.prepare("SELECT id, v FROM t WHERE v = @v OR id = $id -- ?").all({ v: "a", id: 2 }));
      tell(() => db.prepare("SELECT @v").get({ w: 1 }));
      tell(() => db.prepare("SELECT v FROM t WHERE id = ?").pluck().get(2));
      tell(() => db.prepare("SELECT id, v FROM t").raw().all());
      tell(() => db.prepare("SELECT v FROM t WHERE id = 9").get() === undefined);
      tell(() => db.prepare("SELECT b FROM t WHERE id = 1").get().b instanceof Buffer);
      const move = db.transaction((v, fails) => { insert.run(v, null); if (fails) throw new Error("no"); return v; });
      tell(() => [move("m"), db.inTransaction]);
      tell(() => move.immediate("n", true));
      const outer = db.transaction(() => { insert.run("o", null); try { move("p", true); } catch {} });
      tell(() => outer());
      tell(() => db.prepare("SELECT v FROM t ORDER BY id").pluck().all());
      tell(() => [db.pragma("user_version = 7"), db.pragma("user_version", { simple: true }), db.pragma("user_version")]);
      db.function("double", (x) => x * 2);
      tell(() => db.prepare("SELECT double(21) AS d").get());
      tell(() => db.prepare("nonsense"));
      tell(() => db.prepare("SELECT 1; SELECT 2"));
      tell(() => db.prepare("SELECT ';x' AS x; -- SELECT 2").get());
      tell(() => new Database("/absent/file.db"));
      tell(() => new SqliteError("m", "SQLITE_X").code);
      tell(() => db.close().open);
      tell(() => insert.run("z", null));`);
    expect(lines).toEqual([
      '{"changes":1,"lastInsertRowid":1}',
      "SqliteError | UNIQUE constraint failed: t.v | SQLITE_CONSTRAINT_UNIQUE",
      '{"changes":1,"lastInsertRowid":2}',
      "RangeError | Too few parameter values were provided | undefined",
      "TypeError | SQLite3 can only bind numbers, strings, bigints, buffers, and null | undefined",
      "TypeError | This statement does not return data. Use run() instead | undefined",
      "TypeError | This statement returns data. Use get(), all(), or iterate() instead | undefined",
      '[{"id":1,"v":"a"},{"id":2,"v":"b"}]',
      'RangeError | Missing named parameter "v" | undefined',
      '"b"',
      '[[1,"a"],[2,"b"]]',
      "true",
      "true",
      '["m",false]',
      "Error | no | undefined",
      "undefined",
      '["a","b","m","o"]',
      '[[],7,[{"user_version":7}]]',
      '{"d":42}',
      'SqliteError | near "nonsense": syntax error | SQLITE_ERROR',
      "RangeError | The supplied SQL string contains more than one statement | undefined",
      '{"x":";x"}',
      "SqliteError | unable to open database file | SQLITE_CANTOPEN",
      '"SQLITE_X"',
      "false",
      "TypeError | The database connection is not open | undefined",
    ]);
  });
});

describe("a database on a host's disk", () => {
  /** Commits a row every tenth of a second, and says so; when it starts, it says what it finds. */
  const commits = (synchronous: string): string => `import Database from "better-sqlite3";
    const db = new Database("/rows.db");
    db.pragma("synchronous = ${synchronous}");
    db.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
    console.log("found", db.prepare("SELECT count(*) FROM t").pluck().get(), db.pragma("integrity_check", { simple: true }));
    setInterval(() => {
      if (process.uptime() > 3) process.exit(0);
      console.log("wrote", db.prepare("INSERT INTO t DEFAULT VALUES").run().lastInsertRowid);
    }, 100);`;

  it("keeps through a power loss what its syncs have made durable", async () => {
    const lost = async (synchronous: string): Promise<number> => {
      const lines = await printed(commits(synchronous), [crash("machine")]);
      const again = lines.findLastIndex((line) => line.startsWith("found"));
      const [, found, integrity] = (lines[again] as string).split(" ");
      expect(integrity).toBe("ok");
      expect(lines[again - 1]).toBe("wrote 20");
      return 20 - Number(found);
    };
    expect(await lost("EXTRA")).toBe(0);
    // As SQLite says of FULL: the deletion of the last journal, which is the commit, need not be durable.
    expect(await lost("FULL")).toBe(1);
    expect(await lost("OFF")).toBe(20);
  });

  it("keeps it through the death of the process as well, which leaves no lock behind", async () => {
    for (const synchronous of ["FULL", "OFF"]) {
      const lines = await printed(commits(synchronous), [crash("process")]);
      const again = lines.findLastIndex((line) => line.startsWith("found"));
      expect(lines[again]).toBe(`found ${lines[again - 1]?.slice(6)} ok`);
    }
  });

  it("rolls back a transaction that a crash has cut short, from its journal", async () => {
    for (const how of ["process", "machine"] as const) {
      const lines = await printed(
        `import Database from "better-sqlite3"; import { existsSync } from "node:fs";
        const db = new Database("/half.db");
        db.exec("CREATE TABLE IF NOT EXISTS t (text)");
        console.log(existsSync("/half.db-journal"), db.prepare("SELECT count(*) FROM t").pluck().get(), db.pragma("integrity_check", { simple: true }));
        if (process.uptime() < 0.1 && !existsSync("/again")) {
          db.pragma("cache_size = 2");
          db.exec("BEGIN");
          const insert = db.prepare("INSERT INTO t VALUES (?)");
          for (let i = 0; i < 200; i++) insert.run("x".repeat(2000));
          console.log(existsSync("/half.db-journal"), db.inTransaction);
        }
        setTimeout(() => {}, 3000);`,
        [crash(how)],
      );
      expect(lines.slice(0, 2)).toEqual(["false 0 ok", "true true"]);
      // Its first statement rolls the journal back, and removes it.
      expect(lines[2]).toBe("false 0 ok");
    }
  });

  it("is locked while another process of the host writes, and free when that has died", async () => {
    const lines =
      await printed(`import Database from "better-sqlite3"; import { spawn } from "node:child_process";
      const db = new Database("/shared.db");
      db.exec("CREATE TABLE IF NOT EXISTS t (x)");
      const code = "const D = require('better-sqlite3'); const db = new D('/shared.db'); db.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1)'); console.log('has'); setInterval(() => {}, 1000);";
      const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.once("data", () => {
        try { db.exec("INSERT INTO t VALUES (2)"); } catch ({ code }) { console.log(code); }
        child.kill("SIGKILL");
      });
      child.on("exit", () => {
        db.exec("INSERT INTO t VALUES (3)");
        console.log(JSON.stringify(db.prepare("SELECT x FROM t").all()));
      });`);
    expect(lines).toEqual(["SQLITE_BUSY", '[{"x":3}]']);
  });
});

describe("sqlite3", () => {
  it("has its calls, their order, their results and its errors", async () => {
    const lines = await printed(`import sqlite3 from "sqlite3";
      const { Database } = sqlite3.verbose();
      const log = (name) => function (error, ...rest) {
        console.log(name, error ? [error.message, error.errno, error.code].join(" | ") : JSON.stringify(rest), this.lastID, this.changes);
      };
      const db = new Database("file.db", (error) => console.log("open", error, db.open));
      db.on("open", () => console.log("event"));
      db.serialize(() => {
        db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE, b BLOB)", log("create"));
        db.run("INSERT INTO t (v, b) VALUES (?, ?)", "a", Buffer.from("x"), log("positions"));
        db.run("INSERT INTO t (v, b) VALUES ($v, :b)", { $v: "b", ":b": true }, log("names"));
        db.run("INSERT INTO t (v) VALUES (?)", ["a"], log("unique"));
        db.run("UPDATE t SET b = ?", [null], log("update"));
        db.get("SELECT id, v FROM t WHERE v = ?", ["b"], log("get"));
        db.get("SELECT 1 WHERE 0", log("no row"));
        db.all("SELECT id, v FROM t", log("all"));
        db.all("SELECT ? AS a, ? AS b", [1], log("missing"));
        db.all("SELECT ?", [1, 2], log("too many"));
        db.run("nonsense", log("syntax"));
        db.each("SELECT v FROM t", log("row"), log("rows"));
        db.map("SELECT id, v FROM t", log("map"));
        db.exec("INSERT INTO t (v) VALUES ('c'); SELECT 1", log("exec"));
      });
      const statement = db.prepare("INSERT INTO t (v) VALUES (?)", log("prepare"));
      for (const v of ["d", "e"]) statement.run(v, log("run"));
      db.close(log("close too early"));
      statement.finalize();
      const reader = db.prepare("SELECT v FROM t ORDER BY id DESC LIMIT 1");
      reader.get(log("first")); reader.get(log("end")); reader.get(log("first again"));
      reader.finalize(() => db.close((error) => { console.log("closed", error); db.run("SELECT 1", log("late")); }));
      console.log("asked");
      new Database("/absent/x.db", log("absent"));`);
    expect(lines).toEqual([
      "asked",
      "open null true",
      "event",
      "absent SQLITE_CANTOPEN: unable to open database file | 14 | SQLITE_CANTOPEN undefined undefined",
      "create [] 0 0",
      "positions [] 1 1",
      "names [] 2 1",
      "unique SQLITE_CONSTRAINT: UNIQUE constraint failed: t.v | 19 | SQLITE_CONSTRAINT 0 0",
      "update [] 2 2",
      'get [{"id":2,"v":"b"}] 0 0',
      "no row [] 0 0",
      'all [[{"id":1,"v":"a"},{"id":2,"v":"b"}]] 0 0',
      'missing [[{"a":1,"b":null}]] 0 0',
      "too many SQLITE_RANGE: column index out of range | 25 | SQLITE_RANGE 0 0",
      'syntax SQLITE_ERROR: near "nonsense": syntax error | 1 | SQLITE_ERROR 0 0',
      'row [{"v":"a"}] 0 0',
      'row [{"v":"b"}] 0 0',
      "rows [2] 0 0",
      'map [{"1":"a","2":"b"}] 0 0',
      "exec [] undefined undefined",
      "prepare [] 0 0",
      "run [] 4 1",
      "run [] 5 1",
      "close too early SQLITE_BUSY: unable to close due to unfinalized statements or unfinished backups | 5 | SQLITE_BUSY undefined undefined",
      'first [{"v":"e"}] 0 0',
      "end [] 0 0",
      'first again [{"v":"e"}] 0 0',
      "closed null",
      "late SQLITE_MISUSE: Database is closed | 21 | SQLITE_MISUSE 0 0",
    ]);
  });

  it("waits for another process's lock, reads beside it, and gives up when its time is over", async () => {
    const lines =
      await printed(`import sqlite3 from "sqlite3"; import { spawn } from "node:child_process";
      const db = new sqlite3.Database("/shared.db");
      const start = Date.now();
      const log = (name) => (error, rows) => console.log(name, error?.code ?? "fine", rows?.length ?? "", Date.now() - start > 500);
      db.exec("CREATE TABLE t (x)", () => {
        const code = "const s = require('sqlite3'); const db = new s.Database('/shared.db'); db.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1)', () => { console.log('has'); setTimeout(() => db.exec('COMMIT'), 600); });";
        const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
        child.stdout.once("data", () => {
          db.all("SELECT * FROM t", log("read"));
          db.configure("busyTimeout", 50);
          db.run("INSERT INTO t VALUES (2)", (error) => {
            log("impatient")(error);
            db.configure("busyTimeout", 2000);
            db.run("INSERT INTO t VALUES (3)", log("patient"));
            db.all("SELECT * FROM t", log("read"));
          });
        });
      });`);
    const expected = ["read fine 0 false", "impatient SQLITE_BUSY  false"];
    expect(lines).toEqual([...expected, "patient fine  true", "read fine 2 true"]);
  });
});

describe("node:sqlite", () => {
  const program = `${tell}
    const { DatabaseSync, StatementSync } = await import("node:sqlite");
    const db = new DatabaseSync("/own.db");
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE, b BLOB)");
    const insert = db.prepare("INSERT INTO t (v, b) VALUES (?, ?)");
    tell(() => insert.run("a", new Uint8Array([1])));
    tell(() => insert.run("a", null));
    tell(() => insert.run(true, null));
    tell(() => db.prepare("SELECT id, v, b FROM t WHERE v = :v").all({ v: "a" }));
    tell(() => [Object.getPrototypeOf(db.prepare("SELECT 1").get()), db.prepare("SELECT 1 WHERE 0").get() === undefined]);
    tell(() => db.prepare("SELECT :a").get({ b: 1 }));
    tell(() => db.prepare("SELECT x"));
    tell(() => insert instanceof StatementSync);
    tell(() => { db.close(); return db.isOpen; });
    tell(() => db.exec("SELECT 1"));
    tell(() => new DatabaseSync("/absent/own.db"));`;

  it.runIf(isBuiltin("node:sqlite"))("answers as Node's own", async () => {
    expect(await printed(program)).toEqual([
      '{"changes":1,"lastInsertRowid":1}',
      "Error | UNIQUE constraint failed: t.v | ERR_SQLITE_ERROR",
      "TypeError | Provided value cannot be bound to SQLite parameter 1. | ERR_INVALID_ARG_TYPE",
      '[{"id":1,"v":"a","b":{"0":1}}]',
      "[null,true]",
      "Error | Unknown named parameter 'b' | ERR_INVALID_STATE",
      "Error | no such column: x | ERR_SQLITE_ERROR",
      "true",
      "false",
      "Error | database is not open | ERR_INVALID_STATE",
      "Error | unable to open database file | ERR_SQLITE_ERROR",
    ]);
  });

  it.skipIf(isBuiltin("node:sqlite"))("is unknown where Node has none", async () => {
    const lines = await printed(
      'await import("node:sqlite").catch(({ code }) => console.log(code));',
    );
    expect(lines).toEqual(["ERR_UNKNOWN_BUILTIN_MODULE"]);
  });
});

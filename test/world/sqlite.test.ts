/** SQLite on a host's disk: the interfaces that programs use, and what crashes leave of a database. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { beside, runDescribed } from "./described.ts";

const modules = join(dirname(beside("package.json", "{}\n")), "node_modules");
mkdirSync(join(modules, "better-sqlite3"), { recursive: true });
writeFileSync(join(modules, "better-sqlite3", "package.json"), '{ "name": "better-sqlite3" }');
writeFileSync(join(modules, "better-sqlite3", "index.js"), 'throw new Error("native");\n');
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

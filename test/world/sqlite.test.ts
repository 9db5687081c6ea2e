/** SQLite on a host's disk: the interfaces that programs use, and what crashes leave of a database. */
import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { installSqlite, printed } from "./sqlite-programs.ts";

installSqlite();
const crash = (how: "process" | "machine"): Fault => {
  return { kind: "crash", targets: ["a"], startNs: 2.05e9, durationNs: 1e9, params: { how } };
};
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

describe("a database on a host's disk", () => {
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

describe("a synchronous call that finds the database locked", () => {
  it("takes its timeout, in which nothing else of its process runs, and then fails", async () => {
    const lines =
      await printed(`import Database from "better-sqlite3"; import { spawn } from "node:child_process";
      const db = new Database("/shared.db", { timeout: 700 });
      db.exec("CREATE TABLE IF NOT EXISTS t (x)");
      const code = "const D = require('better-sqlite3'); const db = new D('/shared.db'); db.exec('BEGIN IMMEDIATE'); console.log('has'); setInterval(() => {}, 1000);";
      const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.once("data", () => {
        const start = Date.now();
        setTimeout(() => console.log("timer", Date.now() - start >= 700), 10);
        for (const timeout of [undefined, 0]) {
          if (timeout !== undefined) db.pragma("busy_timeout = " + timeout);
          const before = Date.now();
          try { db.exec("INSERT INTO t VALUES (2)"); } catch ({ code }) { console.log(code, Date.now() - before > 600); }
        }
        child.kill("SIGKILL");
      });`);
    expect(lines).toEqual(["SQLITE_BUSY true", "SQLITE_BUSY false", "timer true"]);
  });
});

describe("the write-ahead log", () => {
  it("is shared by the threads of a process, whose locks are their own", async () => {
    const lines = await printed(`
      import Database from "better-sqlite3"; import { Worker, isMainThread, parentPort } from "node:worker_threads"; import { once } from "node:events";
      const db = new Database("/threads.db", { timeout: 0 });
      if (isMainThread) {
        db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
        const worker = new Worker(new URL(import.meta.url));
        console.log(...(await once(worker, "message"))[0]);
        db.exec("COMMIT");
        worker.postMessage("again");
        console.log(...(await once(worker, "message"))[0], db.prepare("SELECT x FROM t").pluck().all().join());
      } else {
        const write = () => {
          let said = "written";
          try { db.exec("INSERT INTO t VALUES (2)"); } catch ({ code }) { said = code; }
          parentPort.postMessage([said, db.prepare("SELECT count(*) FROM t").pluck().get()]);
        };
        parentPort.once("message", write);
        write();
      }`);
    expect(lines).toEqual(["SQLITE_BUSY 0", "written 2 1,2"]);
  });

  it("is read by others as it was when they began, beside one who writes, and not by two who write", async () => {
    const child = `
      const Database = require("better-sqlite3");
      const db = new Database("/log.db", { timeout: 0 });
      process.on("message", ({ sql }) => {
        try { process.send([db.pragma("journal_mode", { simple: true }), /^SELECT/.test(sql) ? db.prepare(sql).pluck().all().join() : (db.exec(sql), "done")]); }
        catch ({ code }) { process.send([code]); }
      });`;
    const lines =
      await printed(`import Database from "better-sqlite3"; import { fork } from "node:child_process"; import fs from "node:fs"; import { once } from "node:events";
      const db = new Database("/log.db", { timeout: 0 });
      const mode = db.pragma("journal_mode = WAL", { simple: true });
      db.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
      console.log(mode, fs.existsSync("/log.db-wal"), fs.statSync("/log.db-shm").size);
      fs.writeFileSync("/child.cjs", ${JSON.stringify(child)});
      fs.symlinkSync(process.cwd() + "/node_modules", "/node_modules");
      const other = fork("/child.cjs");
      const ask = async (sql) => { other.send({ sql }); const [answer] = await once(other, "message"); console.log(sql, ...answer); };
      await ask("SELECT x FROM t");
      await ask("BEGIN");
      await ask("SELECT x FROM t");
      db.exec("INSERT INTO t VALUES (2)");
      await ask("SELECT x FROM t");
      await ask("INSERT INTO t VALUES (3)");
      await ask("COMMIT");
      await ask("SELECT x FROM t");
      db.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (4)");
      await ask("SELECT x FROM t");
      await ask("INSERT INTO t VALUES (5)");
      db.exec("COMMIT");
      await ask("INSERT INTO t VALUES (6)");
      console.log(db.prepare("SELECT x FROM t").pluck().all().join(), JSON.stringify(db.pragma("wal_checkpoint(TRUNCATE)")));
      await ask("SELECT x FROM t");
      other.kill();
      await once(other, "exit");
      db.close();
      console.log(fs.readdirSync("/").filter((name) => name.startsWith("log")).join());`);
    expect(lines).toEqual([
      "wal true 32768",
      "SELECT x FROM t wal 1",
      "BEGIN wal done",
      "SELECT x FROM t wal 1",
      "SELECT x FROM t wal 1",
      // It began before the second row was there.
      "INSERT INTO t VALUES (3) SQLITE_BUSY_SNAPSHOT",
      "COMMIT wal done",
      "SELECT x FROM t wal 1,2",
      "SELECT x FROM t wal 1,2",
      "INSERT INTO t VALUES (5) SQLITE_BUSY",
      "INSERT INTO t VALUES (6) wal done",
      '1,2,4,6 [{"busy":0,"log":0,"checkpointed":0}]',
      "SELECT x FROM t wal 1,2,4,6",
      "log.db",
    ]);
  });

  it("loses to a power loss what was not synced: with NORMAL, better-sqlite3's default, what no checkpoint has", async () => {
    const lost = async (more: string, how: "machine" | "process"): Promise<number> => {
      const program = commits("").replace(
        /db\.pragma\("synchronous.*"\);/,
        `db.pragma("journal_mode = WAL"); ${more}`,
      );
      const lines = await printed(program, [crash(how)]);
      const again = lines.findLastIndex((line) => line.startsWith("found"));
      const [, found, integrity] = (lines[again] as string).split(" ");
      expect(integrity).toBe("ok");
      expect(lines[again - 1]).toBe("wrote 20");
      return 20 - Number(found);
    };
    expect(await lost("", "machine")).toBe(20);
    expect(await lost('db.pragma("synchronous = FULL");', "machine")).toBe(0);
    expect(await lost('db.pragma("wal_autocheckpoint = 1");', "machine")).toBeLessThan(3);
    expect(await lost("", "process")).toBe(0);
  });
});

describe("node:sqlite", () => {
  it.runIf(isBuiltin("node:sqlite"))("is one module, however it is loaded", async () => {
    const lines =
      await printed(`import * as imported from "node:sqlite"; import { createRequire, builtinModules } from "node:module";
      const required = createRequire(import.meta.url)("node:sqlite");
      console.log(imported.default === required, process.getBuiltinModule("node:sqlite") === required, "DatabaseSync" in imported);
      try { new required.DatabaseSync(":memory:").createSession(); } catch ({ code }) { console.log(code); }`);
    const said = lines.filter((line) => !/Warning|--trace/.test(line));
    expect(said).toEqual(["true true true", "LC_NOT_SIMULATED"]);
  });

  it.skipIf(isBuiltin("node:sqlite"))("is unknown where Node has none", async () => {
    const lines = await printed(
      'await import("node:sqlite").catch(({ code }) => console.log(code));',
    );
    expect(lines).toEqual(["ERR_UNKNOWN_BUILTIN_MODULE"]);
  });
});

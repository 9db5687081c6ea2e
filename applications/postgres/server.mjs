/**
 * A PostgreSQL server as an ordinary program: PGlite (PostgreSQL as WebAssembly) behind its socket server. `PORT` says
 * where it listens, `SQL_FILES` names files with SQL to run first, separated by colons, `SQL` is text to run before them.
 * Its data is in memory.
 */
import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const { PORT = "5432", SQL = "", SQL_FILES = "" } = process.env;
const db = await PGlite.create();
if (SQL !== "") await db.exec(SQL);
for (const file of SQL_FILES.split(":").filter(Boolean)) await db.exec(readFileSync(file, "utf8"));
const server = new PGLiteSocketServer({
  db,
  port: Number(PORT),
  host: "0.0.0.0",
  maxConnections: 100,
});
await server.start();
console.log(`PostgreSQL listens on port ${PORT}`);

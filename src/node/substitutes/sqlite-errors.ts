/** SQLite's result codes by their names and their texts. */

/** The primary codes, from 0. */
const primary: readonly string[] = [
  ...["OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY"],
  ...["INTERRUPT", "IOERR", "CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY"],
  ...["SCHEMA", "TOOBIG", "CONSTRAINT", "MISMATCH", "MISUSE", "NOLFS", "AUTH", "FORMAT"],
  ...["RANGE", "NOTADB", "NOTICE", "WARNING"],
];

/** The extended codes of a primary one, from 1. */
const extended: Readonly<Record<string, readonly string[]>> = {
  ERROR: ["MISSING_COLLSEQ", "RETRY", "SNAPSHOT"],
  IOERR: [
    ...["READ", "SHORT_READ", "WRITE", "FSYNC", "DIR_FSYNC", "TRUNCATE", "FSTAT", "UNLOCK"],
    ...["RDLOCK", "DELETE", "BLOCKED", "NOMEM", "ACCESS", "CHECKRESERVEDLOCK", "LOCK", "CLOSE"],
    ...["DIR_CLOSE", "SHMOPEN", "SHMSIZE", "SHMLOCK", "SHMMAP", "SEEK", "DELETE_NOENT", "MMAP"],
    ...["GETTEMPPATH", "CONVPATH", "VNODE", "AUTH", "BEGIN_ATOMIC", "COMMIT_ATOMIC"],
    ...["ROLLBACK_ATOMIC", "DATA", "CORRUPTFS"],
  ],
  LOCKED: ["SHAREDCACHE", "VTAB"],
  BUSY: ["RECOVERY", "SNAPSHOT", "TIMEOUT"],
  CANTOPEN: ["NOTEMPDIR", "ISDIR", "FULLPATH", "CONVPATH", "DIRTYWAL", "SYMLINK"],
  CORRUPT: ["VTAB", "SEQUENCE", "INDEX"],
  READONLY: ["RECOVERY", "CANTLOCK", "ROLLBACK", "DBMOVED", "CANTINIT", "DIRECTORY"],
  ABORT: ["", "ROLLBACK"],
  CONSTRAINT: [
    ...["CHECK", "COMMITHOOK", "FOREIGNKEY", "FUNCTION", "NOTNULL", "PRIMARYKEY", "TRIGGER"],
    ...["UNIQUE", "VTAB", "ROWID", "PINNED", "DATATYPE"],
  ],
  NOTICE: ["RECOVER_WAL", "RECOVER_ROLLBACK"],
  WARNING: ["AUTOINDEX"],
  AUTH: ["USER"],
};

/** `sqlite3_errstr` of the primary codes. */
const texts: readonly (string | undefined)[] = [
  ...["not an error", "SQL logic error", undefined, "access permission denied"],
  ...["query aborted", "database is locked", "database table is locked", "out of memory"],
  ...["attempt to write a readonly database", "interrupted", "disk I/O error"],
  ...["database disk image is malformed", "unknown operation", "database or disk is full"],
  ...["unable to open database file", "locking protocol", undefined, "database schema has changed"],
  ...["string or blob too big", "constraint failed", "datatype mismatch"],
  ...["bad parameter or other API misuse", undefined, "authorization denied", undefined],
  ...["column index out of range", "file is not a database", "notification message"],
  "warning message",
];

/** The numbers of SQLite's primary codes. */
export const sqliteNumbers: Readonly<Record<string, number>> = Object.fromEntries(
  primary.map((name, number) => [name, number]),
);

/** The name of the primary code of a result: `SQLITE_BUSY`. */
export function primaryName(result: number): string {
  return `SQLITE_${primary[result & 0xff] ?? "UNKNOWN"}`;
}

/** The name of a result's extended code: `SQLITE_CONSTRAINT_UNIQUE`. */
export function extendedName(result: number): string {
  const name = primary[result & 0xff];
  if (name === undefined) return `UNKNOWN_SQLITE_ERROR_${result}`;
  const more = extended[name]?.[(result >> 8) - 1];
  if (result >> 8 === 0) return `SQLITE_${name}`;
  return more === undefined ? `UNKNOWN_SQLITE_ERROR_${result}` : `SQLITE_${name}_${more}`;
}

/** What a result means: `sqlite3_errstr`. */
export function textOf(result: number): string {
  if (result === 0x204) return "abort due to ROLLBACK";
  return texts[result & 0xff] ?? "unknown error";
}

/** SQLite's errors by their messages: `node-sqlite3-wasm` gives no codes. */

/** SQLite's extended codes by the beginning of their messages. */
const codes: readonly (readonly [RegExp, string])[] = [
  [/^UNIQUE constraint failed/, "SQLITE_CONSTRAINT_UNIQUE"],
  [/^NOT NULL constraint failed/, "SQLITE_CONSTRAINT_NOTNULL"],
  [/^FOREIGN KEY constraint failed/, "SQLITE_CONSTRAINT_FOREIGNKEY"],
  [/^CHECK constraint failed/, "SQLITE_CONSTRAINT_CHECK"],
  [/constraint failed/, "SQLITE_CONSTRAINT"],
  [/^datatype mismatch/, "SQLITE_MISMATCH"],
  [/^database is locked/, "SQLITE_BUSY"],
  [/^database (?:table|schema) is locked/, "SQLITE_LOCKED"],
  [/^attempt to write a readonly database/, "SQLITE_READONLY"],
  [/^unable to open|^Could not open/, "SQLITE_CANTOPEN"],
  [/^disk I\/O error/, "SQLITE_IOERR"],
  [/^database or disk is full/, "SQLITE_FULL"],
  [/malformed/, "SQLITE_CORRUPT"],
  [/^file is not a database/, "SQLITE_NOTADB"],
  [/index out of range/, "SQLITE_RANGE"],
];

/** The numbers of SQLite's primary codes. */
export const sqliteNumbers: Readonly<Record<string, number>> = Object.fromEntries(
  [
    ...["OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY"],
    ...["INTERRUPT", "IOERR", "CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY"],
    ...["SCHEMA", "TOOBIG", "CONSTRAINT", "MISMATCH", "MISUSE", "NOLFS", "AUTH", "FORMAT"],
    ...["RANGE", "NOTADB"],
  ].map((name, number) => [name, number]),
);

/** Returns the message and the extended code of an error of the package; `undefined` for any other. */
export function sqliteFailure(
  error: unknown,
): { readonly message: string; readonly code: string } | undefined {
  if (!(error instanceof Error) || error.name !== "SQLite3Error") return undefined;
  const message = error.message.replace(/^Could not open.*/, "unable to open database file");
  return { message, code: codes.find(([form]) => form.test(message))?.[1] ?? "SQLITE_ERROR" };
}

/** The substitutes for native add-ons, by the name that programs load. A line each. */
import type { AddOn } from "./add-on.ts";
import { argon2 } from "./argon2.ts";
import { bcrypt } from "./bcrypt.ts";
import { betterSqlite3 } from "./better-sqlite3.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { sqlite3 } from "./sqlite3.ts";
import { sharp } from "./sharp.ts";

export type { AddOn, SubstituteContext } from "./add-on.ts";

const addOns: Readonly<Record<string, AddOn>> = {
  argon2,
  bcrypt,
  "better-sqlite3": betterSqlite3,
  "node:sqlite": nodeSqlite,
  sharp,
  sqlite3,
};

/** The substitute for what a program loads by `request`; `undefined` if there is none. */
export function addOnNamed(request: string): AddOn | undefined {
  return Object.hasOwn(addOns, request) ? addOns[request] : undefined;
}

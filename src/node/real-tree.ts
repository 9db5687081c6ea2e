/** A folder of the real machine, shown to a host's disk: read when a program first looks, never written. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { LowerEntry, LowerTree } from "../sim/disk/index.ts";
import { fromBytes } from "./bindings/fs/paths.ts";

/** The real folder at `root`, without the names in `hidden`. */
export function realTree(root: string, hidden: readonly string[] = []): LowerTree {
  const real = (path: string): string => join(root, fromBytes(path, "utf8") as string);
  return {
    list(path) {
      const entries: LowerEntry[] = [];
      for (const name of readdirSync(real(path), "latin1")) {
        if (hidden.includes(name)) continue;
        const status = lstatSync(join(real(path), fromBytes(name, "utf8") as string));
        const { size } = status;
        const executable = (status.mode & 0o111) !== 0;
        if (status.isDirectory()) entries.push({ name, kind: "directory", executable, size });
        else if (status.isSymbolicLink()) entries.push({ name, kind: "symlink", executable, size });
        else if (status.isFile()) entries.push({ name, kind: "file", executable, size });
      }
      return entries;
    },
    read: (path) => readFileSync(real(path)),
    readLink: (path) => readlinkSync(real(path), "latin1"),
  };
}

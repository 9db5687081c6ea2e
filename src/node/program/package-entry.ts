/** Which file of a package a name means: the `exports` field, as `require` reads it. */
import { posix } from "node:path";

/** How a resolver looks at files: 0 is a file, 1 a directory, negative nothing. */
export interface FileLookup {
  kind(path: string): number;
  read(path: string): string;
}

const CONDITIONS = new Set(["node", "require", "module-sync", "default"]);

type Target = string | null | readonly Target[] | { readonly [condition: string]: Target };

/**
 * The file that `request` means in a `node_modules` directory, by the package's `exports`; undefined when
 * the package has none. Throws `ERR_PACKAGE_PATH_NOT_EXPORTED` when the package keeps the file to itself.
 */
export function resolvePackage(
  files: FileLookup,
  modules: string,
  request: string,
): string | undefined {
  const parts = request.split("/");
  const name = parts.slice(0, request.startsWith("@") ? 2 : 1).join("/");
  const directory = posix.join(modules, name);
  const manifest = posix.join(directory, "package.json");
  if (files.kind(manifest) !== 0) return undefined;
  const { exports } = JSON.parse(files.read(manifest)) as { exports?: Target };
  if (exports === undefined || exports === null) return undefined;
  const subpath = `.${request.slice(name.length)}`;
  const target = lookUp(exports, subpath);
  if (target !== undefined) return posix.join(directory, target);
  const what = subpath === "." ? 'No "exports" main defined' : `Package subpath '${subpath}'`;
  throw Object.assign(new Error(`${what} is not defined by "exports" in ${manifest}`), {
    code: "ERR_PACKAGE_PATH_NOT_EXPORTED",
  });
}

function lookUp(exports: Target, subpath: string): string | undefined {
  const table = asTable(exports);
  const exact = table[subpath];
  if (exact !== undefined) return choose(exact, "");
  let best: { readonly key: string; readonly middle: string } | undefined;
  for (const key of Object.keys(table)) {
    const star = key.indexOf("*");
    if (star < 0) continue;
    const head = key.slice(0, star);
    const tail = key.slice(star + 1);
    const fits = subpath.startsWith(head) && subpath.endsWith(tail) && subpath.length >= key.length;
    if (!fits || (best !== undefined && best.key.indexOf("*") >= star)) continue;
    best = { key, middle: subpath.slice(head.length, subpath.length - tail.length) };
  }
  return best === undefined ? undefined : choose(table[best.key] as Target, best.middle);
}

/** `exports` by subpath: one target alone, or a set of conditions, stands for ".". */
function asTable(exports: Target): Readonly<Record<string, Target>> {
  if (typeof exports !== "object" || exports === null || Array.isArray(exports)) {
    return { ".": exports };
  }
  const table = exports as Readonly<Record<string, Target>>;
  return Object.keys(table).some((key) => key.startsWith(".")) ? table : { ".": exports };
}

function choose(target: Target, middle: string): string | undefined {
  if (target === null) return undefined;
  if (typeof target === "string") return target.replaceAll("*", middle);
  if (Array.isArray(target)) {
    for (const one of target as readonly Target[]) {
      const chosen = choose(one, middle);
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }
  for (const [condition, one] of Object.entries(target as Record<string, Target>)) {
    if (!CONDITIONS.has(condition)) continue;
    const chosen = choose(one, middle);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

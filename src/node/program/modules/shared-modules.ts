/**
 * Modules that are evaluated once for all processes, instead of once a process. It applies to blocks,
 * Lightcone's own programs, and to nothing that a user wrote: V8 then keeps their classes, and with
 * them its optimized code, from one run to the next. Such modules must keep no state of a process,
 * except by process, and must read Node's modules and global names only inside functions. These reads
 * return what the running process has.
 */
import { posix } from "node:path";
import { InvariantError } from "../../../base/errors.ts";
import { runningRealm } from "../../globals.ts";
import { isBuiltin } from "../../public-modules.ts";
import type { Realm } from "../../realm-types.ts";
import { defineProperty, plain } from "../../views/safe.ts";
import { formatOf, sourceTextOf } from "../file-format.ts";
import type { HostFiles } from "../host-files.ts";
import { realCaches } from "../resolution-cache.ts";
import { scopeArguments, sharedScope } from "../scope.ts";
import { sourceFile } from "../source/source-file.ts";
import { type Environment, setName } from "./namespace.ts";
import { pathOfUrl, urlOfPath } from "./file-urls.ts";
import { type ModuleHost, type ModuleRecord, SourceModule, SyntheticModule } from "./record.ts";

/** The shared modules, as long as the real files are not read again. */
export class SharedModules implements ModuleHost {
  readonly #records = new Map<string, ModuleRecord>();
  /** The files, in the order in which they were loaded. */
  readonly #paths: string[] = [];
  /** The files of the process that is loading. */
  #files: HostFiles | undefined;

  /** Returns the module at `url`. `files` are those of a process that has not changed the module. */
  recordOf(url: string, files: HostFiles): SourceModule {
    const before = this.#files;
    this.#files = files;
    try {
      const record = this.#recordOf(url);
      record.loadRequested();
      return record;
    } finally {
      this.#files = before;
    }
  }

  /** The files of all modules that were loaded so far. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  #recordOf(url: string): SourceModule {
    const known = this.#records.get(url);
    if (known !== undefined) return known as SourceModule;
    const files = this.#files as HostFiles;
    const path = pathOfUrl(url);
    const format = formatOf(files, path);
    if (format !== "module" && format !== "detect") {
      throw new InvariantError(`${path} cannot be shared: it is no ES module`);
    }
    const file = sourceFile(sourceTextOf(files, path, files.source(path), "module"));
    const record = new SourceModule(url, path, file, this);
    this.#records.set(url, record);
    this.#paths.push(path);
    return record;
  }

  load(from: SourceModule, at: number): ModuleRecord {
    const { specifier } = from.file.shape.requests[at] as { specifier: string };
    if (isBuiltin(specifier)) return this.#builtin(specifier);
    if (!specifier.startsWith(".")) {
      throw new InvariantError(`${from.path} cannot be shared: it imports ${specifier}`);
    }
    const path = posix.resolve(posix.dirname(from.path), specifier);
    return this.#recordOf(urlOfPath(path));
  }

  #builtin(id: string): ModuleRecord {
    let record = this.#records.get(id);
    if (record === undefined) {
      record = new RunningBuiltin(id);
      this.#records.set(id, record);
    }
    return record;
  }

  scopeOf(module: SourceModule, exported: (environment: Environment) => void): unknown[] {
    const { usesMeta, usesImport } = module.file.shape;
    if (usesImport) throw new InvariantError(`${module.path} cannot be shared: it uses import()`);
    const meta = usesMeta ? this.#metaOf(module) : undefined;
    return [...scopeArguments(sharedScope), undefined, meta, exported, setName];
  }

  #metaOf({ url, path }: SourceModule): object {
    const meta = Object.create(null) as Record<string, unknown>;
    meta["url"] = url;
    meta["resolve"] = (specifier: string): string => {
      const { createRequire } = builtinOf("module") as unknown as typeof import("node:module");
      return urlOfPath(createRequire(path).resolve(specifier));
    };
    return meta;
  }

  missingExport(from: SourceModule, { name }: { readonly name: string | undefined }): unknown {
    return new InvariantError(`${from.path} imports ${name}, which nothing exports`);
  }
}

/** A module of Node's, whose exports are those of the process that runs. */
class RunningBuiltin extends SyntheticModule {
  readonly #id: string;

  constructor(id: string) {
    const names = { all: () => Object.keys(builtinOf(id)), has: () => true };
    super(id, names, () => {});
    this.#id = id;
  }

  override resolveOwn(name: string): ReturnType<SyntheticModule["resolveOwn"]> {
    if (!(name in this.environment)) {
      const get = (): unknown => builtinOf(this.#id)[name];
      defineProperty(this.environment, name, plain({ get, enumerable: true }));
    }
    return super.resolveOwn(name);
  }
}

function builtinOf(id: string): Record<string, unknown> {
  return (runningRealm() as Realm).requirePublic(id) as Record<string, unknown>;
}

const sharedIn = new WeakMap<object, SharedModules>();

/** Returns the shared modules. */
export function sharedModules(): SharedModules {
  const caches = realCaches();
  let shared = sharedIn.get(caches);
  if (shared === undefined) sharedIn.set(caches, (shared = new SharedModules()));
  return shared;
}

/**
 * ES modules of one process: ECMA-262's module records, with its algorithms for resolving exports, linking
 * and evaluating (https://tc39.es/ecma262/#sec-modules). The text of a module is a function (`transform.ts`).
 */
import {
  defineProperty,
  getOwnPropertyDescriptor,
  ownKeys,
  plain,
  uncurry,
} from "../../views/safe.ts";
import { withoutView } from "../../views/view.ts";
import type { FunctionKind, SourceFile } from "../source/source-file.ts";
import type { ImportedName } from "../source/transform.ts";
import { type Cell, createNamespace, type Environment, showCell } from "./namespace.ts";

/** The state of a module. */
type Status = "new" | "linking" | "linked" | "evaluating" | "evaluating-async" | "evaluated";

/** A resolved export: a name in the module that defines it, or a module's whole namespace. */
export interface Resolution {
  readonly module: ModuleRecord;
  /** `undefined` for the namespace. */
  readonly name: string | undefined;
}

/** Two `export *` provide the same name. */
export const AMBIGUOUS: unique symbol = Symbol("ambiguous");

type Resolved = Resolution | typeof AMBIGUOUS | undefined;

const perform = uncurry(Promise.prototype.then) as (
  promise: Promise<unknown>,
  done: (value: unknown) => void,
  failed: (reason: unknown) => void,
) => void;

const { apply } = Reflect;

/** A module of any kind. */
export abstract class ModuleRecord {
  readonly url: string;
  status: Status = "new";
  failure: { readonly thrown: unknown } | undefined;
  #namespace: object | undefined;
  readonly #resolved = new Map<string, Resolved>();

  constructor(url: string) {
    this.url = url;
  }

  /** Its own values, by exported name. */
  abstract get environment(): Environment;
  /** The modules that it requests, in order. */
  abstract get requested(): readonly ModuleRecord[];
  /** Returns its exported names, including those of `export *`. */
  abstract exportedNames(seen: Set<ModuleRecord>): string[];
  abstract resolveOwn(name: string, visiting: Map<ModuleRecord, Set<string>>): Resolved;
  /** Returns whether one of its own values no longer changes once the module has been evaluated. */
  abstract isConstant(name: string): boolean;

  /** Returns where an exported name is defined. */
  resolveExport(name: string, visiting?: Map<ModuleRecord, Set<string>>): Resolved {
    if (visiting === undefined) {
      if (this.#resolved.has(name)) return this.#resolved.get(name);
      const found = this.resolveExport(name, new Map());
      this.#resolved.set(name, found);
      return found;
    }
    let names = visiting.get(this);
    if (names === undefined) visiting.set(this, (names = new Set()));
    if (names.has(name)) return undefined;
    names.add(name);
    return this.resolveOwn(name, visiting);
  }

  /** The namespace object. */
  get namespace(): object {
    return this.#namespace ?? withoutView(() => this.#makeNamespace());
  }

  #makeNamespace(): object {
    const cells = new Map<string, Cell>();
    for (const name of this.exportedNames(new Set())) {
      const found = this.resolveExport(name);
      if (found === undefined || found === AMBIGUOUS) continue;
      cells.set(name, cellOf(found));
    }
    const namespace = createNamespace(cells);
    this.#namespace = namespace;
    for (const [key, cell] of cells) {
      if (cell.evaluated || !cell.constant) continue;
      const found = this.resolveExport(key) as Resolution;
      found.module.whenSettled(() => showCell(namespace, key, cellOf(found)));
    }
    return namespace;
  }

  #waiting: (() => void)[] | undefined;

  /** Calls `callback` once the module has been evaluated. */
  whenSettled(callback: () => void): void {
    (this.#waiting ??= []).push(callback);
  }

  protected settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    for (let at = 0; at < waiting.length; at++) (waiting[at] as () => void)();
  }
}

function cellOf({ module, name }: Resolution): Cell {
  if (name === undefined) {
    const environment = { namespace: module.namespace };
    return { environment, key: "namespace", settled: true, evaluated: true, constant: true };
  }
  const evaluated = module.status === "evaluated" && module.failure === undefined;
  const constant = module.isConstant(name);
  const settled = evaluated && constant;
  return { environment: module.environment, key: name, settled, evaluated, constant };
}

/** A module whose exports are known values: a built-in one, CommonJS, JSON. */
export class SyntheticModule extends ModuleRecord {
  readonly environment: Environment = Object.create(null) as Environment;
  readonly #names: () => Iterable<string>;
  readonly #has: (name: string) => boolean;
  readonly #evaluate: (environment: Environment) => void;

  constructor(
    url: string,
    names: {
      readonly all: () => Iterable<string>;
      readonly has: (name: string) => boolean;
    },
    evaluate: (environment: Environment) => void,
  ) {
    super(url);
    this.#names = names.all;
    this.#has = names.has;
    this.#evaluate = evaluate;
  }

  get requested(): readonly ModuleRecord[] {
    return [];
  }

  exportedNames(): string[] {
    return [...this.#names()];
  }

  has(name: string): boolean {
    return this.#has(name);
  }

  resolveOwn(name: string): Resolved {
    return this.#has(name) ? { module: this, name } : undefined;
  }

  isConstant(): boolean {
    return false;
  }

  evaluate(): void {
    if (this.status === "evaluated") {
      if (this.failure) throw this.failure.thrown;
      return;
    }
    this.status = "evaluated";
    try {
      this.#evaluate(this.environment);
    } catch (thrown) {
      this.failure = { thrown };
      throw thrown;
    }
  }
}

/** What a process provides for its ES modules. */
export interface ModuleHost {
  /**
   * Returns the record that a specifier in `from` resolves to. Throws the errors of Node's loader.
   */
  load(from: SourceModule, request: number): ModuleRecord;
  /** Returns the arguments of a module's function, before those of its imports. */
  scopeOf(module: SourceModule, exported: (environment: Environment) => void): unknown[];
  /** Returns the error for a name that a module does not export. */
  missingExport(from: SourceModule, imported: ImportedName, isAmbiguous: boolean): unknown;
}

/** A module with source text. */
export class SourceModule extends ModuleRecord {
  readonly file: SourceFile;
  readonly path: string;
  readonly #host: ModuleHost;
  #environment: Environment | undefined;
  #requested: readonly ModuleRecord[] | undefined;
  #generator: Generator | AsyncGenerator | undefined;
  /** True if it imports itself, directly or indirectly. */
  #inCircle = false;

  dfsIndex = 0;
  dfsAncestor = 0;
  cycleRoot: SourceModule | undefined;
  asyncEvaluation = 0;
  pendingAsync = 0;
  readonly asyncParents: SourceModule[] = [];
  topLevel: PromiseWithResolvers | undefined;

  constructor(url: string, path: string, file: SourceFile, host: ModuleHost) {
    super(url);
    this.path = path;
    this.file = file;
    this.#host = host;
  }

  get hasTopLevelAwait(): boolean {
    return this.file.shape.hasTopLevelAwait;
  }

  get requested(): readonly ModuleRecord[] {
    return this.#requested ?? [];
  }

  get environment(): Environment {
    return (this.#environment ??= Object.create(null) as Environment);
  }

  exportedNames(seen: Set<ModuleRecord>): string[] {
    if (seen.has(this)) return [];
    seen.add(this);
    const { exports, stars } = this.file.shape;
    const names = new Set(exports.keys());
    for (const star of stars) {
      for (const name of (this.requested[star] as ModuleRecord).exportedNames(seen)) {
        if (name !== "default") names.add(name);
      }
    }
    return [...names];
  }

  resolveOwn(name: string, visiting: Map<ModuleRecord, Set<string>>): Resolved {
    const { exports, stars } = this.file.shape;
    const own = exports.get(name);
    if (own?.kind === "local") return { module: this, name };
    if (own?.kind === "indirect") {
      const module = this.requested[own.from.request] as ModuleRecord;
      if (own.from.name === undefined) return { module, name: undefined };
      return module.resolveExport(own.from.name, visiting);
    }
    if (name === "default") return undefined;
    let found: Resolution | undefined;
    for (const star of stars) {
      const next = (this.requested[star] as ModuleRecord).resolveExport(name, visiting);
      if (next === AMBIGUOUS) return AMBIGUOUS;
      if (next === undefined) continue;
      if (found === undefined) found = next;
      else if (found.module !== next.module || found.name !== next.name) return AMBIGUOUS;
    }
    return found;
  }

  isConstant(name: string): boolean {
    const own = this.file.shape.exports.get(name);
    return own?.kind === "local" && own.constant;
  }

  /** Loads all modules that it depends on. Throws if one cannot be loaded. */
  loadRequested(): void {
    const open: SourceModule[] = [this];
    for (let module = open.pop(); module !== undefined; module = open.pop()) {
      if (module.#requested !== undefined) continue;
      const requested: ModuleRecord[] = [];
      const { requests } = module.file.shape;
      for (let at = 0; at < requests.length; at++) requested.push(this.#host.load(module, at));
      module.#requested = requested;
      for (let at = requested.length - 1; at >= 0; at--) {
        const next = requested[at];
        if (next instanceof SourceModule && next.#requested === undefined) open.push(next);
      }
    }
  }

  /** Resolves its imports and those of all its dependencies. */
  link(): void {
    const stack: SourceModule[] = [];
    try {
      this.#link(stack, 0);
    } catch (error) {
      for (const module of stack) module.status = "new";
      throw error;
    }
  }

  #link(stack: SourceModule[], index: number): number {
    if (this.status !== "new") return index;
    this.status = "linking";
    this.dfsIndex = this.dfsAncestor = index++;
    stack.push(this);
    for (const next of this.requested) {
      if (!(next instanceof SourceModule)) continue;
      if (next === this) this.#inCircle = true;
      index = next.#link(stack, index);
      if (next.status === "linking") {
        this.dfsAncestor = Math.min(this.dfsAncestor, next.dfsAncestor);
      }
    }
    this.#checkNames();
    if (this.dfsAncestor === this.dfsIndex) {
      const circle: SourceModule[] = [];
      for (;;) {
        const module = stack.pop() as SourceModule;
        module.status = "linked";
        circle.push(module);
        if (module === this) break;
      }
      if (circle.length > 1) for (const module of circle) module.#inCircle = true;
      for (const module of circle) if (module.#inCircle) module.#begin();
    }
    return index;
  }

  #checkNames(): void {
    const { imports, exports } = this.file.shape;
    for (const imported of imports) this.#check(imported);
    for (const exported of exports.values()) {
      if (exported.kind === "indirect") this.#check(exported.from);
    }
  }

  #check(imported: ImportedName): void {
    if (imported.name === undefined) return;
    const found = (this.requested[imported.request] as ModuleRecord).resolveExport(imported.name);
    if (found === undefined || found === AMBIGUOUS) {
      throw this.#host.missingExport(this, imported, found === AMBIGUOUS);
    }
  }

  /** Returns the argument for an imported name in the module's function. */
  #argument({ request, name }: ImportedName): unknown {
    const module = this.requested[request] as ModuleRecord;
    if (name === undefined) return module.namespace;
    const found = module.resolveExport(name) as Resolution;
    if (found.name === name) return found.module.environment;
    const source = found.module;
    const at = found.name;
    if (at === undefined) return { __proto__: null, [name]: source.namespace };
    // It was re-exported under another name.
    const renamed = { __proto__: null };
    defineProperty(renamed, name, plain({ get: () => source.environment[at] }));
    return renamed;
  }

  #arguments(): unknown[] {
    const args = this.#host.scopeOf(this, (environment) => {
      if (this.#environment === undefined) this.#environment = environment;
      // Other modules already hold the environment.
      else copyProperties(this.#environment, environment);
    });
    const { imports } = this.file.shape;
    for (let at = 0; at < imports.length; at++) {
      args.push(this.#argument(imports[at] as ImportedName));
    }
    return args;
  }

  /** Begins a module of an import cycle: its functions can be called from now on. */
  #begin(): void {
    if (this.#generator !== undefined) return;
    const kind: FunctionKind = this.hasTopLevelAwait ? "async function*" : "function*";
    const generator = apply(
      this.file.moduleFunction(kind),
      undefined,
      withoutView(() => this.#arguments()),
    ) as Generator;
    this.#generator = generator;
    void generator.next();
  }

  /** Runs its code. Returns a promise if it awaits. */
  #execute(): unknown {
    if (this.#generator !== undefined) return this.#generator.next();
    const kind: FunctionKind = this.hasTopLevelAwait ? "async function" : "function";
    const args = withoutView(() => this.#arguments());
    return apply(this.file.moduleFunction(kind), undefined, args);
  }

  /** Evaluates it and all its dependencies, once. The promise settles when that is done. */
  evaluate(): Promise<unknown> {
    const root =
      this.status === "evaluated" || this.status === "evaluating-async"
        ? (this.cycleRoot ?? this)
        : this;
    if (root.topLevel !== undefined) return root.topLevel.promise;
    const topLevel = createPromise();
    root.topLevel = topLevel;
    const stack: SourceModule[] = [];
    try {
      root.#evaluate(stack, 0);
      if (root.asyncEvaluation === 0 || root.status === "evaluated") topLevel.resolve(undefined);
    } catch (thrown) {
      for (let at = 0; at < stack.length; at++) {
        const module = stack[at] as SourceModule;
        module.status = "evaluated";
        module.failure = { thrown };
        module.cycleRoot ??= module;
      }
      topLevel.reject(thrown);
    }
    return topLevel.promise;
  }

  #evaluate(stack: SourceModule[], index: number): number {
    if (this.status === "evaluating-async" || this.status === "evaluated") {
      if (this.failure) throw this.failure.thrown;
      return index;
    }
    if (this.status === "evaluating") return index;
    this.status = "evaluating";
    this.dfsIndex = this.dfsAncestor = index++;
    this.pendingAsync = 0;
    append(stack, this);
    const { requested } = this;
    for (let at = 0; at < requested.length; at++) {
      const next = requested[at];
      if (!(next instanceof SourceModule)) {
        (next as SyntheticModule).evaluate();
        continue;
      }
      index = next.#evaluate(stack, index);
      let waited = next;
      if (next.status === "evaluating") {
        this.dfsAncestor = Math.min(this.dfsAncestor, next.dfsAncestor);
      } else {
        waited = next.cycleRoot ?? next;
        if (waited.failure) throw waited.failure.thrown;
      }
      if (waited.asyncEvaluation > 0 && waited.status !== "evaluated") {
        this.pendingAsync++;
        append(waited.asyncParents, this);
      }
    }
    if (this.pendingAsync > 0 || this.hasTopLevelAwait) {
      this.asyncEvaluation = ++asyncOrder;
      if (this.pendingAsync === 0) this.#executeAsync();
    } else {
      this.#execute();
    }
    if (this.dfsAncestor === this.dfsIndex) {
      for (;;) {
        const module = stack[stack.length - 1] as SourceModule;
        stack.length--;
        module.cycleRoot = this;
        if (module.asyncEvaluation === 0) module.#finish();
        else module.status = "evaluating-async";
        if (module === this) break;
      }
    }
    return index;
  }

  #finish(): void {
    withoutView(() => this.#settleAll());
  }

  #settleAll(): void {
    this.status = "evaluated";
    const { environment } = this;
    const { exports } = this.file.shape;
    // From now on, constant values are read as plain properties.
    for (const [name, exported] of exports) {
      if (exported.kind === "local" && exported.constant) {
        const value = environment[name];
        defineProperty(environment, name, plain({ value, writable: false }));
      }
    }
    this.settle();
  }

  /** Evaluates it synchronously, for `require`. None of its dependencies awaits. */
  evaluateNow(): void {
    perform(
      this.evaluate(),
      () => {},
      () => {},
    );
    const root = this.cycleRoot ?? this;
    const failure = this.failure ?? root.failure;
    if (failure) throw failure.thrown;
  }

  #executeAsync(): void {
    const executed = this.#execute() as Promise<unknown>;
    perform(
      executed,
      () => this.#fulfilled(),
      (reason) => this.#rejected(reason),
    );
  }

  #fulfilled(): void {
    if (this.status === "evaluated") return;
    this.#finish();
    this.topLevel?.resolve(undefined);
    const ready = withoutView(() => {
      const gathered: SourceModule[] = [];
      this.#gather(gathered);
      return gathered.sort((a, b) => a.asyncEvaluation - b.asyncEvaluation);
    });
    // The program's code runs from here on.
    for (let at = 0; at < ready.length; at++) {
      const module = ready[at] as SourceModule;
      if (module.status === "evaluated") continue;
      if (module.hasTopLevelAwait) {
        module.#executeAsync();
        continue;
      }
      try {
        module.#execute();
      } catch (thrown) {
        module.#rejected(thrown);
        continue;
      }
      module.#finish();
      module.topLevel?.resolve(undefined);
    }
  }

  #gather(ready: SourceModule[]): void {
    for (const parent of this.asyncParents) {
      if (ready.includes(parent) || parent.cycleRoot?.failure) continue;
      if (--parent.pendingAsync > 0) continue;
      ready.push(parent);
      if (!parent.hasTopLevelAwait) parent.#gather(ready);
    }
  }

  #rejected(thrown: unknown): void {
    if (this.status === "evaluated") return;
    this.failure = { thrown };
    this.status = "evaluated";
    const { asyncParents } = this;
    for (let at = 0; at < asyncParents.length; at++) {
      (asyncParents[at] as SourceModule).#rejected(thrown);
    }
    this.topLevel?.reject(thrown);
  }

  /** Returns whether it, or any of its dependencies, awaits at its top level. */
  awaits(seen: Set<ModuleRecord> = new Set()): boolean {
    if (seen.has(this)) return false;
    seen.add(this);
    if (this.hasTopLevelAwait) return true;
    return this.requested.some((next) => next instanceof SourceModule && next.awaits(seen));
  }
}

let asyncOrder = 0;

/** Appends as `push` does, even if a program has replaced that method. */
function append<T>(list: T[], item: T): void {
  list[list.length] = item;
}

function copyProperties(target: object, source: object): void {
  for (const key of ownKeys(source)) {
    defineProperty(target, key, plain(getOwnPropertyDescriptor(source, key) as PropertyDescriptor));
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

function createPromise(): PromiseWithResolvers {
  let resolve: PromiseWithResolvers["resolve"] | undefined;
  let reject: PromiseWithResolvers["reject"] | undefined;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // The importer reports a failure. The promise itself must not count as an unhandled rejection.
  return { promise, resolve: resolve as never, reject: reject as never };
}

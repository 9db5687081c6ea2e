/**
 * A program's hooks of module loading: `module.registerHooks`, whose chains are Node's own code, and `module.register`,
 * whose hooks Node runs on a thread of their own. Here these run in the process itself, in modules of their own, before
 * what they are asked for is linked.
 */
import { hasLibraryFile } from "../../lib/natives.ts";
import type { Realm } from "../../realm-types.ts";
import { urlOfPath } from "./file-urls.ts";

/** Where a module is, and what kind it is. */
export interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly importAttributes?: Readonly<Record<string, string>> | undefined;
  readonly shortCircuit?: boolean | undefined;
}

/** A module's text. */
export interface Loaded {
  readonly format?: string | null | undefined;
  readonly source?: string | ArrayBuffer | Uint8Array | null | undefined;
  readonly shortCircuit?: boolean | undefined;
}

/** What a hook is told. */
export interface HookContext {
  parentURL?: string | undefined;
  importAttributes?: Readonly<Record<string, string>> | undefined;
  conditions?: readonly string[] | undefined;
  format?: string | null | undefined;
}

export type Resolve = (specifier: string, context: HookContext) => Resolved;
export type Load = (url: string, context: HookContext) => Loaded;

const FILE = "internal/modules/customization_hooks";

/** Node's file, in the versions that have it. */
interface NodeHooks {
  registerHooks(hooks: object): object;
  readonly resolveHooks: readonly unknown[];
  readonly loadHooks: readonly unknown[];
  resolveWithHooks(
    specifier: string,
    parentURL: string | undefined,
    importAttributes: object | undefined,
    conditions: readonly string[],
    last: Resolve,
  ): Resolved;
  loadWithHooks(
    url: string,
    format: string | null | undefined,
    importAttributes: object | undefined,
    conditions: readonly string[],
    last: Load,
    validate: unknown,
  ): Loaded;
  readonly validateLoadStrict?: unknown;
  readonly validateLoadSloppy?: unknown;
  readonly validateLoad?: unknown;
}

/** One call of `module.register`. */
export interface AsyncHooks {
  /** What it was called with: Node's errors name it. */
  readonly specifier: string;
  readonly resolve?: (
    specifier: string,
    context: HookContext,
    next: (specifier: string, context?: HookContext) => Promise<Resolved>,
  ) => Promise<Resolved> | Resolved;
  readonly load?: (
    url: string,
    context: HookContext,
    next: (url: string, context?: HookContext) => Promise<Loaded>,
  ) => Promise<Loaded> | Loaded;
}

/** The hooks of one process. */
export class ModuleHooks {
  readonly #realm: Realm;
  #node: NodeHooks | undefined;
  readonly #asynchronous: AsyncHooks[] = [];
  /** When all registered hooks have been set up. */
  ready: Promise<unknown> | undefined;

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** Whether `require` has to ask. */
  get resolves(): boolean {
    return this.#node !== undefined && this.#node.resolveHooks.length > 0;
  }

  get loads(): boolean {
    return this.#node !== undefined && this.#node.loadHooks.length > 0;
  }

  /** Whether `import` has to ask. */
  get active(): boolean {
    return this.isAsynchronous || this.resolves || this.loads;
  }

  get isAsynchronous(): boolean {
    return this.ready !== undefined;
  }

  /** `module.registerHooks`. */
  readonly registerHooks = (hooks: object): object => {
    this.#node ??= this.#realm.require(FILE) as NodeHooks;
    return this.#node.registerHooks(hooks);
  };

  add(hooks: AsyncHooks): void {
    this.#asynchronous.push(hooks);
  }

  resolve(
    specifier: string,
    parentURL: string | undefined,
    attributes: object | undefined,
    conditions: readonly string[],
    last: Resolve,
  ): Resolved {
    if (this.#node === undefined || !this.resolves) {
      return last(specifier, { parentURL, conditions } as HookContext);
    }
    return this.#node.resolveWithHooks(specifier, parentURL, attributes, conditions, last);
  }

  load(
    url: string,
    format: string | null | undefined,
    attributes: object | undefined,
    conditions: readonly string[],
    last: Load,
    isStrict: boolean,
  ): Loaded {
    if (this.#node === undefined || !this.loads) {
      return last(url, { format, importAttributes: attributes, conditions } as HookContext);
    }
    const { validateLoadStrict, validateLoadSloppy, validateLoad } = this.#node;
    const validate = (isStrict ? validateLoadStrict : validateLoadSloppy) ?? validateLoad;
    return this.#node.loadWithHooks(url, format, attributes, conditions, last, validate);
  }

  /** Asks the hooks of `module.register` where a module is. */
  resolveLater(specifier: string, context: HookContext, last: Resolve): Promise<Resolved> {
    return this.#chain("resolve", specifier, context, last);
  }

  /** Asks them for its text. */
  loadLater(url: string, context: HookContext, last: Load): Promise<Loaded> {
    return this.#chain("load", url, context, last);
  }

  async #chain<T extends { readonly shortCircuit?: boolean | undefined }>(
    name: "resolve" | "load",
    subject: string,
    context: HookContext,
    last: (subject: string, context: HookContext) => T,
  ): Promise<T> {
    const { codes } = this.#realm.require("internal/errors");
    const hooks = this.#asynchronous.filter((one) => typeof one[name] === "function");
    const run = async (at: number, given: string, told: HookContext): Promise<T> => {
      const hook = hooks[at]?.[name] as
        | ((given: string, told: HookContext, next: unknown) => Promise<T> | T)
        | undefined;
      if (hook === undefined) return last(given, told);
      let isAsked = false;
      const next = (other: string = given, more?: HookContext): Promise<T> => {
        isAsked = true;
        return run(at - 1, other, { ...told, ...more });
      };
      const result = await hook(given, told, next);
      if (typeof result !== "object" || result === null) {
        const whose = `${hooks[at]?.specifier} '${name}' hook's ${name === "load" ? "nextLoad" : "nextResolve"}()`;
        throw new codes.ERR_INVALID_RETURN_VALUE("an object", whose, result);
      }
      if (!isAsked && result.shortCircuit !== true) {
        throw new codes.ERR_LOADER_CHAIN_INCOMPLETE(`${hooks[at]?.specifier} '${name}'`);
      }
      return result;
    };
    // The last that was registered is asked first.
    return run(hooks.length - 1, subject, context);
  }
}

/** Whether this version of Node has `module.registerHooks`. */
export const hasSyncHooks: boolean = hasLibraryFile(FILE);

/** Returns the URL by which hooks know a file, a module of Node's, or what a hook has made up. */
export function urlOfModule(name: string, isBuiltin: (name: string) => boolean): string {
  if (name.startsWith("/")) return urlOfPath(name);
  if (name.startsWith("node:") || !isBuiltin(name)) return name;
  return `node:${name}`;
}

/** Returns a source as text. */
export function textOf(source: string | ArrayBuffer | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}

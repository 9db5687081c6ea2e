/**
 * What a process loads in place of other modules: the world's own files by name, and Lightcone's
 * substitutes for native add-ons.
 */
import { posix } from "node:path";
import { LightconeError } from "../../base/errors.ts";
import { standInFor } from "../public-modules.ts";
import { type AddOn, addOnNamed } from "../substitutes/index.ts";
import type { CommonJsLoader } from "./commonjs.ts";
import type { Module } from "./module-types.ts";

/** The stand-ins of one process. */
export class StandIns {
  readonly #loader: CommonJsLoader;
  /** The exports of the substitutes that were loaded, by name. */
  readonly #loaded = new Map<string, unknown>();
  #files: Readonly<Record<string, string>> | undefined;

  constructor(loader: CommonJsLoader) {
    this.#loader = loader;
  }

  /** Sets the absolute paths of files, by the names that they stand in for. */
  set files(files: Readonly<Record<string, string>>) {
    this.#files = Object.keys(files).length === 0 ? undefined : files;
  }

  /** Whether the world gives files for names. */
  get hasFiles(): boolean {
    return this.#files !== undefined;
  }

  /** The file that the world gives for a name. The file itself may load what it stands in for. */
  fileFor(request: string, from: string | null | undefined): string | undefined {
    const files = this.#files;
    if (files === undefined || !Object.hasOwn(files, request)) return undefined;
    const file = files[request] as string;
    return file === from ? undefined : file;
  }

  /** Whether there is a substitute for a package. Those for modules of Node's are loaded as these are. */
  has(request: string): boolean {
    return !request.startsWith("node:") && addOnNamed(request) !== undefined;
  }

  /** The exports of the substitute for a name. `from` is the file that asks for it: the main one, unless given. */
  load(request: string, from: string = this.#loader.main?.filename ?? "/"): unknown {
    if (this.#loaded.has(request)) return this.#loaded.get(request);
    const addOn = addOnNamed(request) as AddOn;
    const exports = addOn.create({
      peer: (builtins = {}, change) => {
        return this.#peer(request, addOn.peer as string, from, builtins, change);
      },
      process: this.#loader.realm.context.process,
      shape: (id) => standInFor(this.#loader.realm, id),
      builtin: (id) => this.#loader.realm.requirePublic(id),
    });
    this.#loaded.set(request, exports);
    return exports;
  }

  #peer(
    request: string,
    peer: string,
    from: string,
    builtins: Readonly<Record<string, unknown>>,
    change: ((source: string) => string) | undefined,
  ): unknown {
    const loader = this.#loader;
    const path = this.#find(request, peer, from);
    const module: Module = new loader.Module(path);
    module.require = (id: string) => {
      const name = id.replace(/^node:/, "");
      return Object.hasOwn(builtins, name)
        ? builtins[name]
        : loader.Module._load(id, module, false);
    };
    if (change !== undefined) {
      const { _compile } = loader.Module.prototype;
      module._compile = (source, ...rest) =>
        Reflect.apply(_compile, module, [change(source), ...rest]);
    }
    module.load(path);
    return module.exports;
  }

  #find(request: string, peer: string, from: string): string {
    const { cwd } = this.#loader.realm.process as { cwd(): string };
    for (const base of [from, posix.join(cwd(), "[substitute]")]) {
      try {
        return this.#loader.createRequire(base).resolve(peer);
      } catch (error) {
        if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
      }
    }
    throw new LightconeError(
      "LC_NO_SUBSTITUTE",
      `${request} is native code, which a simulated host cannot load; ${peer} stands in for it, and is not installed`,
      `Run npm install --save-dev ${peer}, or give a file of your own: substitute: { ${JSON.stringify(request)}: "./stub.ts" } of the host.`,
    );
  }
}

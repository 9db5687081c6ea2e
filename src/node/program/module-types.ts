/** The shapes of what CommonJS files see of their loader: `module`, `require`, and the class of modules. */

/** A module's `require`, with its properties. */
export interface Require {
  (request: string): unknown;
  resolve: ((request: string, options?: { paths?: string[] }) => string) & {
    paths(request: string): string[] | null;
  };
  main: Module | undefined;
  cache: Record<string, Module>;
  extensions: Extensions;
}

/** How files are loaded, by file name extension. */
export type Extensions = Record<string, (module: Module, filename: string) => void>;

/** One loaded file, as the program's `module` object. */
export interface Module {
  id: string;
  path: string;
  exports: unknown;
  filename: string | null;
  loaded: boolean;
  children: Module[];
  paths: string[];
  parent: Module | null | undefined;
  require(request: string): unknown;
  load(filename: string): void;
  _compile(source: string, filename: string, format?: string): unknown;
}

/** The class of modules, which `node:module` exports. Programs may replace its functions. */
export interface ModuleClass {
  new (id?: string, parent?: Module | null): Module;
  prototype: Module;
  _cache: Record<string, Module>;
  _extensions: Extensions;
  _load(request: string, parent: Module | null | undefined, isMain: boolean): unknown;
  _resolveFilename(
    request: string,
    parent: Module | null | undefined,
    isMain: boolean,
    options?: { paths?: string[] },
  ): string;
  _nodeModulePaths(from: string): string[];
}

/** The function of a CommonJS file in one process: Node's own wrapper. */
export type Wrapper = (
  exports: unknown,
  require: Require,
  module: Module,
  filename: string,
  directory: string,
) => unknown;

/** The function around a CommonJS file, called with the scope of a process. */
export type MakeWrapper = (...scope: unknown[]) => Wrapper;

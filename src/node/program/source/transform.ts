/**
 * Turns a source file into a function. CommonJS keeps its code, including sloppy mode. An ES module
 * becomes a strict function whose imports are read from the exporting modules on each use, and
 * whose exports are read through getters. Free names become properties of the process's own global
 * object. Lines stay in place, and columns are mapped back (`edits.ts`).
 */
import { type Options, parse } from "acorn";
import { hostNames, sharedNames } from "../../globals.ts";
import { type Edit, EditedText } from "./edits.ts";
import {
  type AnyNode,
  CALLED,
  DYNAMIC,
  findScopes,
  type Reference,
  type Scopes,
  SHORTHAND,
  STATEMENT,
  STRICT,
  TYPEOF,
  WRITTEN,
} from "./scopes.ts";

/** An imported name of an ES module. */
export interface ImportedName {
  /** The index of the module request it comes from. */
  readonly request: number;
  /** The exported name; `undefined` for the whole namespace. */
  readonly name: string | undefined;
  /** The position of the import. */
  readonly start: number;
}

/** A module that an ES module requests. */
export interface ModuleRequest {
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly start: number;
}

/** An ES module's own export, by its exported name. */
export interface LocalExport {
  readonly kind: "local";
  /** True if the value no longer changes once the module has been evaluated. */
  readonly constant: boolean;
}

/** A re-export of an ES module. */
export interface IndirectExport {
  readonly kind: "indirect";
  readonly from: ImportedName;
}

/** The outline of an ES module. */
export interface ModuleShape {
  readonly requests: readonly ModuleRequest[];
  /** One entry for each parameter of the function, after those of {@link moduleParameters}. */
  readonly imports: readonly ImportedName[];
  readonly exports: ReadonlyMap<string, LocalExport | IndirectExport>;
  /** Requests of `export * from`. */
  readonly stars: readonly number[];
  readonly hasTopLevelAwait: boolean;
  /** Whether it uses `import.meta`, and `import()`. */
  readonly usesMeta: boolean;
  readonly usesImport: boolean;
}

/** A source file as a function. */
export interface Transformed {
  /** Parameters and the code before the text, on its first line. */
  readonly head: string;
  readonly edits: readonly Edit[];
  readonly tail: string;
  readonly module: ModuleShape | undefined;
}

/** Parameters of the function around a CommonJS file, which returns Node's own wrapper. */
const scopeParameters = [
  "__lc_g",
  "global",
  "globalThis",
  "__lc_u",
  "__lc_this",
  "__lc_room",
  "__lc_trace",
  "__lc_caught",
  "__lcim",
];
/** Parameters of the function around a CommonJS file in Node. */
export const commonParameters: readonly string[] = [
  "exports",
  "require",
  "module",
  "__filename",
  "__dirname",
];
/** Parameters of the function of an ES module, before those of its imports. */
const moduleParameters = [...scopeParameters, "__lc_meta", "__lc_export", "__lc_name"];

/** A constant, in place of an imported name that a module assigns to. */
const FIXED = "__lc_fixed";

const host = new Set(hostNames);
/** JavaScript's own names: the same for all processes. */
const shared = new Set([...sharedNames, "arguments"]);

const options: Options = {
  ecmaVersion: "latest",
  allowHashBang: true,
  allowReturnOutsideFunction: true,
  checkPrivateFields: false,
};

/**
 * Returns whether a text is an ES module by its syntax. Node checks this if no format is specified.
 */
export function looksLikeModule(source: string): boolean {
  return /\b(?:import|export|await)\b/.test(source);
}

/**
 * Returns the code around a CommonJS file, or around a script that is no file: it has no names of
 * its own, and its frames no name.
 */
function around(isScript: boolean): { head: string; tail: string } {
  const outer = `(function (${scopeParameters.join(", ")}) { return (function (`;
  return isScript
    ? { head: `${outer}) { return () => {`, tail: "\n}; }); })" }
    : { head: `${outer}${commonParameters.join(", ")}) {`, tail: "\n}); })" };
}

/** Parses and transforms a CommonJS file. Throws acorn's `SyntaxError`. */
export function transformCommonJs(source: string, isScript = false): Transformed {
  const program = parse(source, { ...options, sourceType: "script" }) as AnyNode;
  const edited = new EditedText(source);
  hideHashBang(edited, source);
  const parameters = isScript ? [] : commonParameters;
  const scopes = findScopes(program, [...parameters, "global", "globalThis"], {
    onImportCall: ({ start }) => edited.replace(start, start + 6, "__lcim"),
    // Not always in parentheses: a line that begins with one continues the line before it.
    onSloppyThis: ({ start, end }, afterNew) =>
      edited.replace(start, end, afterNew ? "(__lc_this(this))" : "__lc_this(this)"),
    onPrototypeAssignment: ({ start }, owner) => edited.insert(start, `;__lc_room(${owner});`),
    onTraceLimit: ({ start, end }) => wrapTraceLimit(edited, start, end),
    onCatch: ({ start }, name) => edited.insert(start + 1, `__lc_caught(${name});`),
    onRejectionHandler: (body, name) => correctFirst(edited, body, name),
  });
  replaceFree(edited, scopes);
  return {
    ...around(isScript),
    edits: edited.finish(),
    module: undefined,
  };
}

/**
 * A CommonJS file that acorn cannot parse, but V8 may. Its free names are treated as in evaluated
 * code.
 */
export function wrapCommonJs(source: string, isScript = false): Transformed {
  const edited = new EditedText(source);
  hideHashBang(edited, source);
  for (const { index } of source.matchAll(/\bimport(?=\s*\()/g)) {
    edited.replace(index, index + 6, "__lcim");
  }
  return {
    ...around(isScript),
    edits: edited.finish(),
    module: undefined,
  };
}

function hideHashBang(edited: EditedText, source: string): void {
  if (source.startsWith("#!")) edited.replace(0, 2, "//");
}

/** `Error.stackTraceLimit` is the process's own, and not the one that V8 reads. */
function wrapTraceLimit(edited: EditedText, start: number, end: number): void {
  edited.insert(start, "__lc_trace(");
  edited.insert(end, ")");
}

/** Lets a function begin by correcting the message of the error that it is given. */
function correctFirst(edited: EditedText, { type, start, end }: AnyNode, name: string): void {
  if (type === "BlockStatement") return edited.insert(start + 1, `__lc_caught(${name});`);
  edited.insert(start, `(__lc_caught(${name}),`);
  edited.insert(end, ")");
}

function replaceFree(edited: EditedText, { free }: Scopes, isModule = false): void {
  for (const reference of free) {
    const { name } = reference;
    if (isModule && name === "arguments") {
      // The function around a module has them, the module has not.
      const isTested = (reference.use & TYPEOF) !== 0;
      substitute(edited, reference, `${isTested ? "__lc_g" : "__lc_u"}.arguments`);
      continue;
    }
    // Left unchanged, it is a name of the real global object, which returns the process's own
    // values in a run.
    if (shared.has(name) || (reference.use & DYNAMIC) !== 0) continue;
    const isSafe = host.has(name) || (reference.use & TYPEOF) !== 0;
    const isMade = (reference.use & (WRITTEN | STRICT)) === WRITTEN;
    substitute(edited, reference, `${isSafe || isMade ? "__lc_g" : "__lc_u"}.${name}`);
  }
}

/** Replaces a name with a member access. */
function substitute(edited: EditedText, { name, start, end, use }: Reference, text: string): void {
  if ((use & SHORTHAND) !== 0) edited.replace(start, end, `${name}:${text}`);
  else if ((use & CALLED) === 0) edited.replace(start, end, text);
  // The call must not get a receiver. After a line without a semicolon, the bracket would continue
  // that line.
  else edited.replace(start, end, `${(use & STATEMENT) === 0 ? "" : ";"}(0,${text})`);
}

/** Parses and transforms an ES module. Throws acorn's `SyntaxError`. */
export function transformModule(source: string): Transformed {
  return new ModuleTransform(source, parseModule(source)).run();
}

/** Node 20 takes `assert { type: "json" }`, which the parser does not know. */
const TAKES_ASSERT = process.version.startsWith("v20.");
const ASSERT = /(\b(?:from|import)\s*(["'])[^"'\n]*\2\s*)assert(?=\s*\{)/g;

function parseModule(source: string): AnyNode {
  const how: Options = { ...options, allowReturnOutsideFunction: false, sourceType: "module" };
  try {
    return parse(source, how) as AnyNode;
  } catch (error) {
    if (!TAKES_ASSERT || source.search(ASSERT) < 0) throw error;
    return parse(source.replace(ASSERT, "$1with  "), how) as AnyNode;
  }
}

class ModuleTransform {
  readonly #source: string;
  readonly #program: AnyNode;
  readonly #edited: EditedText;
  readonly #requests: ModuleRequest[] = [];
  readonly #requestAt = new Map<string, number>();
  /** Imported names, with the expression that reads each. */
  readonly #imported = new Map<string, ImportedName & { readonly text: string }>();
  readonly #imports: ImportedName[] = [];
  readonly #parameters: string[] = [];
  readonly #exports = new Map<string, LocalExport | IndirectExport>();
  readonly #stars: number[] = [];
  /** The module's own exports: local names by exported names. */
  readonly #locals = new Map<string, string>();
  #defaultFunction = false;
  #hasTopLevelAwait = false;
  #usesMeta = false;
  #usesImport = false;
  #writesImport = false;

  constructor(source: string, program: AnyNode) {
    this.#source = source;
    this.#program = program;
    this.#edited = new EditedText(source);
  }

  run(): Transformed {
    const edited = this.#edited;
    const source = this.#source;
    hideHashBang(edited, source);
    for (const node of this.#program["body"] as AnyNode[]) this.#declaration(node);
    const logical = new Map<number, { readonly node: AnyNode; readonly begins: boolean }>();
    const scopes = findScopes(this.#program, ["global", "globalThis"], {
      onImportCall: ({ start }) => {
        this.#usesImport = true;
        edited.replace(start, start + 6, "__lcim");
      },
      onImportMeta: ({ start, end }) => {
        this.#usesMeta = true;
        const text = source.slice(start, end);
        const pad = text.includes("\n") ? text.replace(/[^\n]/g, "") : "";
        edited.replace(start, end, `__lc_meta${pad}`.padEnd(end - start));
      },
      onPrototypeAssignment: ({ start }, owner) => {
        if (!this.#imported.has(owner)) edited.insert(start, `;__lc_room(${owner});`);
      },
      onTraceLimit: ({ start, end }) => wrapTraceLimit(edited, start, end),
      onCatch: ({ start }, name) => edited.insert(start + 1, `__lc_caught(${name});`),
      onRejectionHandler: (body, name) => correctFirst(edited, body, name),
      onTopLevelAwait: () => (this.#hasTopLevelAwait = true),
      onLogicalAssignment: (node, begins) => logical.set(node["left"].start, { node, begins }),
    });
    const written = new Set<string>();
    for (const reference of scopes.own) {
      const imported = this.#imported.get(reference.name);
      if (imported !== undefined) {
        // V8 refuses the assignment, in its own words, when it is made.
        const isWritten = (reference.use & WRITTEN) !== 0;
        if (isWritten) this.#writesImport = true;
        const assignment = logical.get(reference.start);
        if (assignment !== undefined) {
          const { node, begins } = assignment;
          this.#assignLogically(node, reference, `${begins ? ";" : ""}(${imported.text}`);
        } else substitute(edited, reference, isWritten ? FIXED : imported.text);
      } else if ((reference.use & WRITTEN) !== 0) written.add(reference.name);
    }
    replaceFree(edited, scopes, true);
    for (const [exported, local] of this.#locals) {
      const imported = this.#imported.get(local);
      this.#exports.set(
        exported,
        imported === undefined
          ? { kind: "local", constant: !written.has(local) && !scopes.hasEval }
          : { kind: "indirect", from: imported },
      );
    }
    return {
      head: this.#head(),
      edits: edited.finish(),
      tail: "\n})",
      module: this.#shape(),
    };
  }

  /** `name ??= value` assigns, and thereby fails, only if the name has no value. */
  #assignLogically({ operator, right }: AnyNode, { start, end }: Reference, text: string): void {
    const edited = this.#edited;
    const at = this.#source.indexOf(operator, end);
    edited.replace(start, end, text);
    edited.replace(at, at + operator.length, `${operator.slice(0, -1)} (${FIXED} =`);
    edited.insert(right.end, "))");
  }

  #shape(): ModuleShape {
    return {
      requests: this.#requests,
      imports: this.#imports,
      exports: this.#exports,
      stars: this.#stars,
      hasTopLevelAwait: this.#hasTopLevelAwait,
      usesMeta: this.#usesMeta,
      usesImport: this.#usesImport,
    };
  }

  /** The kind of function is put before it. It depends on how the module is evaluated. */
  #head(): string {
    const getters = [...this.#locals]
      .filter(([exported]) => this.#exports.get(exported)?.kind === "local")
      .map(([exported, local]) => `get ${propertyKey(exported)}() { return ${local}; }`);
    const name = this.#defaultFunction ? `__lc_name(__lc_default, "default");` : "";
    const parameters = [...moduleParameters, ...this.#parameters].join(", ");
    const fixed = this.#writesImport ? `const ${FIXED} = undefined;` : "";
    return `(${parameters}) { "use strict"; ${fixed}__lc_export({ __proto__: null, ${getters.join(", ")} }); ${name}`;
  }

  #request({ source, attributes = [] }: AnyNode): number {
    const given: Record<string, string> = {};
    for (const { key, value } of attributes) given[key.name ?? key.value] = value.value;
    const id = `${source.value}\0${JSON.stringify(given)}`;
    let at = this.#requestAt.get(id);
    if (at === undefined) {
      at = this.#requests.push({ specifier: source.value, attributes: given, start: source.start });
      at--;
      this.#requestAt.set(id, at);
    }
    return at;
  }

  #declaration(node: AnyNode): void {
    switch (node.type) {
      case "ImportDeclaration":
        return this.#import(node);
      case "ExportAllDeclaration":
        return this.#exportAll(node);
      case "ExportNamedDeclaration":
        return this.#exportNamed(node);
      case "ExportDefaultDeclaration":
        return this.#exportDefault(node);
    }
  }

  #import(node: AnyNode): void {
    const request = this.#request(node);
    for (const { type, imported, local, start } of node["specifiers"]) {
      const name =
        type === "ImportNamespaceSpecifier"
          ? undefined
          : type === "ImportDefaultSpecifier"
            ? "default"
            : nameOf(imported);
      // It carries the name, for V8's messages (`messages.ts`).
      const parameter = `__lc_${name === undefined ? "n" : "i"}${this.#imports.length}_${local.name}`;
      const text = name === undefined ? parameter : `${parameter}${propertyAccess(name)}`;
      this.#imports.push({ request, name, start });
      this.#parameters.push(parameter);
      this.#imported.set(local.name, { request, name, start, text });
    }
    this.#takeAway(node);
  }

  /** Blanks a statement, but leaves a semicolon for a preceding line that has none. */
  #takeAway({ start, end }: AnyNode): void {
    this.#edited.replace(start, start + 1, ";");
    this.#edited.blank(start + 1, end);
  }

  #exportAll(node: AnyNode): void {
    const request = this.#request(node);
    if (node["exported"] === null) this.#stars.push(request);
    else {
      const from = { request, name: undefined, start: node.start };
      this.#exports.set(nameOf(node["exported"]), { kind: "indirect", from });
    }
    this.#takeAway(node);
  }

  #exportNamed(node: AnyNode): void {
    const { declaration, specifiers, source } = node as unknown as {
      declaration: AnyNode | null;
      specifiers: AnyNode[];
      source: AnyNode | null;
    };
    if (declaration !== null) {
      for (const name of declaredNames(declaration)) this.#locals.set(name, name);
      this.#edited.blank(node.start, declaration.start);
      return;
    }
    if (source !== null) {
      const request = this.#request(node);
      for (const { local, exported, start } of specifiers as unknown as AnyNode[]) {
        const from = { request, name: nameOf(local), start };
        this.#exports.set(nameOf(exported), { kind: "indirect", from });
      }
    } else {
      for (const { local, exported } of specifiers as unknown as AnyNode[]) {
        this.#locals.set(nameOf(exported), nameOf(local));
      }
    }
    this.#takeAway(node);
  }

  #exportDefault(node: AnyNode): void {
    const declaration = node["declaration"] as AnyNode;
    const isFunction = declaration.type === "FunctionDeclaration";
    if (isFunction || declaration.type === "ClassDeclaration") {
      if (declaration["id"]) {
        this.#locals.set("default", declaration["id"].name);
        this.#edited.blank(node.start, declaration.start);
        return;
      }
      if (isFunction) {
        // It exists before the module is evaluated.
        const head = /^(?:async\s+)?function\s*\*?/.exec(this.#source.slice(declaration.start));
        const at = declaration.start + (head as RegExpExecArray)[0].length;
        this.#edited.blank(node.start, declaration.start);
        this.#edited.insert(at, " __lc_default");
        this.#defaultFunction = true;
        this.#locals.set("default", "__lc_default");
        return;
      }
    }
    const keyword = /^export\s+default\b|^export(?:\s|\/\*[^]*?\*\/|\/\/.*\n)+default\b/.exec(
      this.#source.slice(node.start, node.end),
    );
    const length = keyword?.[0].length ?? declaration.start - node.start;
    const lines = this.#source.slice(node.start, node.start + length).replace(/[^\n]/g, "");
    // As a property's value, an anonymous function or class gets the property's name.
    const start = node.start + length;
    this.#edited.replace(node.start, start, `${lines}const __lc_default = ({ default:`);
    const end = this.#source[node.end - 1] === ";" ? node.end - 1 : node.end;
    this.#edited.insert(end, " }).default;");
    this.#locals.set("default", "__lc_default");
  }
}

function nameOf(node: AnyNode): string {
  return node.type === "Literal" ? node["value"] : node["name"];
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

function propertyKey(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}

function propertyAccess(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function declaredNames(declaration: AnyNode): string[] {
  if (declaration.type !== "VariableDeclaration") return [declaration["id"].name];
  const names: string[] = [];
  const collect = (pattern: AnyNode | null): void => {
    if (pattern === null) return;
    switch (pattern.type) {
      case "Identifier":
        names.push(pattern["name"]);
        return;
      case "ObjectPattern":
        for (const property of pattern["properties"]) {
          collect(property.type === "RestElement" ? property.argument : property.value);
        }
        return;
      case "ArrayPattern":
        return pattern["elements"].forEach(collect);
      case "AssignmentPattern":
        return collect(pattern["left"]);
      case "RestElement":
        return collect(pattern["argument"]);
    }
  };
  for (const { id } of declaration["declarations"]) collect(id);
  return names;
}

/**
 * Determines where the names of a source file are bound, in one walk over acorn's tree. A program's
 * file runs as a generated function, so its free names, and the names that it imports, have to be
 * found and replaced.
 */
import type { Node } from "acorn";

/** A node, whose fields depend on its type. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyNode = Node & Record<string, any>;

/** How a name is used: bits of {@link Reference.use}. */
export const CALLED = 1;
/** `{ name }`: a replacement has to repeat the key. */
export const SHORTHAND = 2;
export const TYPEOF = 4;
/** The name is assigned, updated or deleted. */
export const WRITTEN = 8;
/** A call that begins a statement in a list of statements. */
export const STATEMENT = 16;
/** Its binding depends on the run: it is inside a `with`, or within reach of a sloppy `eval`. */
export const DYNAMIC = 32;
export const STRICT = 64;

/** One use of a name. */
export interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  use: number;
}

/** Receives other constructs that the walk finds. */
export interface Visitor {
  /** `import(...)`; the node of the whole call. */
  onImportCall?(node: AnyNode): void;
  /** `import.meta`. */
  onImportMeta?(node: AnyNode): void;
  /**
   * A bare `this` in a sloppy function, which may be called without a receiver. `afterNew` is set where
   * it begins the operand of `new`.
   */
  onSloppyThis?(node: AnyNode, afterNew: boolean): void;
  /** A statement that assigns to a computed property of `Name.prototype`. */
  onPrototypeAssignment?(node: AnyNode, owner: string): void;
  /** The body of a `catch` with a plain name. */
  onCatch?(body: AnyNode, name: string): void;
  /** The body of a function with a plain parameter that is given to `catch`, or to `then` as the second. */
  onRejectionHandler?(body: AnyNode, name: string): void;
  /** `name ??= value`, and with `||=` and `&&=`. `begins` is set where it begins a statement. */
  onLogicalAssignment?(node: AnyNode, begins: boolean): void;
  /** The object of a member access `object.stackTraceLimit`. */
  onTraceLimit?(node: AnyNode): void;
  /** `await` at the top level of a module. */
  onTopLevelAwait?(): void;
}

/** The names bound at the top of a file, and the free names. */
export interface Scopes {
  readonly top: ReadonlySet<string>;
  /** Uses of names that are bound at the top. */
  readonly own: readonly Reference[];
  readonly free: readonly Reference[];
  /** True if there is a direct `eval`, which may assign to any visible name. */
  readonly hasEval: boolean;
}

class Scope {
  readonly parent: Scope | undefined;
  readonly isFunction: boolean;
  readonly names: Set<string> = new Set();
  references: Reference[] = [];
  hasEval = false;

  constructor(parent: Scope | undefined, isFunction: boolean) {
    this.parent = parent;
    this.isFunction = isFunction;
  }
}

/** The meaning of `this` at the current position of the walk. */
const NO_THIS = 0;
const SLOPPY_THIS = 1;
/** In a function that is called immediately: all uses of `this` count. */
const IMMEDIATE_THIS = 2;

/**
 * Finds the scopes of a parsed file. `names` are bound around it: the parameters of its wrapper.
 */
export function findScopes(program: AnyNode, names: readonly string[], visitor: Visitor): Scopes {
  return new Walker(program["sourceType"] === "module", names, visitor).walk(program);
}

class Walker {
  readonly #visitor: Visitor;
  readonly #isModule: boolean;
  readonly #top: Scope;
  #scope: Scope;
  #strict: boolean;
  #this = NO_THIS;
  /** A `this` at the beginning of the operand of `new`. */
  #thisAfterNew: AnyNode | undefined;
  #inWith = 0;
  #functions = 0;
  #hasEval = false;

  constructor(isModule: boolean, names: readonly string[], visitor: Visitor) {
    this.#visitor = visitor;
    this.#isModule = isModule;
    this.#strict = isModule;
    this.#top = this.#scope = new Scope(undefined, true);
    for (const name of names) this.#top.names.add(name);
  }

  walk(program: AnyNode): Scopes {
    if (!this.#isModule) this.#strict = isStrict(program["body"]);
    this.#list(program["body"]);
    const { names, references, hasEval } = this.#top;
    const own: Reference[] = [];
    const free: Reference[] = [];
    for (const reference of references) {
      if (hasEval && !this.#isModule) reference.use |= DYNAMIC;
      (names.has(reference.name) ? own : free).push(reference);
    }
    return { top: names, own, free, hasEval: this.#hasEval };
  }

  #enter(isFunction: boolean): Scope {
    return (this.#scope = new Scope(this.#scope, isFunction));
  }

  #leave(): void {
    const { names, references, parent, hasEval } = this.#scope;
    const above = parent as Scope;
    for (const reference of references) {
      if (names.has(reference.name)) continue;
      if (hasEval) reference.use |= DYNAMIC;
      above.references.push(reference);
    }
    this.#scope = above;
  }

  #refer(node: AnyNode, use = 0): void {
    if (this.#inWith > 0) use |= DYNAMIC;
    if (this.#strict) use |= STRICT;
    const { start, end } = node;
    this.#scope.references.push({ name: node["name"], start, end, use });
  }

  #list(statements: readonly AnyNode[]): void {
    for (const statement of statements) {
      if (statement.type === "ExpressionStatement") this.#statement(statement);
      else this.#visit(statement);
    }
  }

  /**
   * An expression in a list of statements: the statement before it may not end with a semicolon.
   */
  #statement(statement: AnyNode): void {
    const expression = statement["expression"] as AnyNode;
    if (expression.type === "AssignmentExpression" && this.#visitor.onPrototypeAssignment) {
      const owner = prototypeOwner(expression);
      if (owner !== undefined) this.#visitor.onPrototypeAssignment(statement, owner);
    }
    this.#statementStart = statement.start;
    this.#visit(expression);
  }

  #statementStart = -1;

  #visit(node: AnyNode | null | undefined): void {
    if (node === null || node === undefined) return;
    switch (node.type) {
      case "Identifier":
        return this.#refer(node);
      case "Literal":
      case "BreakStatement":
      case "ContinueStatement":
      case "EmptyStatement":
      case "DebuggerStatement":
      case "Super":
      case "PrivateIdentifier":
      case "TemplateElement":
        return;
      case "MemberExpression":
        if (isTraceLimit(node)) this.#visitor.onTraceLimit?.(node["object"]);
        if (node["object"].type === "ThisExpression") {
          if (this.#this === IMMEDIATE_THIS) this.#sloppyThis(node["object"]);
        } else this.#visit(node["object"]);
        if (node["computed"]) this.#visit(node["property"]);
        return;
      case "CallExpression":
      case "TaggedTemplateExpression":
        return this.#call(node);
      case "ThisExpression":
        if (this.#this !== NO_THIS) this.#sloppyThis(node);
        return;
      case "NewExpression":
        this.#thisAfterNew = firstThis(node["callee"]);
        this.#visit(node["callee"]);
        return this.#list(node["arguments"]);
      case "BlockStatement":
        this.#enter(false);
        this.#list(node["body"]);
        return this.#leave();
      case "FunctionDeclaration":
        // In sloppy code, a function in a block is also a variable of the enclosing function.
        if (node["id"]) this.#declare(node["id"].name, !this.#strict);
        return this.#function(node);
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return this.#function(node);
      case "VariableDeclaration":
        for (const { id, init } of node["declarations"]) {
          this.#pattern(id, node["kind"] === "var" ? 2 : 1);
          this.#visit(init);
        }
        if (node["kind"] === "await using" && this.#functions === 0) {
          this.#visitor.onTopLevelAwait?.();
        }
        return;
      case "ClassDeclaration":
        if (node["id"]) this.#declare(node["id"].name, false);
        return this.#class(node);
      case "ClassExpression":
        return this.#class(node);
      case "Property":
        if (node["computed"]) this.#visit(node["key"]);
        if (node["shorthand"]) this.#refer(node["value"], SHORTHAND);
        else this.#visit(node["value"]);
        return;
      case "AssignmentExpression":
        if (node["left"].type === "Identifier" && /^(?:\?\?|\|\||&&)=$/.test(node["operator"])) {
          this.#visitor.onLogicalAssignment?.(node, this.#statementStart === node.start);
        }
        this.#pattern(node["left"], 0);
        return this.#visit(node["right"]);
      case "UpdateExpression":
        return this.#pattern(node["argument"], 0);
      case "UnaryExpression":
        if (node["argument"].type === "Identifier") {
          const { operator } = node as unknown as { operator: string };
          const use = operator === "typeof" ? TYPEOF : operator === "delete" ? WRITTEN : 0;
          return this.#refer(node["argument"], use);
        }
        return this.#visit(node["argument"]);
      case "AwaitExpression":
        if (this.#functions === 0) this.#visitor.onTopLevelAwait?.();
        return this.#visit(node["argument"]);
      case "ForInStatement":
      case "ForOfStatement":
        if (node["await"] && this.#functions === 0) this.#visitor.onTopLevelAwait?.();
        this.#enter(false);
        if (node["left"].type === "VariableDeclaration") this.#visit(node["left"]);
        else this.#pattern(node["left"], 0);
        this.#visit(node["right"]);
        this.#visit(node["body"]);
        return this.#leave();
      case "ForStatement":
        this.#enter(false);
        this.#visit(node["init"]);
        this.#visit(node["test"]);
        this.#visit(node["update"]);
        this.#visit(node["body"]);
        return this.#leave();
      case "SwitchStatement":
        this.#visit(node["discriminant"]);
        this.#enter(false);
        for (const { test, consequent } of node["cases"]) {
          this.#visit(test);
          this.#list(consequent);
        }
        return this.#leave();
      case "CatchClause":
        this.#enter(false);
        if (node["param"]) this.#pattern(node["param"], 1);
        if (node["param"]?.type === "Identifier") {
          this.#visitor.onCatch?.(node["body"], node["param"].name);
        }
        this.#list(node["body"].body);
        return this.#leave();
      case "LabeledStatement":
        return this.#visit(node["body"]);
      case "WithStatement":
        this.#visit(node["object"]);
        this.#inWith++;
        this.#visit(node["body"]);
        this.#inWith--;
        return;
      case "MetaProperty":
        if (node["meta"].name === "import") this.#visitor.onImportMeta?.(node);
        return;
      case "ImportExpression":
        this.#visitor.onImportCall?.(node);
        this.#visit(node["source"]);
        return this.#visit(node["options"]);
      case "ImportDeclaration":
        for (const { local } of node["specifiers"]) this.#declare(local.name, false);
        return;
      case "ExportNamedDeclaration":
        this.#visit(node["declaration"]);
        return;
      case "ExportDefaultDeclaration":
        return this.#visit(node["declaration"]);
      case "ExportAllDeclaration":
        return;
      default:
        return this.#children(node);
    }
  }

  #children(node: AnyNode): void {
    for (const key in node) {
      const child: unknown = node[key];
      if (typeof child !== "object" || child === null) continue;
      if (Array.isArray(child)) {
        for (const one of child) if (one !== null) this.#visit(one as AnyNode);
      } else if (typeof (child as AnyNode).type === "string") {
        this.#visit(child as AnyNode);
      }
    }
  }

  #sloppyThis(node: AnyNode): void {
    this.#visitor.onSloppyThis?.(node, node === this.#thisAfterNew);
  }

  #call(node: AnyNode): void {
    const callee = (node["callee"] ?? node["tag"]) as AnyNode;
    if (callee.type === "Identifier") {
      if (callee["name"] === "eval" && node.type === "CallExpression") {
        this.#hasEval = true;
        if (!this.#strict) this.#functionScope().hasEval = true;
      }
      const begins = callee.start === this.#statementStart;
      this.#refer(callee, begins ? CALLED | STATEMENT : CALLED);
    } else if (callee.type === "FunctionExpression") {
      this.#function(callee, true);
    } else {
      this.#visit(callee);
    }
    if (node["quasi"]) this.#visit(node["quasi"]);
    const handler = rejectionHandler(callee, node["arguments"]);
    if (handler !== undefined) {
      this.#visitor.onRejectionHandler?.(handler["body"], handler["params"][0].name);
    }
    for (const argument of node["arguments"] ?? []) this.#visit(argument);
  }

  #function(node: AnyNode, isCalled = false): void {
    const strict = this.#strict;
    const outerThis = this.#this;
    const isArrow = node.type === "ArrowFunctionExpression";
    const body = node["body"] as AnyNode;
    if (!strict && body.type === "BlockStatement") this.#strict = isStrict(body["body"]);
    const { names } = this.#enter(true);
    this.#functions++;
    if (!isArrow) {
      names.add("arguments");
      this.#this = this.#strict ? NO_THIS : isCalled ? IMMEDIATE_THIS : SLOPPY_THIS;
      if (node.type === "FunctionExpression" && node["id"]) names.add(node["id"].name);
    }
    for (const parameter of node["params"]) this.#pattern(parameter, 1);
    if (body.type === "BlockStatement") this.#list(body["body"]);
    else this.#visit(body);
    this.#functions--;
    this.#leave();
    this.#strict = strict;
    this.#this = outerThis;
  }

  #class(node: AnyNode): void {
    const strict = this.#strict;
    const outerThis = this.#this;
    this.#strict = true;
    const { names } = this.#enter(false);
    if (node["id"]) names.add(node["id"].name);
    for (const decorator of node["decorators"] ?? []) this.#visit(decorator);
    this.#visit(node["superClass"]);
    for (const member of node["body"].body as AnyNode[]) {
      if (member["computed"]) this.#visit(member["key"]);
      if (member.type === "StaticBlock") {
        this.#enter(true);
        this.#functions++;
        this.#this = NO_THIS;
        this.#list(member["body"]);
        this.#functions--;
        this.#this = outerThis;
        this.#leave();
      } else if (member.type === "MethodDefinition") {
        this.#visit(member["value"]);
      } else {
        // A field is initialized in a function of its own.
        this.#functions++;
        this.#this = NO_THIS;
        this.#visit(member["value"]);
        this.#functions--;
        this.#this = outerThis;
      }
    }
    this.#leave();
    this.#strict = strict;
    this.#this = outerThis;
  }

  #declare(name: string, isVariable: boolean): void {
    this.#scope.names.add(name);
    if (isVariable) this.#functionScope().names.add(name);
  }

  #functionScope(): Scope {
    let scope = this.#scope;
    while (!scope.isFunction) scope = scope.parent as Scope;
    return scope;
  }

  /**
   * A pattern that is assigned to (0), or declared: in this scope (1), or in the function's (2).
   */
  #pattern(node: AnyNode, how: 0 | 1 | 2): void {
    switch (node.type) {
      case "Identifier":
        if (how === 0) this.#refer(node, WRITTEN);
        else this.#declare(node["name"], how === 2);
        return;
      case "ObjectPattern":
        for (const property of node["properties"] as AnyNode[]) {
          if (property.type === "RestElement") {
            this.#pattern(property["argument"], how);
            continue;
          }
          if (property["computed"]) this.#visit(property["key"]);
          if (property["shorthand"] && how === 0) this.#shorthand(property["value"]);
          else this.#pattern(property["value"], how);
        }
        return;
      case "ArrayPattern":
        for (const element of node["elements"]) if (element) this.#pattern(element, how);
        return;
      case "AssignmentPattern":
        this.#pattern(node["left"], how);
        return this.#visit(node["right"]);
      case "RestElement":
        return this.#pattern(node["argument"], how);
      default:
        return this.#visit(node);
    }
  }

  #shorthand(value: AnyNode): void {
    if (value.type === "AssignmentPattern") {
      this.#refer(value["left"], WRITTEN | SHORTHAND);
      this.#visit(value["right"]);
    } else this.#refer(value, WRITTEN | SHORTHAND);
  }
}

/** Returns the `this` that a chain of member accesses begins with, if it does. */
function firstThis(chain: AnyNode): AnyNode | undefined {
  let at = chain;
  while (at.type === "MemberExpression") at = at["object"];
  return at.type === "ThisExpression" ? at : undefined;
}

/** Returns the function that a call gives a promise for its rejection, if it names what it gets. */
function rejectionHandler(callee: AnyNode, given: readonly AnyNode[] = []): AnyNode | undefined {
  if (callee.type !== "MemberExpression" || callee["computed"]) return undefined;
  const method = callee["property"].name as string;
  const handler = method === "catch" ? given[0] : method === "then" ? given[1] : undefined;
  if (!handler?.type.endsWith("FunctionExpression")) return undefined;
  if (handler["params"][0]?.type !== "Identifier") return undefined;
  // Nothing can be put before a directive.
  return handler["body"].body?.[0]?.directive === undefined ? handler : undefined;
}

function isStrict(body: readonly AnyNode[]): boolean {
  for (const { directive } of body as readonly { directive?: string }[]) {
    if (directive === undefined) return false;
    if (directive === "use strict") return true;
  }
  return false;
}

/** Returns whether a member access is `object.stackTraceLimit`, or the same with a quoted name. */
function isTraceLimit({ object, property, computed }: AnyNode): boolean {
  if (object.type === "Super") return false;
  return (computed ? property.value : property.name) === "stackTraceLimit";
}

/** Returns `Owner` of `Owner.prototype[computed] = ...`. */
function prototypeOwner({ operator, left }: AnyNode): string | undefined {
  if (operator !== "=" || left.type !== "MemberExpression" || !left.computed) return undefined;
  const { object } = left as { object: AnyNode };
  if (object.type !== "MemberExpression" || object["computed"]) return undefined;
  const isPrototype = object["property"].name === "prototype";
  return isPrototype && object["object"].type === "Identifier" ? object["object"].name : undefined;
}

/** Lua's expressions and scopes; the statements are in `compiler.ts`. */
import { binary, type Expression, simple } from "./expression.ts";
import { Lexer, type Token } from "./lexer.ts";

const UNARY = 8;
const DEPTH_MAX = 190;

interface FunctionState {
  readonly varargs: boolean;
  readonly temporaries: string[];
}

export abstract class ExpressionCompiler {
  protected token: Token;
  #ahead: Token | undefined;
  readonly #lexer: Lexer;
  #scopes: Map<string, string>[] = [];
  #functions: FunctionState[] = [];
  #names = 0;
  #depth = 0;

  constructor(source: string, name: string) {
    this.#lexer = new Lexer(source, name);
    this.token = this.#lexer.next();
  }

  protected abstract block(): string;
  protected abstract outsideLoops<T>(work: () => T): T;

  protected advance(): void {
    this.token = this.#ahead ?? this.#lexer.next();
    this.#ahead = undefined;
  }

  #peek(): Token {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead;
  }

  protected accept(kind: string): boolean {
    if (this.token.kind !== kind) return false;
    this.advance();
    return true;
  }

  protected expect(kind: string, open?: Token): void {
    if (this.accept(kind)) return;
    const opened =
      open && open.line !== this.token.line
        ? ` (to close '${open.text}' at line ${open.line})`
        : "";
    this.unexpected(`'${kind}' expected${opened}`);
  }

  protected fail(message: string): never {
    return this.#lexer.fail(message, this.token.text);
  }

  protected unexpected(message: string): never {
    this.#lexer.line = this.token.line;
    return this.#lexer.fail(message, this.token.text);
  }

  protected name(): string {
    const { text } = this.token;
    if (this.token.kind !== "name") this.unexpected("<name> expected");
    this.advance();
    return text;
  }

  protected openScope(): void {
    this.#scopes.push(new Map());
  }

  protected closeScope(): void {
    this.#scopes.pop();
  }

  /** A JavaScript name that nothing else has. */
  protected fresh(hint: string): string {
    return `${hint}_${this.#names++}`;
  }

  protected declare(name: string): string {
    const unique = this.fresh(name);
    this.#scopes[this.#scopes.length - 1]?.set(name, unique);
    return unique;
  }

  #temporary(): string {
    const name = this.fresh("t");
    this.#functions[this.#functions.length - 1]?.temporaries.push(name);
    return name;
  }

  protected variable(name: string): Expression {
    for (let at = this.#scopes.length - 1; at >= 0; at--) {
      const local = this.#scopes[at]?.get(name);
      if (local !== undefined) {
        return {
          ...simple(local, false, `local '${name}'`),
          assignable: true,
          assign: (value) => `${local}=${value}`,
        };
      }
    }
    const quoted = JSON.stringify(name);
    return {
      ...simple(`gget(${quoted})`, false, `global '${name}'`),
      assignable: true,
      assign: (value) => `gput(${quoted},${value})`,
    };
  }

  protected field(object: Expression, name: string): Expression {
    return this.#indexed(object, JSON.stringify(name), `field '${name}'`);
  }

  #indexed(object: Expression, key: string, label: string): Expression {
    const shown = JSON.stringify(object.label);
    return {
      ...simple(`index(${object.code},${key},${shown})`, false, label),
      assignable: true,
      assign: (value) => `put(${object.code},${key},${value},${shown})`,
    };
  }

  protected expressionList(): Expression[] {
    const list = [this.expression()];
    while (this.accept(",")) list.push(this.expression());
    return list;
  }

  /** The elements of an array or argument list: the last expression gives all of its values. */
  protected spread(list: readonly Expression[]): string {
    return list
      .map((one, at) =>
        at === list.length - 1 && one.many ? `...all(${one.manyCode()})` : one.code,
      )
      .join(",");
  }

  protected condition(): string {
    const test = this.expression();
    return test.boolean ? test.code : `T(${test.code})`;
  }

  protected expression(limit = 0): Expression {
    if (++this.#depth > DEPTH_MAX) this.fail("chunk has too many syntax levels");
    let left = this.#unary();
    for (;;) {
      const op = this.token.kind;
      const strength = Object.hasOwn(binary, op) ? binary[op] : undefined;
      if (strength === undefined || strength[0] <= limit) break;
      this.advance();
      left = this.#combine(op, left, this.expression(strength[1]), strength[2]);
    }
    this.#depth--;
    return left;
  }

  #combine(op: string, a: Expression, b: Expression, name: string): Expression {
    if (op === "and" || op === "or") {
      if (a.boolean && b.boolean) {
        return simple(`(${a.code}${op === "and" ? "&&" : "||"}${b.code})`, true);
      }
      const t = this.#temporary();
      const test = `T(${t}=${a.code})`;
      return simple(op === "and" ? `(${test}?${b.code}:${t})` : `(${test}?${t}:${b.code})`);
    }
    if (op === "==") return simple(`eq(${a.code},${b.code})`, true);
    if (op === "~=") return simple(`!eq(${a.code},${b.code})`, true);
    if (op === ">" || op === ">=") {
      // Lua evaluates the left operand first, so the operands keep their places and the test is mirrored.
      const [s, t] = [this.#temporary(), this.#temporary()];
      return simple(`(${s}=${a.code},${t}=${b.code},${name}(${t},${s}))`, true);
    }
    if (op === "<" || op === "<=") return simple(`${name}(${a.code},${b.code})`, true);
    const labels =
      a.label || b.label ? `,${JSON.stringify(a.label)},${JSON.stringify(b.label)}` : "";
    return simple(`${name}(${a.code},${b.code}${labels})`);
  }

  #unary(): Expression {
    const op = this.token.kind;
    if (op !== "not" && op !== "-" && op !== "#") return this.#primary();
    this.advance();
    const operand = this.expression(UNARY);
    if (op === "not")
      return simple(operand.boolean ? `!${operand.code}` : `!T(${operand.code})`, true);
    const label = operand.label ? `,${JSON.stringify(operand.label)}` : "";
    return simple(`${op === "-" ? "unm" : "len"}(${operand.code}${label})`);
  }

  #primary(): Expression {
    const { token } = this;
    switch (token.kind) {
      case "number": {
        this.advance();
        return simple(token.value === Infinity ? "Infinity" : String(token.value));
      }
      case "string":
        this.advance();
        return simple(JSON.stringify(token.value));
      case "nil":
        this.advance();
        return simple("undefined");
      case "true":
      case "false":
        this.advance();
        return simple(token.kind, true);
      case "...":
        if (!this.#functions[this.#functions.length - 1]?.varargs) {
          this.fail("cannot use '...' outside a vararg function");
        }
        this.advance();
        return { ...simple("va[0]"), many: true, manyCode: () => "va" };
      case "{":
        return this.#table();
      case "function":
        this.advance();
        return simple(this.functionTail(false));
      default:
        return this.suffixed();
    }
  }

  /** A name or a parenthesis, then any fields, indexes and calls. */
  protected suffixed(): Expression {
    const open = this.token;
    let left: Expression;
    if (this.accept("(")) {
      // Parentheses cut several values down to one, and what is in them cannot be assigned to.
      const inner = this.expression();
      left = { ...simple(inner.code, inner.boolean) };
      this.expect(")", open);
    } else if (open.kind === "name") {
      left = this.variable(this.name());
    } else {
      this.unexpected("unexpected symbol");
    }
    for (;;) {
      const { kind } = this.token;
      if (kind === ".") {
        this.advance();
        left = this.field(left, this.name());
      } else if (kind === "[") {
        this.advance();
        const key = this.expression();
        this.expect("]");
        left = this.#indexed(left, key.code, "field '?'");
      } else if (kind === ":") {
        this.advance();
        left = this.#method(left, this.name());
      } else if (kind === "(" || kind === "string" || kind === "{") {
        left = this.#call(left.code, left.label, "", this.token.line);
      } else {
        return left;
      }
    }
  }

  #method(object: Expression, name: string): Expression {
    const self = this.#temporary();
    const quoted = JSON.stringify(name);
    const shown = JSON.stringify(object.label);
    const target = `index(${self}=${object.code},${quoted},${shown})`;
    return this.#call(target, `method '${name}'`, self, this.token.line);
  }

  #call(target: string, label: string, self: string, line: number): Expression {
    const args = this.#arguments();
    const given = [self, this.spread(args)].filter((part) => part !== "").join(",");
    const code = `fn(${target},${JSON.stringify(label)})(${given})`;
    // Errors tell the line of the caller: a call that has calls among its arguments sets it again.
    const nested = given.includes("fn(");
    const t = nested ? this.#temporary() : "";
    const many = nested
      ? `(${t}=fn(${target},${JSON.stringify(label)}),${this.#lineLast(t, given, line)})`
      : code;
    const after = this.#temporary();
    return {
      ...simple(`(${after}=first(${many}),L.n=${line},${after})`),
      many: true,
      call: true,
      manyCode: () => many,
    };
  }

  #lineLast(target: string, given: string, line: number): string {
    const list = this.#temporary();
    return `(${list}=[${given}],L.n=${line},${target}(...${list}))`;
  }

  #arguments(): Expression[] {
    const { token } = this;
    if (token.kind === "string") {
      this.advance();
      return [simple(JSON.stringify(token.value))];
    }
    if (token.kind === "{") return [this.#table()];
    this.expect("(");
    if (this.accept(")")) return [];
    const list = this.expressionList();
    this.expect(")", token);
    return list;
  }

  #table(): Expression {
    const open = this.token;
    this.expect("{");
    const listed: Expression[] = [];
    const keyed: string[] = [];
    while (this.token.kind !== "}") {
      if (this.accept("[")) {
        const key = this.expression().code;
        this.expect("]");
        this.expect("=");
        keyed.push(key, this.expression().code);
      } else if (this.token.kind === "name" && this.#peek().kind === "=") {
        keyed.push(JSON.stringify(this.name()));
        this.expect("=");
        keyed.push(this.expression().code);
      } else {
        listed.push(this.expression());
      }
      if (!this.accept(",") && !this.accept(";")) break;
    }
    this.expect("}", open);
    return simple(`table([${this.spread(listed)}],[${keyed.join(",")}])`);
  }

  /** The parameters and body of a function, after its name. */
  protected functionTail(method: boolean): string {
    const open = this.token;
    this.expect("(");
    const names = method ? ["self"] : [];
    let varargs = false;
    while (this.token.kind !== ")") {
      if (this.accept("...")) {
        varargs = true;
        break;
      }
      names.push(this.name());
      if (!this.accept(",")) break;
    }
    this.expect(")", open);
    return this.functionBody(names, varargs, () => {
      const code = this.block();
      this.expect("end", open);
      return code;
    });
  }

  protected functionBody(names: string[], varargs: boolean, body: () => string): string {
    const state: FunctionState = { varargs, temporaries: [] };
    this.#functions.push(state);
    this.openScope();
    const parameters = names.map((name) => this.declare(name));
    if (varargs) parameters.push("...va");
    const code = this.outsideLoops(body);
    this.closeScope();
    this.#functions.pop();
    const temporaries = state.temporaries.length > 0 ? `let ${state.temporaries.join(",")};` : "";
    return `(function(${parameters.join(",")}){${temporaries}${code}return N;})`;
  }
}

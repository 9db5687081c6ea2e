/**
 * Compiles Lua 5.1 to JavaScript source, in one pass over the tokens.
 *
 * Why not an interpreter from npm: Redis's scripts are Lua 5.1, where every number is a double. Fengari is
 * Lua 5.3 with 32-bit integers (`"1700000000" * 1000` is negative there) and wasmoon is Lua 5.4, where
 * `tostring(10 / 2)` is "5.0". Compiled code also starts faster than either and calls back without a bridge.
 *
 * A Lua local becomes a `let` of its own name and number, so JavaScript's scopes do the work of Lua's,
 * captured loop variables included. Everything that can fail or meet a metatable is a call of the runtime.
 */
import { ExpressionCompiler } from "./expressions.ts";
import type { Token } from "./lexer.ts";

const blockEnds = new Set(["eof", "end", "else", "elseif", "until"]);

/** Compiles a chunk to the body of a JavaScript function with the parameter `R`, the runtime. */
export function compileLua(source: string, name: string): string {
  return new Compiler(source, name).chunk();
}

class Compiler extends ExpressionCompiler {
  #loops = 0;

  chunk(): string {
    const body = this.functionBody([], true, () => {
      const code = this.block();
      if (this.token.kind !== "eof") this.unexpected("'<eof>' expected");
      return code;
    });
    return `"use strict";const {T,N,first,all,add,sub,mul,div,mod,pow,unm,concat,len,eq,lt,le,index,put,fn,gget,gput,table,step,pairs,num}=R,L=R.L;return ${body}`;
  }

  protected override block(): string {
    this.openScope();
    const code = this.#statements();
    this.closeScope();
    return code;
  }

  /** Statements up to the end of the block; the caller opened its scope. */
  #statements(): string {
    let out = "";
    while (!blockEnds.has(this.token.kind)) {
      if (this.token.kind === "return") return out + this.#return();
      if (this.accept("break")) {
        if (this.#loops === 0) this.fail("no loop to break");
        this.accept(";");
        return `${out}break;`;
      }
      out += this.#statement();
      this.accept(";");
    }
    return out;
  }

  protected override outsideLoops<T>(work: () => T): T {
    const loops = this.#loops;
    this.#loops = 0;
    const result = work();
    this.#loops = loops;
    return result;
  }

  #loopBody(work: () => string): string {
    this.#loops++;
    const code = work();
    this.#loops--;
    return code;
  }

  #return(): string {
    const { line } = this.token;
    this.advance();
    let code = "N";
    if (!blockEnds.has(this.token.kind) && this.token.kind !== ";") {
      const list = this.expressionList();
      const [only] = list;
      if (list.length === 1 && only) code = only.many ? only.manyCode() : only.code;
      else code = `[${this.spread(list)}]`;
    }
    this.accept(";");
    if (!blockEnds.has(this.token.kind)) this.unexpected("'<eof>' expected");
    return `L.n=${line};return ${code};`;
  }

  #statement(): string {
    const { token } = this;
    const mark = `L.n=${token.line};`;
    switch (token.kind) {
      case "local":
        this.advance();
        return mark + (this.accept("function") ? this.#localFunction() : this.#local());
      case "if":
        return mark + this.#if();
      case "while":
        return mark + this.#while();
      case "for":
        return mark + this.#for();
      case "repeat":
        return this.#repeat();
      case "do": {
        this.advance();
        const body = this.block();
        this.expect("end", token);
        return `{${body}}`;
      }
      case "function":
        return mark + this.#function();
      default:
        return mark + this.#callOrAssign();
    }
  }

  #local(): string {
    const names = [this.name()];
    while (this.accept(",")) names.push(this.name());
    const values = this.accept("=") ? this.expressionList() : [];
    if (names.length === 1 && values.length === 1) {
      const code = (values[0] as { code: string }).code;
      return `let ${this.declare(names[0] as string)}=${code};`;
    }
    if (values.length === 0) {
      return `let ${names.map((name) => this.declare(name)).join(",")};`;
    }
    // The values are all evaluated before the names come into scope.
    const list = this.spread(values);
    return `let [${names.map((name) => this.declare(name)).join(",")}]=[${list}];`;
  }

  #localFunction(): string {
    const name = this.declare(this.name());
    return `let ${name};${name}=${this.functionTail(false)};`;
  }

  #function(): string {
    this.advance();
    const given = this.name();
    let target = this.variable(given);
    let method = false;
    while (this.token.kind === "." || this.token.kind === ":") {
      method = this.token.kind === ":";
      this.advance();
      target = this.field(target, this.name());
      if (method) break;
    }
    return `${target.assign(this.functionTail(method))};`;
  }

  #if(): string {
    const open = this.token;
    this.advance();
    let out = `if(${this.condition()}){`;
    this.expect("then");
    out += `${this.block()}}`;
    for (;;) {
      if (this.accept("elseif")) {
        out += `else if(${this.condition()}){`;
        this.expect("then");
        out += `${this.block()}}`;
      } else if (this.accept("else")) {
        out += `else{${this.block()}}`;
        this.expect("end", open);
        return out;
      } else {
        this.expect("end", open);
        return out;
      }
    }
  }

  #while(): string {
    const open = this.token;
    this.advance();
    const condition = this.condition();
    this.expect("do");
    const body = this.#loopBody(() => this.block());
    this.expect("end", open);
    return `while(${condition}){step();${body}}`;
  }

  #repeat(): string {
    const open = this.token;
    this.advance();
    // The condition sees the locals of the body, so both share one scope.
    this.openScope();
    const body = this.#loopBody(() => this.#statements());
    this.expect("until", open);
    const condition = this.condition();
    this.closeScope();
    return `for(;;){step();${body}if(${condition})break;}`;
  }

  #for(): string {
    const open = this.token;
    this.advance();
    const names = [this.name()];
    if (this.accept("=")) return this.#numericFor(names[0] as string, open);
    while (this.accept(",")) names.push(this.name());
    this.expect("in");
    const list = this.expressionList();
    this.expect("do");
    const iterator = this.fresh("it");
    const one = this.fresh("v");
    this.openScope();
    const locals = names.map((name) => this.declare(name));
    const body = this.#loopBody(() => this.block());
    this.closeScope();
    this.expect("end", open);
    const [first, ...others] = locals;
    const rest = others.map((name, at) => `,${name}=${one}[${at + 1}]`).join("");
    return `for(const ${iterator}=pairs([${this.spread(list)}],${open.line});;){step();const ${one}=${iterator}();if(${one}===undefined)break;let ${first}=${one}[0]${rest};${body}}`;
  }

  #numericFor(given: string, open: Token): string {
    const from = this.expression().code;
    this.expect(",");
    const to = this.expression().code;
    const by = this.accept(",") ? this.expression().code : "1";
    this.expect("do");
    const [i, limit, step] = [this.fresh("i"), this.fresh("to"), this.fresh("by")];
    this.openScope();
    const name = this.declare(given);
    const body = this.#loopBody(() => this.block());
    this.closeScope();
    this.expect("end", open);
    const head = `let ${i}=num(${from},"initial"),${limit}=num(${to},"limit"),${step}=num(${by},"step")`;
    return `for(${head};${step}>0?${i}<=${limit}:${i}>=${limit};${i}+=${step}){step();let ${name}=${i};${body}}`;
  }

  #callOrAssign(): string {
    const target = this.suffixed();
    if (this.token.kind !== "=" && this.token.kind !== ",") {
      if (!target.call) this.unexpected("syntax error");
      return `${target.manyCode()};`;
    }
    const targets = [target];
    while (this.accept(",")) targets.push(this.suffixed());
    for (const one of targets) if (!one.assignable) this.unexpected("syntax error");
    this.expect("=");
    const values = this.expressionList();
    if (targets.length === 1 && values.length === 1) {
      return `${target.assign((values[0] as { code: string }).code)};`;
    }
    const temporary = this.fresh("a");
    const assigned = targets.map((one, at) => `${one.assign(`${temporary}[${at}]`)};`).reverse();
    return `{const ${temporary}=[${this.spread(values)}];${assigned.join("")}}`;
  }
}

/**
 * The shell of a simulated host, as far as scripts of `child_process` need one: commands with `&&`,
 * `||`, `;` and pipes, redirections, quotes and variables. A line is parsed here, and run by a
 * small program generated for it.
 */
import { LightconeError } from "../base/errors.ts";

/** A piece of a word: literal text, or a variable's name. */
export type Piece = { readonly text: string } | { readonly variable: string; quoted: boolean };

/** A word: pieces that are concatenated. */
export type Word = readonly Piece[];

/** `2>&1`, `> file`. */
export interface Redirection {
  readonly fd: number;
  readonly kind: "<" | ">" | ">>" | ">&";
  readonly target: Word;
}

/** One command with its assignments. */
export interface SimpleCommand {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** Commands joined by pipes, and the condition on the commands before them. */
export interface Pipeline {
  readonly after: ";" | "&&" | "||";
  readonly commands: readonly SimpleCommand[];
}

function refuse(what: string, line: string): never {
  throw new LightconeError(
    "LC_NOT_SIMULATED",
    `a shell's ${what} is not simulated: ${JSON.stringify(line)}`,
    "Shells of simulated hosts know commands with quotes, variables, pipes, redirections, &&, || and ;.",
  );
}

/** Parses a line. Throws `LC_NOT_SIMULATED` for syntax that needs a real shell. */
export function parseShell(line: string): Pipeline[] {
  return new Parser(line).parse();
}

class Parser {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  parse(): Pipeline[] {
    const out: Pipeline[] = [];
    let after: Pipeline["after"] = ";";
    for (;;) {
      const commands = [this.#command()];
      while (this.#take(/^\|(?!\|)/)) commands.push(this.#command());
      if (commands.some(({ words, assignments }) => words.length + assignments.length > 0)) {
        out.push({ after, commands });
      }
      const operator = this.#take(/^(?:&&|\|\||;|\n)/);
      if (operator === undefined) break;
      after = operator === "&&" || operator === "||" ? operator : ";";
    }
    if (this.#at < this.#line.length) this.#refuseHere();
    return out;
  }

  #refuseHere(): never {
    const next = this.#line[this.#at] ?? "";
    const names: Record<string, string> = {
      "&": "background command",
      "(": "subshell",
      "`": "command substitution",
    };
    return refuse(names[next] ?? `"${next}"`, this.#line);
  }

  #take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#line.slice(this.#at));
    if (!found) return undefined;
    this.#at += found[0].length;
    return found[0];
  }

  #blanks(): void {
    this.#take(/^(?:[ \t]|\\\n)+/);
    if (this.#line[this.#at] === "#") this.#take(/^[^\n]*/);
  }

  #command(): SimpleCommand {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      this.#blanks();
      const redirection = this.#take(/^\d?(?:>>|>&|>|<(?!<))/);
      if (redirection !== undefined) {
        redirections.push(this.#redirection(redirection));
        continue;
      }
      const assignment = words.length === 0 ? this.#take(/^[A-Za-z_]\w*=/) : undefined;
      const word = this.#word();
      if (assignment !== undefined) {
        assignments.push({ name: assignment.slice(0, -1), value: word ?? [] });
      } else if (word !== undefined) words.push(word);
      else break;
    }
    return { assignments, words, redirections };
  }

  #redirection(operator: string): Redirection {
    const digit = /^\d/.exec(operator)?.[0];
    const kind = operator.replace(/^\d/, "") as Redirection["kind"];
    this.#blanks();
    const target = this.#word();
    if (target === undefined) this.#refuseHere();
    return { fd: digit === undefined ? (kind === "<" ? 0 : 1) : Number(digit), kind, target };
  }

  #word(): Word | undefined {
    const pieces: Piece[] = [];
    for (;;) {
      const single = this.#take(/^'[^']*'/);
      if (single !== undefined) {
        pieces.push({ text: single.slice(1, -1) });
      } else if (this.#line[this.#at] === '"') {
        this.#at++;
        this.#quoted(pieces);
      } else if (!this.#plain(pieces)) break;
    }
    return pieces.length > 0 ? pieces : undefined;
  }

  #quoted(pieces: Piece[]): void {
    pieces.push({ text: "" });
    while (this.#line[this.#at] !== '"') {
      if (this.#at >= this.#line.length) refuse("quote without an end", this.#line);
      const part = this.#take(/^(?:[^"\\$`]|\\[^$`"\\\n])+/);
      if (part !== undefined) pieces.push({ text: part });
      else if (this.#take(/^\\\n/) === undefined && !this.#special(pieces, true))
        this.#refuseHere();
    }
    this.#at++;
  }

  #plain(pieces: Piece[]): boolean {
    const part = this.#take(/^[^\s'"|&;<>()`\\$]+/);
    if (part === undefined) return this.#special(pieces, false);
    if (/[*?[]/.test(part) && part !== "[" && !part.includes("="))
      refuse("pattern of file names", this.#line);
    pieces.push({ text: part });
    return true;
  }

  /** Parses a backslash or a variable. */
  #special(pieces: Piece[], quoted: boolean): boolean {
    const escaped = this.#take(/^\\[^\n]/);
    if (escaped !== undefined) {
      pieces.push({ text: escaped.slice(1) });
      return true;
    }
    const variable = this.#take(/^\$(?:\{\w+\}|\w+|\?|\$)/);
    if (variable !== undefined) {
      pieces.push({ variable: variable.replace(/[${}]/g, "") || "$", quoted });
      return true;
    }
    if (this.#line.startsWith("$(", this.#at)) refuse("command substitution", this.#line);
    const dollar = this.#take(/^\$/);
    if (dollar !== undefined) pieces.push({ text: "$" });
    return dollar !== undefined;
  }
}

/** Returns the program that runs a parsed line. */
export function shellProgram(pipelines: readonly Pipeline[]): string {
  return `const line = ${JSON.stringify(pipelines)};\n${RUNNER}`;
}

const RUNNER = `
const { spawn } = require("child_process"), fs = require("fs"), os = require("os");
const { PassThrough } = require("stream");
let status = 0;
const value = (name) => name === "?" ? String(status) : name === "$" ? String(process.pid) : process.env[name] ?? "";
const whole = (word) => word.map((piece) => "text" in piece ? piece.text : value(piece.variable)).join("");
// A variable that is not quoted falls into words.
const words = (word) => {
  if (word.every((piece) => "text" in piece || piece.quoted)) return [whole(word)];
  return whole(word).split(/[ \\t\\n]+/).filter((one) => one !== "");
};
const complain = (text) => process.stderr.write("/bin/sh: 1: " + text + "\\n");
function own([name, ...args]) {
  if (name === "exit") process.exit(args.length > 0 ? Number(args[0]) : status);
  if (name === "cd") {
    try { process.chdir(args[0] ?? process.env.HOME ?? "/"); return 0; }
    catch { complain("cd: can't cd to " + args[0]); return 2; }
  }
  if (name === "export") {
    for (const arg of args) { const at = arg.indexOf("="); if (at > 0) process.env[arg.slice(0, at)] = arg.slice(at + 1); }
    return 0;
  }
  if (name === "exec") return undefined;
  if (name === "ulimit") { console.log(1048576); return 0; }
  return undefined;
}
function open(stdio, { fd, kind, target }) {
  const path = whole(target);
  if (kind === ">&") { const to = stdio[Number(path)]; stdio[fd] = to === undefined || to === "inherit" ? Number(path) : to; return undefined; }
  return (stdio[fd] = fs.openSync(path, kind === "<" ? "r" : kind === ">" ? "w" : "a"));
}
function joined(streams) {
  const all = new PassThrough();
  let open = streams.length;
  for (const stream of streams) stream.on("data", (some) => all.write(some)).on("end", () => --open === 0 && all.end());
  return all;
}
async function run(commands) {
  const started = [];
  let before;
  for (const [i, command] of commands.entries()) {
    const env = { ...process.env };
    for (const { name, value } of command.assignments) env[name] = whole(value);
    let argv = command.words.flatMap(words);
    if (argv[0] === "exec") argv = argv.slice(1);
    if (argv.length === 0) { if (commands.length === 1) Object.assign(process.env, env); started.push(0); continue; }
    const last = i === commands.length - 1;
    const stdio = [i === 0 ? "inherit" : "pipe", last ? "inherit" : "pipe", "inherit"];
    let files;
    try { files = command.redirections.map((one) => open(stdio, one)).filter((fd) => fd !== undefined); }
    catch (e) { complain("cannot open: " + e.message); started.push(2); continue; }
    const known = commands.length === 1 ? own(argv) : undefined;
    if (known !== undefined) { started.push(known); continue; }
    const child = spawn(argv[0], argv.slice(1), { stdio, env });
    for (const fd of files) fs.closeSync(fd);
    if (before && child.stdin) before.pipe(child.stdin).on("error", () => before.destroy());
    before = stdio[1] !== "pipe" ? undefined : stdio[2] !== "pipe" ? child.stdout : joined([child.stdout, child.stderr]);
    started.push(new Promise((done) => {
      child.on("error", () => { complain(argv[0] + ": not found"); done(127); });
      child.on("close", (code, signal) => done(signal ? 128 + os.constants.signals[signal] : code));
    }));
  }
  return (await Promise.all(started)).at(-1);
}
(async () => {
  for (const { after, commands } of line) {
    if ((after === "&&" && status !== 0) || (after === "||" && status === 0)) continue;
    status = await run(commands);
  }
  process.exitCode = status;
})();
`;

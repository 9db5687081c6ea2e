/**
 * Interprets a command of `child_process` on a simulated host, which has Node and a few other
 * commands, including a small shell, so that `exec` and `npm`-like scripts find what nearly all of
 * them use.
 */
import { resolve } from "node:path";
import { parse } from "acorn";
import { builtinCommands } from "./builtin-commands.ts";
import { parseShell, type Piece, shellProgram, type Word } from "./shell.ts";

/** The interpretation of a command. */
export type Command =
  | {
      readonly kind: "node";
      /** The name that a shell invokes it by. Absent if the caller determines it. */
      readonly argv0?: string;
      readonly execArgv: readonly string[];
      /** The script, as an absolute path. Without it and `source`, it is read from standard input. */
      readonly script?: string;
      readonly source?: string;
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "source";
      readonly name: string;
      readonly source: string;
      readonly env?: Readonly<Record<string, string>>;
    };

/** The path of Node on a simulated host. */
export const NODE_PATH = "/usr/local/bin/node";

const withValue = new Set([
  "-r",
  "--require",
  "--import",
  "-C",
  "--conditions",
  "--title",
  "--unhandled-rejections",
  "--env-file",
  "--env-file-if-exists",
]);

/** Returns Node's own path if `file` is a link to it, and `file` unchanged otherwise. */
export function programAt(file: string, cwd: string, realpath: (path: string) => string): string {
  if (!file.includes("/") || file === NODE_PATH) return file;
  try {
    return realpath(resolve(cwd, file)) === NODE_PATH ? NODE_PATH : file;
  } catch {
    return file;
  }
}

/**
 * Interprets `file` with `args` (without argv[0]). Returns `undefined` if there is no such program.
 */
export function understand(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Command | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (file === NODE_PATH || file === "node") return nodeCommand(args, cwd);
  if (name === "sh" || name === "bash") {
    const at = args.indexOf("-c");
    return at < 0 ? undefined : shell(args[at + 1] ?? "", env, cwd);
  }
  if (file.startsWith("/") && !file.startsWith("/bin/") && !file.startsWith("/usr/bin/")) {
    return undefined;
  }
  const builtin = Object.hasOwn(builtinCommands, name) ? builtinCommands[name] : undefined;
  return builtin ? { kind: "source", name, source: builtin(args) } : undefined;
}

/** Node's text for TLS versions that exclude each other, which end it with code 9. */
const TLS_CONFLICT = "either --tls-min-v1.3 or --tls-max-v1.2 can be used, not both";

const REJECTION_MODES = "strict,throw,none,warn,warn-with-error-code".split(",");

/** Returns why Node refuses to start with these flags, or `undefined`. */
function refusal(flags: readonly string[]): string | undefined {
  if (flags.includes("--tls-min-v1.3") && flags.includes("--tls-max-v1.2")) return TLS_CONFLICT;
  const name = "--unhandled-rejections";
  const mode = flags.findLast((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
  if (mode === undefined || REJECTION_MODES.includes(mode)) return undefined;
  return `invalid value for ${name}`;
}

/** Returns the command of Node, or of its refusal to start. */
function nodeCommand(args: readonly string[], cwd: string): Command {
  const command = startOf(args, cwd);
  const why = command.kind === "node" ? refusal(command.execArgv) : undefined;
  if (why === undefined) return command;
  const complaint = JSON.stringify(`node: ${why}\n`);
  const source = `process.stderr.write(${complaint}); process.exitCode = 9`;
  return { kind: "source", name: "node", source };
}

/** Returns a script that prints the value of `source`: evaluated code does not see the modules of `node -p`. */
function printing(source: string): string {
  return isExpression(source)
    ? `console.log((${source}\n))`
    : `console.log(eval(${JSON.stringify(source)}))`;
}

function isExpression(source: string): boolean {
  try {
    const [only, ...others] = parse(`(${source}\n)`, { ecmaVersion: "latest" }).body;
    return only?.type === "ExpressionStatement" && others.length === 0;
  } catch {
    return false;
  }
}

function startOf(args: readonly string[], cwd: string): Command {
  const execArgv: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "-e" || arg === "--eval" || arg === "-p" || arg === "--print" || arg === "-pe") {
      const source = args[i + 1] ?? "";
      return {
        kind: "node",
        execArgv: [...execArgv, arg, source],
        source: arg.includes("p") ? printing(source) : source,
        argv: args.slice(i + 2).filter((value, at) => at > 0 || value !== "--"),
      };
    }
    if (arg === "-v" || arg === "--version") {
      return { kind: "node", execArgv: [], source: "console.log(process.version)", argv: [] };
    }
    // `--` ends Node's own flags. The next argument is the script, even if it starts with a dash.
    if (arg === "-") return { kind: "node", execArgv, argv: args.slice(i) };
    const script = arg === "--" ? args[i + 1] : arg.startsWith("-") ? undefined : arg;
    if (script !== undefined) {
      const rest = args.slice(arg === "--" ? i + 2 : i + 1);
      return { kind: "node", execArgv, script: resolve(cwd, script), argv: rest };
    }
    execArgv.push(arg);
    if (withValue.has(arg)) execArgv.push(args[++i] ?? "");
  }
  // Without a script, Node runs what it reads from its standard input.
  return { kind: "node", execArgv, argv: [] };
}

/**
 * Interprets a shell's line. A single simple command replaces the shell, as with `sh`. Any other
 * line is run by a program.
 */
function shell(line: string, env: Readonly<Record<string, string>>, cwd: string): Command {
  const pipelines = parseShell(line);
  const [only] = pipelines;
  const command =
    pipelines.length === 1 && only?.commands.length === 1 ? only.commands[0] : undefined;
  const simple =
    command !== undefined &&
    command.redirections.length === 0 &&
    command.words.length > 0 &&
    [...command.words, ...command.assignments.map(({ value }) => value)].flat().every(isKnown);
  if (!simple) return { kind: "source", name: "sh", source: shellProgram(pipelines) };
  const valueOf = (word: Word): string =>
    word.map((piece) => ("text" in piece ? piece.text : (env[piece.variable] ?? ""))).join("");
  const own = Object.fromEntries(
    command.assignments.map(({ name, value }) => [name, valueOf(value)]),
  );
  const [file = "", ...args] = command.words.flatMap((word) => {
    const value = valueOf(word);
    const splits = word.some((piece) => "variable" in piece && !piece.quoted);
    return splits ? value.split(/[ \t\n]+/).filter((part) => part !== "") : [value];
  });
  const found = understand(file, args, { ...env, ...own }, cwd);
  if (!found) {
    const complaint = `/bin/sh: 1: ${file}: not found\n`;
    const source = `process.stderr.write(${JSON.stringify(complaint)}); process.exitCode = 127`;
    return { kind: "source", name: "sh", source };
  }
  const called = found.kind === "node" && { argv0: found.argv0 ?? file };
  return { ...found, ...called, env: { ...found.env, ...own } };
}

/** Returns whether a piece's value is known before the line runs. */
function isKnown(piece: Piece): boolean {
  return "text" in piece || /^\w+$/.test(piece.variable);
}

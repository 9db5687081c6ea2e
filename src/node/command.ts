/**
 * What a command of `child_process` means on a simulated host, where there is Node and little else: a
 * shell of a few words, so that `exec` and `npm`-like scripts find what nearly all of them use.
 */
import { resolve } from "node:path";

/** What a command turns out to be. */
export type Command =
  | {
      readonly kind: "node";
      readonly execArgv: readonly string[];
      /** The script, as an absolute path; absent with `source`. */
      readonly script?: string;
      readonly source?: string;
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "source"; readonly name: string; readonly source: string };

/** Where Node is on a simulated host. */
export const NODE_PATH = "/usr/local/bin/node";

const withValue = new Set(["-r", "--require", "--import", "-C", "--conditions", "--title"]);

/** Understands `file` with `args` (without argv[0]), or gives `undefined`: there is no such program. */
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
  const builtin = builtins[name];
  return builtin ? { kind: "source", name, source: builtin(args) } : undefined;
}

function nodeCommand(args: readonly string[], cwd: string): Command {
  const execArgv: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "-e" || arg === "--eval" || arg === "-p" || arg === "--print" || arg === "-pe") {
      const source = args[i + 1] ?? "";
      return {
        kind: "node",
        execArgv: [...execArgv, arg, source],
        source: arg.includes("p") ? `console.log(eval(${JSON.stringify(source)}))` : source,
        argv: args.slice(i + 2).filter((value, at) => at > 0 || value !== "--"),
      };
    }
    if (arg === "-v" || arg === "--version") {
      return { kind: "node", execArgv: [], source: "console.log(process.version)", argv: [] };
    }
    if (!arg.startsWith("-")) {
      return { kind: "node", execArgv, script: resolve(cwd, arg), argv: args.slice(i + 1) };
    }
    execArgv.push(arg);
    if (withValue.has(arg)) execArgv.push(args[++i] ?? "");
  }
  return { kind: "node", execArgv, source: "", argv: [] };
}

/** Commands that scripts use, written in JavaScript. */
const builtins: Record<string, (args: readonly string[]) => string> = {
  echo: (args) => `console.log(${JSON.stringify(args.join(" "))})`,
  true: () => "",
  false: () => "process.exitCode = 1",
  exit: ([code = "0"]) => `process.exitCode = ${Number(code)}`,
  pwd: () => "console.log(process.cwd())",
  cat: (args) =>
    args.length === 0
      ? "process.stdin.pipe(process.stdout)"
      : `for (const f of ${JSON.stringify(args)}) process.stdout.write(require("fs").readFileSync(f))`,
  ls: (args) =>
    `console.log(require("fs").readdirSync(${JSON.stringify(args.find((arg) => !arg.startsWith("-")) ?? ".")}).join("\\n"))`,
  sleep: ([seconds = "0"]) => `setTimeout(() => {}, ${Number(seconds) * 1000})`,
  printenv: () => "for (const k in process.env) console.log(k + '=' + process.env[k])",
  env: () => "for (const k in process.env) console.log(k + '=' + process.env[k])",
};

/** One simple command of a shell: assignments, words, quotes, variables. */
function shell(
  line: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
): Command | undefined {
  const words = split(line, env);
  if (!words) return undefined;
  const own: Record<string, string> = {};
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  if (first < 0) return undefined;
  for (const assignment of words.slice(0, first)) {
    const at = assignment.indexOf("=");
    own[assignment.slice(0, at)] = assignment.slice(at + 1);
  }
  const [file = "", ...args] = words.slice(first);
  const command = understand(file, args, env, cwd);
  if (!command) {
    const complaint = `/bin/sh: 1: ${file}: not found\n`;
    const source = `process.stderr.write(${JSON.stringify(complaint)}); process.exitCode = 127`;
    return { kind: "source", name: "sh", source };
  }
  return command.kind === "node" ? { ...command, env: own } : command;
}

/** The words of a line, or `undefined` where it needs a real shell. */
function split(line: string, env: Readonly<Record<string, string>>): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length;) {
    const rest = line.slice(i);
    const part =
      /^'([^']*)'/.exec(rest) ?? /^"((?:[^"\\]|\\.)*)"/.exec(rest) ?? /^(\s+)/.exec(rest);
    const plain = /^(?:[^\s'"|&;<>()`\\]|\\.)+/.exec(rest);
    if (part && /^\s/.test(part[0])) {
      if (word !== undefined) words.push(word);
      word = undefined;
      i += part[0].length;
    } else if (part) {
      const quoted = part[1] ?? "";
      const text = part[0].startsWith("'") ? quoted : expand(quoted, env);
      word = (word ?? "") + text;
      i += part[0].length;
    } else if (plain) {
      word = (word ?? "") + expand(plain[0], env);
      i += plain[0].length;
    } else {
      return undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text
    .replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced, bare) => env[(braced ?? bare) as string] ?? "")
    .replace(/\\(.)/g, "$1");
}

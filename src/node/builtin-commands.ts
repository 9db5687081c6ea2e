/**
 * Programs that scripts expect besides Node. Each is a small JavaScript program generated for its
 * arguments. They support the options that scripts use most; an unknown option is reported on
 * standard error.
 */

import { CLOCK_DEVICE } from "../sim/disk/index.ts";

/** Returns a command's program for its arguments. */
type Builtin = (args: readonly string[]) => string;

const text = (value: unknown): string => JSON.stringify(value);

/** Splits arguments into short options of one letter, long options, and the rest. */
function split(
  args: readonly string[],
  withValue = "",
): { flags: Map<string, string>; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith("--")) flags.set(arg, "");
    else if (arg.startsWith("-") && arg.length > 1) {
      for (let j = 1; j < arg.length; j++) {
        const flag = arg[j] as string;
        if (!withValue.includes(flag)) {
          flags.set(flag, "");
          continue;
        }
        flags.set(flag, j + 1 < arg.length ? arg.slice(j + 1) : (args[++i] ?? ""));
        break;
      }
    } else rest.push(arg);
  }
  return { flags, rest };
}

/**
 * Reads files or standard input, and prints what `body` computes from `lines` (and `input`): once
 * all input has arrived, or once `isEnough` is true for the input so far, `all`.
 */
function filter(files: readonly string[], body: string, isEnough = "false"): string {
  return `const fs = require("fs");
    const use = (input) => {
      const lines = input.split("\\n"); if (lines.at(-1) === "") lines.pop();
      const print = (some) => { for (const line of some) process.stdout.write(line + "\\n"); };
      ${body}
    };
    const files = ${text(files)};
    if (files.length > 0) use(files.map((file) => fs.readFileSync(file, "utf8")).join(""));
    else {
      let all = "";
      process.stdin.setEncoding("utf8").on("data", (some) => {
        all += some;
        if (${isEnough}) { use(all); process.exit(); }
      }).on("end", () => use(all));
    }`;
}

/** Performs an operation on files, and reports a failure as the command does. */
function files(name: string, body: string): string {
  return `const fs = require("fs"), path = require("path");
    try { ${body} } catch (e) {
      const why = e.code === "ENOENT" ? "No such file or directory" : e.code === "EEXIST" ? "File exists" : e.message;
      process.stderr.write(${text(name)} + ": " + (e.path ?? "") + ": " + why + "\\n"); process.exitCode = 1;
    }`;
}

/** If the target is a directory, the file is placed in it under its own name. */
const into = `const into = (from, to) => fs.statSync(to, { throwIfNoEntry: false })?.isDirectory() ? path.join(to, path.basename(from)) : to;`;

function grep(args: readonly string[]): string {
  const { flags, rest } = split(args, "em");
  const pattern = flags.get("e") ?? rest.shift() ?? "";
  const fixed = flags.has("F") ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : pattern;
  // In a basic expression these are ordinary characters, and special after a backslash.
  const swapped = (all: string, backslash: string, char: string): string =>
    backslash === "" ? `\\${char}` : char;
  const source =
    flags.has("E") || flags.has("P") || flags.has("F")
      ? fixed
      : fixed.replace(/(\\?)([+?(){}|])/g, swapped);
  return filter(
    rest,
    `const wanted = new RegExp(${text(source)}, ${text(flags.has("i") ? "i" : "")});
     const found = lines.filter((line) => wanted.test(line) !== ${flags.has("v")});
     if (${flags.has("c")}) print([found.length]); else if (!${flags.has("q")}) print(found);
     if (found.length === 0) process.exitCode = 1;`,
  );
}

function sed(args: readonly string[]): string {
  const { flags, rest } = split(args, "e");
  const script = flags.get("e") ?? rest.shift() ?? "";
  const parts = /^s(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gi]*)$/.exec(script);
  if (!parts) return unknown("sed", script);
  const [, , pattern = "", replacement = "", options = ""] = parts;
  const made = replacement
    .replace(/\$/g, "$$$$")
    .replace(/(?<!\\)&/g, "$$&")
    .replace(/\\(\d)/g, "$$$1");
  return filter(
    rest,
    `print(lines.map((line) => line.replace(new RegExp(${text(pattern)}, ${text(options)}), ${text(made)})));`,
  );
}

/** The error for an option that a simulated command does not support. */
function unknown(name: string, what: string): string {
  const complaint = `${name}: ${what} is not simulated (LC_NOT_SIMULATED)\n`;
  return `process.stderr.write(${text(complaint)}); process.exitCode = 2`;
}

function lineCount(args: readonly string[]): { count: number; bytes: boolean; files: string[] } {
  const plain = args.map((arg) => arg.replace(/^-(\d+)$/, "-n$1"));
  const { flags, rest } = split(plain, "nc");
  return {
    count: Number(flags.get("c") ?? flags.get("n") ?? 10),
    bytes: flags.has("c"),
    files: rest,
  };
}

function test(args: readonly string[]): string {
  const words = args.filter((arg, at) => at < args.length - 1 || arg !== "]");
  const not = words[0] === "!";
  const [a = "", b, c = ""] = not ? words.slice(1) : words;
  const stat = `require("fs").statSync(${text(b)}, { throwIfNoEntry: false })`;
  const checks: Record<string, string> = {
    "-e": `${stat} !== undefined`,
    "-f": `${stat}?.isFile() === true`,
    "-d": `${stat}?.isDirectory() === true`,
    "-s": `${stat}?.size > 0`,
    "-n": `${text(b)} !== ""`,
    "-z": `${text(b ?? "")} === ""`,
  };
  const compared: Record<string, boolean> = {
    "=": a === c,
    "==": a === c,
    "!=": a !== c,
    "-eq": Number(a) === Number(c),
    "-ne": Number(a) !== Number(c),
    "-lt": Number(a) < Number(c),
    "-gt": Number(a) > Number(c),
  };
  const holds =
    checks[a] ??
    (b === undefined ? `${a !== ""}` : compared[b] === undefined ? "" : `${compared[b]}`);
  if (holds === "") return unknown("test", words.join(" "));
  return `process.exitCode = (${holds}) !== ${not} ? 0 : 1`;
}

/** `date`, as far as daemons need it: prints seconds since 1970, or sets the clock (`-s @SECONDS`). */
function date(args: readonly string[]): string {
  const plain = args.map((arg) => arg.replace(/^--set=/, "-s"));
  const { flags, rest } = split(plain, "s");
  const set = flags.get("s");
  if (set === undefined) {
    const [format = ""] = rest;
    if (format === "+%s") return "console.log(Math.floor(Date.now() / 1000))";
    if (format === "+%s%N") return "console.log(Date.now() + '000000')";
    return format === "" ? "console.log(new Date().toUTCString())" : unknown("date", format);
  }
  const seconds = /^@(-?\d+(?:\.\d+)?)$/.exec(set)?.[1];
  if (seconds === undefined) return unknown("date", `-s ${set}`);
  return setClock(`set ${Number(seconds) * 1_000}`);
}

/** `adjtimex(8)`: the frequency in units of 2^-16 parts per million, and a slew in microseconds. */
function adjtimex(args: readonly string[]): string {
  const names: Readonly<Record<string, string>> = { "-f": "--frequency", "-s": "--singleshot" };
  let body = "";
  for (let at = 0; at < args.length; at += 2) {
    const [name = "", given] = (args[at] as string).split("=");
    const value = given ?? args[at + 1] ?? "";
    if (given !== undefined) at--;
    const option = names[name] ?? name;
    if (option === "--frequency") body += setClock(`frequency ${Number(value) / 65_536}`);
    else if (option === "--singleshot") body += setClock(`slew ${Number(value) * 1_000}`);
    else return unknown("adjtimex", name);
  }
  return body;
}

function setClock(what: string): string {
  return `require("fs").writeFileSync(${text(CLOCK_DEVICE)}, ${text(what)});`;
}

const print = (line: string): string => `console.log(${text(line)})`;
const printEnvironment = "for (const k in process.env) console.log(k + '=' + process.env[k])";

/** The commands, by name. */
export const builtinCommands: Readonly<Record<string, Builtin>> = {
  echo: (args) =>
    args[0] === "-n"
      ? `process.stdout.write(${text(args.slice(1).join(" "))})`
      : print(args.join(" ")),
  printf: ([format = "", ...args]) =>
    `process.stdout.write(require("util").format(${text(unescaped(format))}, ...${text(args)}))`,
  true: () => "",
  ":": () => "",
  false: () => "process.exitCode = 1",
  exit: ([code = "0"]) => `process.exitCode = ${Number(code)}`,
  pwd: () => "console.log(process.cwd())",
  cat: (args) =>
    args.length === 0 || args[0] === "-"
      ? "process.stdin.pipe(process.stdout)"
      : files("cat", `for (const f of ${text(args)}) process.stdout.write(fs.readFileSync(f));`),
  ls: (args) =>
    files("ls", `console.log(fs.readdirSync(${text(split(args).rest[0] ?? ".")}).join("\\n"));`),
  sleep: ([seconds = "0"]) => `setTimeout(() => {}, ${Number(seconds) * 1000})`,
  printenv: ([name]) =>
    name === undefined ? printEnvironment : `console.log(process.env[${text(name)}] ?? "")`,
  env: () => printEnvironment,
  grep,
  sed,
  head(args) {
    const { count, bytes, files: from } = lineCount(args);
    const body = bytes
      ? `process.stdout.write(input.slice(0, ${count}));`
      : `print(lines.slice(0, ${count}));`;
    // It reads no more of its input than it needs. The rest is left for other readers.
    const isEnough = bytes ? `all.length >= ${count}` : `all.split("\\n").length > ${count}`;
    return filter(from, body, isEnough);
  },
  tail(args) {
    const { count, files: from } = lineCount(args);
    return filter(from, `print(lines.slice(-${count}));`);
  },
  wc(args) {
    const { flags, rest } = split(args);
    const what = flags.has("c") ? "Buffer.byteLength(input)" : "lines.length";
    return filter(
      rest,
      `print([${flags.has("w") ? "input.split(/\\\\s+/).filter(Boolean).length" : what}]);`,
    );
  },
  sort(args) {
    const { flags, rest } = split(args);
    const order = flags.has("n") ? "(a, b) => a - b" : "";
    const reversed = flags.has("r") ? ".reverse()" : "";
    return filter(
      rest,
      `print(${flags.has("u") ? "[...new Set(lines)]" : "lines"}.sort(${order})${reversed});`,
    );
  },
  uniq: (args) => filter(args, "print(lines.filter((line, i) => line !== lines[i - 1]));"),
  tee: (args) =>
    `process.stdin.pipe(process.stdout); process.stdin.pipe(require("fs").createWriteStream(${text(args[0] ?? "/dev/null")}))`,
  touch: (args) =>
    files("touch", `for (const f of ${text(args)}) fs.closeSync(fs.openSync(f, "a"));`),
  mkdir(args) {
    const { flags, rest } = split(args);
    return files(
      "mkdir",
      `for (const d of ${text(rest)}) fs.mkdirSync(d, { recursive: ${flags.has("p")} });`,
    );
  },
  rm(args) {
    const { flags, rest } = split(args);
    const recursive = flags.has("r") || flags.has("R");
    return files(
      "rm",
      `for (const f of ${text(rest)}) fs.rmSync(f, { recursive: ${recursive}, force: ${flags.has("f")} });`,
    );
  },
  rmdir: (args) => files("rmdir", `for (const d of ${text(args)}) fs.rmdirSync(d);`),
  cp(args) {
    const [from, to] = split(args).rest;
    return files(
      "cp",
      `${into} fs.cpSync(${text(from)}, into(${text(from)}, ${text(to)}), { recursive: true });`,
    );
  },
  mv(args) {
    const [from, to] = split(args).rest;
    return files("mv", `${into} fs.renameSync(${text(from)}, into(${text(from)}, ${text(to)}));`);
  },
  test,
  "[": test,
  date,
  adjtimex,
  hostname: () => `console.log(require("os").hostname())`,
  whoami: () => print("root"),
  uname: ([flag]) => print(flag === "-m" ? "x86_64" : "Linux"),
  seq: ([from = "1", to = from]) =>
    `for (let i = ${Number(to === from ? "1" : from)}; i <= ${Number(to)}; i++) console.log(i)`,
  kill(args) {
    const signal = args.find((arg) => arg.startsWith("-"))?.slice(1) ?? "SIGTERM";
    const pids = args.filter((arg) => !arg.startsWith("-")).map(Number);
    const named = /^\d+$/.test(signal)
      ? signal
      : text(signal.startsWith("SIG") ? signal : `SIG${signal}`);
    return `for (const pid of ${text(pids)}) process.kill(pid, ${named})`;
  },
};

function unescaped(format: string): string {
  return format.replace(/\\n/g, "\n").replace(/\\t/g, "\t").replace(/\\\\/g, "\\");
}

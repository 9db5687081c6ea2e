/**
 * Which flags Node takes. The real binary says so: beside Node's own there are V8's, which no module lists. It is asked
 * only for flags that are not among the usual ones, since that starts a real process for a moment.
 */
import { spawnSync } from "node:child_process";

/** The real ones. During a run, the global name is the running process's. */
const { allowedNodeEnvironmentFlags, env, execPath } = globalThis.process;

/** Not allowed in NODE_OPTIONS, and known all the same. Those with a value take the next argument. */
const OTHERS = new Set(["-c", "--check", "-i", "--interactive", "--"]);
const OTHERS_WITH_VALUE = new Set(["-e", "--eval", "-p", "--print", "-pe"]);
const FILES = /^--env-file(?:-if-exists)?(?:=|$)/;
/** They are allowed, but not without a value. */
const WITH_VALUE = new Set(["-r", "--require", "--import", "-C", "--conditions", "--input-type"]);

const answers = new Map<string, string | undefined>();

/** Returns Node's complaint about flags that it refuses to start with: "bad option: --nope". */
export function complaintOf(execArgv: readonly string[]): string | undefined {
  const asked: string[] = [];
  let isUnusual = false;
  for (let at = 0; at < execArgv.length; at++) {
    const flag = execArgv[at] as string;
    const isFile = FILES.test(flag);
    if (isFile || OTHERS.has(flag) || OTHERS_WITH_VALUE.has(flag)) {
      if (OTHERS_WITH_VALUE.has(flag) || (isFile && !flag.includes("="))) at++;
      continue;
    }
    asked.push(flag);
    if (!flag.startsWith("-")) continue;
    const lacksValue = WITH_VALUE.has(flag) && execArgv[at + 1]?.startsWith("-") !== false;
    if (lacksValue || !allowedNodeEnvironmentFlags.has(flag)) isUnusual = true;
  }
  if (!isUnusual) return undefined;
  const key = asked.join("\0");
  if (!answers.has(key)) answers.set(key, ask(asked));
  return answers.get(key);
}

function ask(flags: readonly string[]): string | undefined {
  // It prints its version, and runs nothing.
  const { status, stderr } = spawnSync(execPath, [...flags, "--version"], {
    encoding: "utf8",
    env: { ...env, NODE_OPTIONS: "" },
  });
  if (status !== 9) return undefined;
  const line = stderr.slice(0, stderr.indexOf("\n") >>> 0);
  return line.startsWith(`${execPath}: `) ? line.slice(execPath.length + 2) : line;
}

/**
 * Metadata of commands, apart from their implementation. It is parsed from `command-lines.ts` on
 * first use.
 */
import { commandLines } from "./command-lines.ts";

/** The position of the first key among the arguments. */
export type KeyStart =
  | { readonly index: number }
  | { readonly keyword: string; readonly from: number }
  | undefined;

/** How the following keys are found. */
export type KeyRun =
  | { readonly last: number; readonly step: number; readonly limit: number }
  | { readonly countAt: number; readonly first: number; readonly step: number }
  | undefined;

/** One group of keys among the arguments of a command. */
export interface KeySpec {
  readonly flags: readonly string[];
  readonly start: KeyStart;
  readonly run: KeyRun;
}

export interface CommandFacts {
  /** Flags, named as in COMMAND INFO. */
  readonly flags: readonly string[];
  /** Categories of access control, without the `@`. */
  readonly categories: readonly string[];
  readonly tips: readonly string[];
  readonly keys: readonly KeySpec[];
  /** The version of Redis that introduced the command. */
  readonly since: string;
}

const flagNames: Readonly<Record<string, string>> = {
  w: "write",
  r: "readonly",
  m: "denyoom",
  a: "admin",
  p: "pubsub",
  s: "noscript",
  b: "blocking",
  l: "loading",
  t: "stale",
  k: "skip_monitor",
  K: "skip_slowlog",
  F: "fast",
  A: "no_auth",
  P: "may_replicate",
  N: "no_mandatory_keys",
  n: "no_multi",
  B: "allow_busy",
  D: "protected",
  y: "no_async_loading",
  T: "touches_arbitrary_keys",
};

/** Categories in the order of ACL CAT, by the letters used in `command-lines.ts`. */
const categoryNames: Readonly<Record<string, string>> = {
  k: "keyspace",
  r: "read",
  w: "write",
  e: "set",
  z: "sortedset",
  l: "list",
  h: "hash",
  $: "string",
  i: "bitmap",
  y: "hyperloglog",
  g: "geo",
  t: "stream",
  p: "pubsub",
  a: "admin",
  F: "fast",
  S: "slow",
  b: "blocking",
  d: "dangerous",
  n: "connection",
  x: "transaction",
  c: "scripting",
};

/** The names of all categories. */
export const categories: readonly string[] = Object.values(categoryNames);

let lines: Map<string, string> | undefined;
const known: Map<string, CommandFacts> = new Map();
const nothing: CommandFacts = { flags: [], categories: [], tips: [], keys: [], since: "1.0.0" };

/** Returns the metadata of a command by its name, such as `get` or `config|set`. */
export function factsOf(name: string): CommandFacts {
  let facts = known.get(name);
  if (facts === undefined) {
    lines ??= new Map(
      commandLines()
        .split("\n")
        .map((line) => {
          const at = line.indexOf("|");
          return [line.slice(0, at).replace("/", "|"), line.slice(at + 1)] as const;
        }),
    );
    const line = lines.get(name);
    facts = line === undefined ? nothing : parse(line);
    known.set(name, facts);
  }
  return facts;
}

function parse(line: string): CommandFacts {
  const [flags = "", marks = "", tips = "", keys = "", since = "1.0.0"] = line.split("|");
  return {
    flags: [...flags].map((letter) => flagNames[letter] as string),
    categories: [...marks].map((letter) => categoryNames[letter] as string),
    tips: tips === "" ? [] : tips.split(";"),
    keys: keys === "" ? [] : keys.split(" ").map(parseKeys),
    since,
  };
}

function parseKeys(text: string): KeySpec {
  const [flags = "", start = "", run = ""] = text.split("@");
  return { flags: flags.split(","), start: parseStart(start), run: parseRun(run) };
}

function parseStart(text: string): KeyStart {
  if (text.startsWith("i")) return { index: Number(text.slice(1)) };
  if (!text.startsWith("k")) return undefined;
  const [keyword = "", from = "1"] = text.slice(1).split(",");
  return { keyword, from: Number(from) };
}

function parseRun(text: string): KeyRun {
  const [first = 0, second = 0, third = 0] = text.slice(1).split(",").map(Number);
  if (text.startsWith("r")) return { last: first, step: second, limit: third };
  return text.startsWith("n") ? { countAt: first, first: second, step: third } : undefined;
}

/** Defines a command: a function from a client and its arguments to a reply, and its metadata. */
import { type Reply, Status } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import type { LatencyHistogram } from "./latency.ts";

/** Returned by a command that answers by itself, later or not at all. */
export class NoReply {
  static readonly instance: NoReply = new NoReply();
}
export const NO_REPLY: NoReply = NoReply.instance;

/**
 * Runs a command. `args[0]` is its name as the client wrote it. A thrown `RespError` becomes the
 * reply.
 */
export type Run = (client: Client, args: string[]) => Reply | NoReply;

/**
 * One row of a command table: the function, the arity (negative: a minimum), flags, and the
 * positions of the first and last key and the step between them, as in `COMMAND INFO`.
 *
 * Flags: `w` write, `r` readonly, `m` denyoom, `a` admin, `p` pubsub, `s` noscript, `b` blocking,
 * `l` loading, `t` stale, `F` fast, `M` movable keys, `A` no authentication, `n` not in MULTI, `P`
 * may change data or reach other servers without being a write, `D` only if `enable-debug-command`
 * allows it.
 */
export type CommandRow = readonly [
  run: Run | CommandTable,
  arity: number,
  flags: string,
  first?: number,
  last?: number,
  step?: number,
];

/** Commands by lower-case name. If `run` is a table, it holds subcommands. */
export type CommandTable = { readonly [name: string]: CommandRow };

/** A command as used by the dispatcher. */
export class Command {
  /** In lower case. `config|get` for a subcommand. */
  readonly name: string;
  readonly run: Run;
  readonly arity: number;
  readonly flags: string;
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly writes: boolean;
  readonly reads: boolean;
  /** Its group in Redis's documentation: `string`, `list`, ... */
  readonly group: string;
  readonly subcommands: ReadonlyMap<string, Command> | undefined;
  calls = 0;
  /** The number of calls that were refused, and of calls that ended with an error. */
  rejected = 0;
  failed = 0;
  /** The total duration of all calls in microseconds. */
  micros = 0;
  histogram: LatencyHistogram | undefined;

  constructor(name: string, group: string, row: CommandRow) {
    const [run, arity, flags, first = 0, last = 0, step = 0] = row;
    this.name = name;
    this.group = group;
    this.arity = arity;
    this.flags = flags;
    this.first = first;
    this.last = last;
    this.step = step;
    this.writes = flags.includes("w");
    // For a script, the commands that it calls determine whether it reads.
    this.reads = flags.includes("r") && !flags.includes("s");
    if (typeof run === "function") {
      this.run = run;
      this.subcommands = undefined;
    } else {
      const children = new Map<string, Command>();
      for (const sub of Object.keys(run)) {
        children.set(sub, new Command(`${name}|${sub}`, group, run[sub] as CommandRow));
      }
      if (!children.has("help")) children.set("help", helpOf(name, group, Object.keys(run)));
      this.subcommands = children;
      this.run = () => {
        throw new TypeError("a container is not run");
      };
    }
  }

  /** Resets the counters. */
  forgetCalls(): void {
    this.calls = 0;
    this.rejected = 0;
    this.failed = 0;
    this.micros = 0;
    this.histogram = undefined;
  }
}

/** The subcommand HELP of every container command. */
function helpOf(name: string, group: string, subcommands: readonly string[]): Command {
  const lines = (): Status[] =>
    [
      `${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
      ...subcommands.map((word) => word.toUpperCase()),
      "HELP",
      "    Print this help.",
    ].map((line) => new Status(line));
  return new Command(`${name}|help`, group, [lines, 2, "lt"]);
}

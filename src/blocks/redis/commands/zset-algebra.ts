/** Sorted sets: unions, intersections and differences, with weights. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX, WRONG_TYPE } from "../errors.ts";
import { parseFloat64, parseInteger, parseIntegerIn } from "../numbers.ts";
import { SetValue } from "../values/set.ts";
import { ZSetValue } from "../values/zset.ts";
import { storeScored } from "./zset-ranges.ts";
import { scoredReply } from "./zsets.ts";

type Kind = "union" | "inter" | "diff";
type Scores = Map<string, number>;

interface Request {
  readonly keys: readonly string[];
  readonly weights: readonly number[];
  readonly aggregate: (a: number, b: number) => number;
  readonly withScores: boolean;
}

const aggregates: Readonly<Record<string, (a: number, b: number) => number>> = {
  // Infinity minus infinity is NaN. Redis makes it zero.
  SUM: (a, b) => (Number.isNaN(a + b) ? 0 : a + b),
  MIN: Math.min,
  MAX: Math.max,
};

/** Parses `numkeys key ... [WEIGHTS ...] [AGGREGATE ...] [WITHSCORES]`, starting at `args[at]`. */
function parse(args: string[], at: number, options: { kind: Kind; store: boolean }): Request {
  const name = (args[0] as string).toLowerCase();
  const count = parseInteger(args[at] as string);
  if (count < 1) throw err(`at least 1 input key is needed for '${name}' command`);
  if (count > args.length - at - 1) throw SYNTAX;
  const keys = args.slice(at + 1, at + 1 + count);
  let weights = keys.map(() => 1);
  let aggregate = aggregates["SUM"] as Request["aggregate"];
  let withScores = false;
  for (let i = at + 1 + count; i < args.length; i++) {
    const word = (args[i] as string).toUpperCase();
    if (word === "WEIGHTS" && options.kind !== "diff" && i + count < args.length) {
      weights = args
        .slice(i + 1, i + 1 + count)
        .map((text) => parseFloat64(text, err("weight value is not a float")));
      i += count;
    } else if (word === "AGGREGATE" && options.kind !== "diff" && i + 1 < args.length) {
      const chosen = aggregates[(args[++i] as string).toUpperCase()];
      if (!chosen) throw SYNTAX;
      aggregate = chosen;
    } else if (word === "WITHSCORES" && !options.store) {
      withScores = true;
    } else {
      throw SYNTAX;
    }
  }
  return { keys, weights, aggregate, withScores };
}

/** Returns the scores under a key. Members of plain sets count as 1. */
function scoresAt(client: Client, key: string): Scores {
  const value = client.db.lookup(key);
  if (value === undefined) return new Map();
  if (value instanceof ZSetValue) {
    return new Map(value.all().map(({ member, score }) => [member, score]));
  }
  if (value instanceof SetValue) return new Map(value.list().map((member) => [member, 1]));
  throw WRONG_TYPE;
}

function combine(client: Client, kind: Kind, request: Request): Scores {
  const inputs = request.keys.map((key) => scoresAt(client, key));
  if (kind === "diff") {
    const [first, ...others] = inputs as [Scores, ...Scores[]];
    return new Map([...first].filter(([member]) => !others.some((other) => other.has(member))));
  }
  const out: Scores = new Map();
  inputs.forEach((input, index) => {
    const weight = request.weights[index] as number;
    for (const [member, score] of input) {
      if (kind === "inter" && !inputs.every((other) => other.has(member))) continue;
      const product = score * weight;
      const weighted = Number.isNaN(product) ? 0 : product;
      const before = out.get(member);
      out.set(member, before === undefined ? weighted : request.aggregate(before, weighted));
    }
  });
  return out;
}

function reading(kind: Kind) {
  return (client: Client, args: string[]): Reply => {
    const request = parse(args, 1, { kind, store: false });
    const scores = combine(client, kind, request);
    const ordered = ZSetValue.of(scores, client.server.config.limits).all();
    return request.withScores ? scoredReply(client, ordered) : ordered.map(({ member }) => member);
  };
}

function storing(kind: Kind) {
  return (client: Client, args: string[]): Reply => {
    const request = parse(args, 2, { kind, store: true });
    const scores = combine(client, kind, request);
    return storeScored(client, args[1] as string, scores, `z${kind}store`);
  };
}

function zintercard(client: Client, args: string[]): Reply {
  const count = parseIntegerIn(
    args[1] as string,
    1,
    Infinity,
    err("at least 1 input key is needed for 'zintercard' command"),
  );
  if (count > args.length - 2) throw SYNTAX;
  let limit = 0;
  for (let at = 2 + count; at < args.length; at += 2) {
    if (args[at]?.toUpperCase() !== "LIMIT" || args[at + 1] === undefined) throw SYNTAX;
    limit = parseIntegerIn(args[at + 1] as string, 0, Infinity, err("LIMIT can't be negative"));
  }
  const request: Request = {
    keys: args.slice(2, 2 + count),
    weights: Array.from({ length: count }, () => 1),
    aggregate: Math.max,
    withScores: false,
  };
  const { size } = combine(client, "inter", request);
  return limit === 0 ? size : Math.min(limit, size);
}

export const zsetAlgebra: CommandTable = {
  zunion: [reading("union"), -3, "rM"],
  zinter: [reading("inter"), -3, "rM"],
  zdiff: [reading("diff"), -3, "rM"],
  zunionstore: [storing("union"), -4, "wmM", 1, 1, 1],
  zinterstore: [storing("inter"), -4, "wmM", 1, 1, 1],
  zdiffstore: [storing("diff"), -4, "wmM", 1, 1, 1],
  zintercard: [zintercard, -3, "rM"],
};

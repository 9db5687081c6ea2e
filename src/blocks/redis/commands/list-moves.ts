/** Lists: moves between lists, pops from several lists, and the blocking forms of both. */
import { NULL_ARRAY, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseIntegerIn } from "../numbers.ts";
import { ListValue } from "../values/list.ts";
import { parseTimeoutMs, tryOrWait } from "./blocking.ts";
import { popped, pushAll, takeMany } from "./lists.ts";

/** Parses `LEFT` or `RIGHT`. Returns true for left. */
function parseSide(text: string | undefined): boolean {
  const side = text?.toLowerCase();
  if (side !== "left" && side !== "right") throw SYNTAX;
  return side === "left";
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly fromLeft: boolean;
  readonly toLeft: boolean;
}

/** Moves one element. Returns undefined if there is none. */
function move(client: Client, { from, to, fromLeft, toLeft }: Move): string | undefined {
  const { db } = client;
  const source = db.get(ListValue, from);
  if (source === undefined) return undefined;
  db.get(ListValue, to);
  const item = source.pop(fromLeft) as string;
  if (from === to) source.push(toLeft, item);
  else pushAll(client, to, toLeft, [item]);
  popped(client, from, source, fromLeft);
  if (from === to) client.server.notify("l", toLeft ? "lpush" : "rpush", to, db);
  const sides = [fromLeft ? "LEFT" : "RIGHT", toLeft ? "LEFT" : "RIGHT"];
  client.server.propagation?.instead(db, ["LMOVE", from, to, ...sides]);
  return item;
}

function lmove(client: Client, args: string[]): Reply {
  const [, from, to] = args as [string, string, string];
  return (
    move(client, { from, to, fromLeft: parseSide(args[3]), toLeft: parseSide(args[4]) }) ?? null
  );
}

function blmove(client: Client, args: string[]): ReturnType<typeof tryOrWait> {
  const [, from, to] = args as [string, string, string];
  const [fromLeft, toLeft] = [parseSide(args[3]), parseSide(args[4])];
  return tryOrWait(client, {
    keys: [from],
    timeoutMs: parseTimeoutMs(args[5] as string),
    attempt: () => move(client, { from, to, fromLeft, toLeft }),
    type: ListValue,
    onTimeout: NULL_ARRAY,
    onDenied: null,
  });
}

function rpoplpush(client: Client, args: string[]): Reply {
  const [, from, to] = args as [string, string, string];
  return move(client, { from, to, fromLeft: false, toLeft: true }) ?? null;
}

function brpoplpush(client: Client, args: string[]): ReturnType<typeof tryOrWait> {
  const [, from, to] = args as [string, string, string];
  return tryOrWait(client, {
    keys: [from],
    timeoutMs: parseTimeoutMs(args[3] as string),
    attempt: () => move(client, { from, to, fromLeft: false, toLeft: true }),
    type: ListValue,
    onTimeout: NULL_ARRAY,
    onDenied: null,
  });
}

function blockingPop(left: boolean) {
  return (client: Client, args: string[]): ReturnType<typeof tryOrWait> =>
    tryOrWait(client, {
      keys: args.slice(1, -1),
      timeoutMs: parseTimeoutMs(args[args.length - 1] as string),
      attempt: (key) => {
        const list = client.db.get(ListValue, key);
        if (list === undefined) return undefined;
        const item = list.pop(left) as string;
        popped(client, key, list, left);
        client.server.propagation?.instead(client.db, [left ? "LPOP" : "RPOP", key]);
        return [key, item];
      },
      type: ListValue,
      onTimeout: NULL_ARRAY,
    });
}

/** Parses `numkeys key [key ...] WHERE [COUNT count]`, where `args[at]` is the number of keys. */
export function parseMultiPop(
  args: string[],
  at: number,
): { keys: string[]; where: string; count: number } {
  const howMany = parseIntegerIn(
    args[at] as string,
    1,
    2 ** 31,
    err("numkeys should be greater than 0"),
  );
  const whereAt = at + 1 + howMany;
  const where = args[whereAt];
  if (where === undefined) throw SYNTAX;
  let count = 1;
  if (args.length > whereAt + 1) {
    if (args.length !== whereAt + 3 || args[whereAt + 1]?.toUpperCase() !== "COUNT") throw SYNTAX;
    count = parseIntegerIn(
      args[whereAt + 2] as string,
      1,
      2 ** 31,
      err("count should be greater than 0"),
    );
  }
  return { keys: args.slice(at + 1, whereAt), where, count };
}

function popOneOf(client: Client, left: boolean, count: number) {
  return (key: string): Reply | undefined => {
    const list = client.db.get(ListValue, key);
    if (list === undefined) return undefined;
    const taken = takeMany(list, left, count);
    popped(client, key, list, left);
    const name = left ? "LPOP" : "RPOP";
    client.server.propagation?.instead(client.db, [name, key, taken.length]);
    return [key, taken];
  };
}

function lmpop(client: Client, args: string[]): Reply {
  const { keys, where, count } = parseMultiPop(args, 1);
  const attempt = popOneOf(client, parseSide(where), count);
  for (const key of keys) {
    const reply = attempt(key);
    if (reply !== undefined) return reply;
  }
  return NULL_ARRAY;
}

function blmpop(client: Client, args: string[]): ReturnType<typeof tryOrWait> {
  const timeoutMs = parseTimeoutMs(args[1] as string);
  const { keys, where, count } = parseMultiPop(args, 2);
  const attempt = popOneOf(client, parseSide(where), count);
  return tryOrWait(client, { keys, timeoutMs, type: ListValue, attempt, onTimeout: NULL_ARRAY });
}

export const listMoves: CommandTable = {
  lmove: [lmove, 5, "wm", 1, 2, 1],
  blmove: [blmove, 6, "wmbs", 1, 2, 1],
  rpoplpush: [rpoplpush, 3, "wm", 1, 2, 1],
  brpoplpush: [brpoplpush, 4, "wmbs", 1, 2, 1],
  blpop: [blockingPop(true), -3, "wbs", 1, -2, 1],
  brpop: [blockingPop(false), -3, "wbs", 1, -2, 1],
  lmpop: [lmpop, -4, "wM"],
  blmpop: [blmpop, -5, "wbM"],
};

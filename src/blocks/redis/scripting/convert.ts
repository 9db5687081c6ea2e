/** Between Lua's values and Redis's replies, by the rules of script_lua.c. */
import {
  BigNumber,
  Bool,
  Double,
  formatDouble,
  MapReply,
  NullArray,
  PushReply,
  type Reply,
  RespError,
  type RespVersion,
  SetReply,
  Status,
  Verbatim,
} from "../../../wire/index.ts";
import { LuaTable, type LuaValue } from "../lua/values.ts";

const DEPTH_MAX = 1_000;
const TOO_DEEP = new RespError("ERR reached lua stack limit");

/** A reply as a script sees it; `version` is what `redis.setresp` chose. */
export function toLua(reply: Reply, version: RespVersion): LuaValue {
  if (typeof reply === "string" || typeof reply === "number") return reply;
  if (typeof reply === "bigint") return Number(reply);
  if (reply === null || reply instanceof NullArray) return version === 3 ? undefined : false;
  if (Array.isArray(reply)) return list(reply as Reply[], version);
  if (reply instanceof Status) return LuaTable.fromRecord({ ok: reply.text });
  if (reply instanceof RespError) return LuaTable.fromRecord({ err: reply.text });
  if (reply instanceof PushReply) return list(reply.items, version);
  if (version === 3) return toLua3(reply as Reply & object);
  if (reply instanceof Double) return reply.text ?? formatDouble(reply.value);
  if (reply instanceof MapReply) return list(reply.flat, version);
  if (reply instanceof SetReply) return list(reply.items, version);
  if (reply instanceof Verbatim || reply instanceof BigNumber) return reply.text;
  return (reply as Bool).value ? 1 : 0;
}

function toLua3(reply: Reply & object): LuaValue {
  if (reply instanceof Double) return LuaTable.fromRecord({ double: reply.value });
  if (reply instanceof Bool) return reply.value;
  if (reply instanceof BigNumber) return LuaTable.fromRecord({ big_number: reply.text });
  if (reply instanceof Verbatim) {
    return LuaTable.fromRecord({
      verbatim_string: LuaTable.fromRecord({ format: reply.format, string: reply.text }),
    });
  }
  const inner = new LuaTable();
  if (reply instanceof MapReply) {
    for (let at = 0; at < reply.flat.length; at += 2) {
      inner.set(toLua(reply.flat[at] as Reply, 3), toLua(reply.flat[at + 1] as Reply, 3));
    }
    return LuaTable.fromRecord({ map: inner });
  }
  for (const item of (reply as SetReply).items) inner.set(toLua(item, 3), true);
  return LuaTable.fromRecord({ set: inner });
}

function list(items: readonly Reply[], version: RespVersion): LuaTable {
  // Nulls are false in RESP2, so only RESP3 can leave holes.
  const values = items.map((item) => toLua(item, version));
  return LuaTable.fromList(values);
}

/** What a script returns, as a reply to a client that speaks `version`. */
export function fromLua(value: LuaValue, version: RespVersion, depth: number = 0): Reply {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return integer(value);
    case "boolean":
      if (version === 3) return new Bool(value);
      return value ? 1 : null;
    case "object":
      // A table may hold itself; Redis stops where Lua's stack ends.
      return depth > DEPTH_MAX ? TOO_DEEP : fromTable(value, version, depth + 1);
    default:
      return null;
  }
}

/** C's conversion of a double to a 64-bit integer. */
function integer(value: number): Reply {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

function fromTable(table: LuaTable, version: RespVersion, depth: number): Reply {
  const error = table.get("err");
  if (typeof error === "string") return new RespError(error.replace(/[\r\n]/g, " "));
  const status = table.get("ok");
  if (typeof status === "string") return new Status(status.replace(/[\r\n]/g, " "));
  const double = table.get("double");
  if (typeof double === "number") return new Double(double);
  const map = table.get("map");
  if (map instanceof LuaTable) {
    const flat: Reply[] = [];
    for (const [key, value] of map.entries())
      flat.push(fromLua(key, version, depth), fromLua(value, version, depth));
    return new MapReply(flat);
  }
  const set = table.get("set");
  if (set instanceof LuaTable) {
    return new SetReply([...set.entries()].map(([key]) => fromLua(key, version, depth)));
  }
  const big = table.get("big_number");
  if (typeof big === "string") return new BigNumber(big.replace(/[\r\n]/g, " "));
  const verbatim = table.get("verbatim_string");
  if (verbatim instanceof LuaTable) {
    return new Verbatim(String(verbatim.get("format")), String(verbatim.get("string")));
  }
  const out: Reply[] = [];
  for (let at = 1; ; at++) {
    const value = table.get(at);
    if (value === undefined) return out;
    out.push(fromLua(value, version, depth));
  }
}

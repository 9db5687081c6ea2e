/** Dissects the protocol of PostgreSQL, version 3: start, simple and extended queries, results, copying. */
import {
  type Dissector,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { Reader } from "../reader.ts";
import { oneLine, showBytes } from "../text.ts";
import { tls } from "./tls.ts";

/** What the first messages of a connection, which have no type, ask for. */
const starts: Readonly<Record<number, string>> = {
  196_608: "Startup",
  80_877_102: "CancelRequest",
  80_877_103: "SSLRequest",
  80_877_104: "GSSENCRequest",
};
const fromClient: Readonly<Record<string, string>> = {
  ...{ Q: "Query", P: "Parse", B: "Bind", E: "Execute", D: "Describe", C: "Close", S: "Sync" },
  ...{ H: "Flush", X: "Terminate", p: "Password", d: "CopyData", c: "CopyDone", f: "CopyFail" },
  F: "FunctionCall",
};
const fromServer: Readonly<Record<string, string>> = {
  ...{ R: "Authentication", S: "ParameterStatus", K: "BackendKeyData", Z: "ReadyForQuery" },
  ...{ T: "RowDescription", D: "DataRow", C: "CommandComplete", E: "Error", N: "Notice" },
  ...{ "1": "ParseComplete", "2": "BindComplete", "3": "CloseComplete", n: "NoData" },
  ...{ s: "PortalSuspended", t: "ParameterDescription", I: "EmptyQuery", A: "Notification" },
  ...{
    G: "CopyIn",
    H: "CopyOut",
    W: "CopyBoth",
    d: "CopyData",
    c: "CopyDone",
    V: "FunctionCallResponse",
  },
  v: "NegotiateProtocolVersion",
};
const authentications: Readonly<Record<number, string>> = {
  ...{
    0: "ok",
    3: "cleartext password",
    5: "MD5 password",
    10: "SASL",
    11: "SASL continue",
    12: "SASL final",
  },
};
const errorParts: Readonly<Record<string, string>> = {
  ...{
    S: "severity",
    V: "severity (raw)",
    C: "code",
    M: "message",
    D: "detail",
    H: "hint",
    P: "position",
  },
  ...{
    W: "where",
    s: "schema",
    t: "table",
    c: "column",
    d: "type",
    n: "constraint",
    F: "file",
    L: "line",
    R: "routine",
  },
};
const LENGTH_MAX = 1 << 30;

export const postgres: Dissector = {
  name: "postgres",
  title: "PostgreSQL",
  ports: [5432],
  over: "stream",
  filters: ["pg.type", "pg.query", "pg.statement", "pg.tag", "pg.error", "pg.code"],
  looks(bytes, side) {
    const reader = new Reader(bytes);
    if (side === 0 && bytes.length >= 8 && starts[reader.peek(4, 4)] !== undefined) {
      return reader.peek(4) <= 10_000 ? 3 : 0;
    }
    if (side === 1 && /^[SN]$/.test(String.fromCharCode(bytes[0] ?? 0)) && bytes.length === 1)
      return 1;
    let count = 0;
    // A chain of messages whose lengths fit together.
    for (
      let at = side === 1 && isAnswerToSsl(bytes) ? 1 : 0;
      at < Math.min(bytes.length, 4_096);
      count++
    ) {
      const type = String.fromCharCode(bytes[at] as number);
      if ((side === 0 ? fromClient : fromServer)[type] === undefined) return 0;
      if (at + 5 > bytes.length) break;
      const length = reader.peek(4, at + 1);
      if (length < 4 || length > LENGTH_MAX) return 0;
      at += 1 + length;
    }
    return count > 1 ? 3 : 2;
  },
  open: () => new PostgresSession(),
};

function isAnswerToSsl(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x4e || bytes[0] === 0x53) && (bytes.length < 3 || bytes[1] !== 0);
}

class PostgresSession implements Session {
  /** Whether the client has sent what begins a connection, and whether it asked for encryption before. */
  #started = false;
  #askedForSsl = 0;
  #encrypted: Session | undefined;
  /**
   * Each side counts its units: a simple query, or all up to a Sync. ReadyForQuery ends one, and the first ends the
   * start.
   */
  readonly #unit: [number, number] = [0, 0];
  /** The statements that were prepared, by name. */
  readonly #statements = new Map<string, string>();
  #lost = false;

  read(bytes: Uint8Array, at: number, side: Side, last: boolean): ReadMessage | undefined {
    if (this.#encrypted) return this.#encrypted.read(bytes, at, side, last);
    const reader = new Reader(bytes, at);
    if (side === 0 && !this.#started && !this.#lost) return this.#start(reader, bytes, at, last);
    if (side === 1 && this.#askedForSsl > 0 && reader.left > 0) {
      const mark = bytes[at];
      if (mark === 0x53 || mark === 0x4e) return this.#sslAnswer(reader);
    }
    if (reader.left < 5) return undefined;
    const type = String.fromCharCode(reader.peek(1));
    const name = (side === 0 ? fromClient : fromServer)[type];
    const length = reader.peek(4, at + 1);
    if (name === undefined || length < 4 || length > LENGTH_MAX) throw new Malformed("no message");
    const end = at + 1 + length;
    if (end > bytes.length) return undefined;
    const own = new Reader(bytes, at, end);
    own.uint("type", 1, () => `${type} ${name}`);
    own.uint("length", 4);
    const flat: Record<string, string | number> = { "pg.type": name };
    let summary = name;
    own.attempt(() => {
      summary = side === 0 ? this.#request(type, own, flat) : serverMessage(type, own, flat);
      if (own.left > 0) own.raw("data");
    });
    const unit = this.#unit[side];
    if (side === 0 ? /[QSF]/.test(type) : type === "Z") this.#unit[side]++;
    // What a unit is asked for by, and what says how it went.
    const isRequest = side === 0 && /[QPBEF]/.test(type);
    const isReply = side === 1 && /[CEIsV]/.test(type);
    return {
      protocol: postgres.name,
      role: isRequest ? "request" : isReply ? "reply" : "other",
      summary: oneLine(summary),
      start: at,
      end,
      fields: own.fields,
      flat,
      pair: this.#lost || unit < 0 ? undefined : `unit ${unit}`,
      minor: side === 0 ? /[DEHS]/.test(type) : /[ZTSK123ntN]/.test(type),
    };
  }

  sync(bytes: Uint8Array, at: number, side: Side): number {
    for (let i = at; i < bytes.length; i++) {
      if (postgres.looks(bytes.subarray(i, i + 4_096), side) === 3) return i;
    }
    return -1;
  }

  gap(): void {
    this.#lost = true;
  }

  #start(reader: Reader, bytes: Uint8Array, at: number, last: boolean): ReadMessage | undefined {
    if (this.#askedForSsl > 0 && bytes[at] === 22) {
      this.#encrypted = tls.open();
      return this.#encrypted.read(bytes, at, 0, last);
    }
    if (reader.left < 8) return undefined;
    const length = reader.peek(4);
    const kind = starts[reader.peek(4, at + 4)];
    if (kind === undefined || length < 8 || length > 10_000) throw new Malformed("no startup");
    if (length > reader.left) return undefined;
    const own = new Reader(bytes, at, at + length);
    own.uint("length", 4);
    own.uint("request", 4, () => kind);
    const words: string[] = [];
    own.attempt(() => {
      if (kind === "Startup") readParameters(own, words);
      if (own.left > 0) own.raw("data");
    });
    if (kind === "Startup") {
      this.#started = true;
      // The unit of the start is number -1: the server's first ReadyForQuery ends it.
      this.#unit[1] = -1;
    } else if (kind !== "CancelRequest") {
      this.#askedForSsl++;
    }
    return {
      protocol: postgres.name,
      role: kind === "Startup" ? "other" : "request",
      summary: [kind, ...words].join(" "),
      start: at,
      end: at + length,
      fields: own.fields,
      flat: { "pg.type": kind },
      pair: "ssl",
    };
  }

  #sslAnswer(reader: Reader): ReadMessage {
    this.#askedForSsl--;
    const start = reader.at;
    const yes = reader.uint("answer", 1) === 0x53;
    return {
      protocol: postgres.name,
      role: "reply",
      summary: yes ? "SSL yes" : "SSL no",
      start,
      end: reader.at,
      fields: reader.fields,
      flat: { "pg.type": "SSLResponse" },
      pair: "ssl",
    };
  }

  #request(type: string, reader: Reader, flat: Record<string, string | number>): string {
    switch (type) {
      case "Q": {
        const query = reader.cstring("query");
        flat["pg.query"] = query;
        return `Query ${query.replace(/\s+/g, " ").trim()}`;
      }
      case "P": {
        const name = reader.cstring("statement");
        const query = reader.cstring("query");
        this.#statements.set(name, query);
        flat["pg.statement"] = name;
        flat["pg.query"] = query;
        const count = reader.uint("parameter types", 2);
        for (let i = 0; i < count; i++) reader.uint("type", 4);
        return `Parse ${query.replace(/\s+/g, " ").trim()}`;
      }
      case "B": {
        reader.cstring("portal");
        const name = reader.cstring("statement");
        const query = this.#statements.get(name);
        if (query !== undefined) flat["pg.query"] = query;
        flat["pg.statement"] = name;
        const formats = reader.uint("formats", 2);
        for (let i = 0; i < formats; i++) reader.uint("format", 2);
        return `Bind (${columns(reader, "parameter").join(", ")})`;
      }
      case "D":
      case "C": {
        const what = String.fromCharCode(reader.uint("kind", 1)) === "S" ? "statement" : "portal";
        const name = reader.cstring(what);
        return `${type === "D" ? "Describe" : "Close"} ${what} ${name}`.trimEnd();
      }
      case "E": {
        reader.cstring("portal");
        reader.uint("rows at most", 4);
        return "Execute";
      }
      case "f":
        return `CopyFail ${reader.cstring("reason")}`;
      case "p":
        reader.skip(reader.left);
        return "Password";
      default:
        return fromClient[type] ?? type;
    }
  }
}

/** The parameters of a connection; `words` gets those that name it. */
function readParameters(reader: Reader, words: string[]): void {
  while (reader.left > 1) {
    reader.group("parameter", () => {
      const name = reader.cstring("name");
      const value = reader.cstring("value");
      if (/^(user|database)$/.test(name)) words.push(`${name}=${value}`);
      return `${name} = ${value}`;
    });
  }
}

/** The values of a row or of a statement's parameters. */
function columns(reader: Reader, name: string): string[] {
  const values: string[] = [];
  const count = reader.uint("count", 2);
  for (let i = 0; i < count; i++) {
    const length = reader.peek(4);
    const start = reader.skip(4);
    const isNull = length === 0xffff_ffff;
    const from = isNull ? reader.at : reader.skip(length);
    const value = isNull ? "NULL" : showBytes(reader.bytes, from, reader.at, 40);
    reader.note(`${name} ${i + 1}`, value, start);
    values.push(value);
  }
  return values;
}

function serverMessage(
  type: string,
  reader: Reader,
  flat: Record<string, string | number>,
): string {
  const name = fromServer[type] ?? type;
  switch (type) {
    case "R": {
      const code = reader.uint("method", 4, (value) => authentications[value] ?? String(value));
      return `${name} ${authentications[code] ?? code}`;
    }
    case "S":
      return `${reader.cstring("name")} = ${reader.cstring("value")}`;
    case "Z": {
      const state = String.fromCharCode(reader.uint("state", 1));
      const word =
        { I: "idle", T: "in a transaction", E: "in a failed transaction" }[state] ?? state;
      return `${name}, ${word}`;
    }
    case "T": {
      const count = reader.uint("columns", 2);
      const names: string[] = [];
      for (let i = 0; i < count; i++) {
        reader.group("column", () => {
          names.push(reader.cstring("name"));
          reader.raw("table, type, format", 18);
          return names.at(-1) ?? "";
        });
      }
      return `${name} ${names.join(", ")}`;
    }
    case "D":
      return `${name} ${columns(reader, "column").join(" | ")}`;
    case "C": {
      const tag = reader.cstring("tag");
      flat["pg.tag"] = tag;
      return tag;
    }
    case "E":
    case "N": {
      const parts: Record<string, string> = {};
      while (reader.left > 1) {
        const kind = String.fromCharCode(
          reader.uint("field", 1, (c) => errorParts[String.fromCharCode(c)] ?? ""),
        );
        parts[kind] = reader.cstring(errorParts[kind] ?? kind);
      }
      const told = `${parts["S"] ?? name} ${parts["C"] ?? ""}: ${parts["M"] ?? ""}`;
      if (type === "E") {
        flat["pg.error"] = parts["M"] ?? "";
        flat["pg.code"] = parts["C"] ?? "";
      }
      return told;
    }
    case "A": {
      reader.uint("process", 4);
      return `${name} ${reader.cstring("channel")} ${reader.cstring("payload")}`;
    }
    default:
      return name;
  }
}

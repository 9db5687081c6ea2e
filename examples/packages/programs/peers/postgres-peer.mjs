/**
 * A scripted peer that speaks PostgreSQL's protocol 3.0, simple and extended, to a few fixed questions.
 * It stands in until there is a block.
 */
import { createServer } from "node:net";
import { port, ready } from "../roles.mjs";

const INT4 = 23;
const TEXT = 25;

function message(type, body) {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const text = (value) => Buffer.from(`${value}\0`);
const int16 = (value) => Buffer.from([value >> 8, value & 255]);
const int32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

function description(columns) {
  const fields = columns.map(([name, type]) =>
    Buffer.concat([
      text(name),
      int32(0),
      int16(0),
      int32(type),
      int16(-1 & 0xffff),
      int32(-1),
      int16(0),
    ]),
  );
  return message("T", Buffer.concat([int16(columns.length), ...fields]));
}

function row(values) {
  const cells = values.map((value) => {
    if (value === null) return int32(-1);
    const bytes = Buffer.from(String(value));
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return message("D", Buffer.concat([int16(values.length), ...cells]));
}

/** What a query gives: columns, rows and a tag, or an error. */
function answer(sql, parameters, table) {
  const query = sql.trim().replace(/;$/, "").toLowerCase();
  if (/^(begin|commit|rollback)/.test(query)) return { tag: query.split(/\s/)[0].toUpperCase() };
  if (query.startsWith("insert into people")) {
    const values = parameters.length > 0 ? parameters : [/'([^']*)'/.exec(sql)?.[1]];
    table.push({ id: table.length + 1, name: values[0] });
    return { tag: "INSERT 0 1" };
  }
  if (query.startsWith("select id, name from people")) {
    const rows = table.map(({ id, name }) => [id, name]);
    return {
      columns: [
        ["id", INT4],
        ["name", TEXT],
      ],
      rows,
      tag: `SELECT ${rows.length}`,
    };
  }
  if (query.startsWith("select $1::int + $2::int")) {
    const sum = Number(parameters[0]) + Number(parameters[1]);
    return { columns: [["sum", INT4]], rows: [[sum]], tag: "SELECT 1" };
  }
  return { error: `relation of ${JSON.stringify(query)} does not exist` };
}

function failure(text_) {
  const fields = ["SERROR", "VERROR", "C42P01", `M${text_}`].map(text);
  return message("E", Buffer.concat([...fields, Buffer.from([0])]));
}

function serve(socket, table) {
  let buffer = Buffer.alloc(0);
  let started = false;
  const statements = new Map();
  const portals = new Map();
  let failed = false;
  socket.on("error", () => {});
  const send = (...messages) => socket.write(Buffer.concat(messages));
  const readyForQuery = () => message("Z", Buffer.from("I"));
  const handlers = {
    Q(body) {
      const result = answer(body.toString("utf8", 0, body.length - 1), [], table);
      send(...replies(result, true), readyForQuery());
    },
    P(body) {
      const name = body.indexOf(0);
      const end = body.indexOf(0, name + 1);
      statements.set(body.toString("utf8", 0, name), body.toString("utf8", name + 1, end));
      send(message("1", Buffer.alloc(0)));
    },
    B(body) {
      const portal = body.indexOf(0);
      const end = body.indexOf(0, portal + 1);
      const sql = statements.get(body.toString("utf8", portal + 1, end));
      let at = end + 1;
      at += 2 + 2 * body.readInt16BE(at);
      const parameters = [];
      const count = body.readInt16BE(at);
      at += 2;
      for (let i = 0; i < count; i++) {
        const length = body.readInt32BE(at);
        at += 4;
        parameters.push(length < 0 ? null : body.toString("utf8", at, at + length));
        at += Math.max(0, length);
      }
      portals.set(body.toString("utf8", 0, portal), { sql, parameters });
      send(message("2", Buffer.alloc(0)));
    },
    D(body) {
      const name = body.toString("utf8", 1, body.length - 1);
      const isStatement = body[0] === 0x53;
      const sql = isStatement ? statements.get(name) : portals.get(name).sql;
      const count = (sql.match(/\$\d/g) ?? []).length;
      const types = /::int/.test(sql) ? INT4 : TEXT;
      const { columns } = answer(sql, [], [...table]);
      const parameters = Buffer.concat([
        int16(count),
        ...Array.from({ length: count }, () => int32(types)),
      ]);
      const shape = columns ? description(columns) : message("n", Buffer.alloc(0));
      send(...(isStatement ? [message("t", parameters)] : []), shape);
    },
    E(body) {
      const { sql, parameters } = portals.get(body.toString("utf8", 0, body.indexOf(0)));
      const result = answer(sql, parameters, table);
      failed = result.error !== undefined;
      send(...replies(result, false));
    },
    S() {
      failed = false;
      send(readyForQuery());
    },
    C: () => send(message("3", Buffer.alloc(0))),
    H() {},
    X: () => socket.end(),
  };
  function replies({ columns, rows = [], tag, error }, describe) {
    if (error !== undefined) return [failure(error)];
    const shape = columns && describe ? [description(columns)] : [];
    return [...shape, ...rows.map(row), message("C", text(tag))];
  }
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = started ? 1 : 0;
      if (buffer.length < head + 4) return;
      const length = buffer.readInt32BE(head);
      if (buffer.length < head + length) return;
      const type = started ? String.fromCharCode(buffer[0]) : "";
      const body = buffer.subarray(head + 4, head + length);
      buffer = buffer.subarray(head + length);
      if (started) {
        if (!failed || type === "S" || type === "X") handlers[type]?.(body);
      } else if (body.readInt32BE(0) === 80877103) {
        socket.write("N");
      } else {
        started = true;
        const status = message("S", Buffer.concat([text("server_version"), text("16.0")]));
        const key = message("K", Buffer.concat([int32(1), int32(2)]));
        send(message("R", int32(0)), status, key, readyForQuery());
      }
    }
  });
}

export function servePostgres() {
  const table = [];
  createServer((socket) => serve(socket, table)).listen(port, ready);
}

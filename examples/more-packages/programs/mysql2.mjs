/** mysql2, its client against its own server: queries with values, results, errors, a pool, time-outs, refused and lost connections. */
import { once } from "node:events";
import { createServer } from "node:net";
import mysql from "mysql2";
import { createPool, createConnection } from "mysql2/promise";
import { crash, host, port, ready, roles, say } from "./roles.mjs";

/** A server of three statements, by the package's own server side. */
function serve() {
  const server = mysql.createServer();
  let id = 0;
  server.on("connection", (connection) => {
    connection.on("error", () => {});
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: "8.0.0-example",
      connectionId: ++id,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0xff_f7_ff,
    });
    connection.on("query", (sql) => {
      connection.sequenceId = 1;
      if (sql === "SELECT 1 + 1 AS two") {
        connection.writeTextResult(
          [{ two: 2, name: "zwei" }],
          [
            {
              catalog: "def",
              schema: "",
              table: "",
              orgTable: "",
              name: "two",
              orgName: "",
              characterSet: 63,
              columnLength: 2,
              columnType: 3,
              flags: 129,
              decimals: 0,
            },
            {
              catalog: "def",
              schema: "",
              table: "",
              orgTable: "",
              name: "name",
              orgName: "",
              characterSet: 45,
              columnLength: 40,
              columnType: 253,
              flags: 0,
              decimals: 31,
            },
          ],
        );
      } else if (sql.startsWith("INSERT")) {
        connection.writeOk({ affectedRows: 2, insertId: 41 });
      } else if (sql === "SLEEP") {
        // Never answered.
      } else {
        connection.writeError({ code: 1064, message: `You have an error near '${sql}'` });
      }
      connection.sequenceId = 0;
    });
  });
  server.listen(port, ready);
}

const told = ({ code, errno, sqlState, message, fatal }) => ({
  code,
  errno,
  sqlState,
  message,
  fatal,
});

await roles({
  server: serve,
  async client() {
    const connection = await createConnection({ host, port, user: "u", database: "d" });
    const [rows, fields] = await connection.query("SELECT 1 + 1 AS two");
    say(
      "rows",
      rows,
      fields.map(({ name, type }) => [name, type]),
    );
    const [result] = await connection.query("INSERT INTO t VALUES (?, ?)", ["o'hara", null]);
    say("result", result.affectedRows, result.insertId);
    say("error", told(await connection.query("SELEC 1").catch((error) => error)));
    say("format", mysql.format("SELECT ?? FROM t WHERE a IN (?) AND b = ?", ["x", [1, 2], "'"]));
    await connection.end();
    say("ended", told(await connection.query("SELECT 1 + 1 AS two").catch((error) => error)));

    const pool = createPool({ host, port, user: "u", database: "d", connectionLimit: 4 });
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7].map(() => pool.query("SELECT 1 + 1 AS two")),
    );
    say(
      "pool",
      answers.map(([[{ two }]]) => two),
    );
    say("timeout", told(await pool.query({ sql: "SLEEP", timeout: 1500 }).catch((error) => error)));

    // Nobody listens there; or somebody listens and says nothing.
    const refused = await createConnection({ host, port: 1 }).catch((error) => error);
    say("refused", refused.code, refused.syscall, refused.fatal);
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const late = await createConnection({
      host: "127.0.0.1",
      port: silent.address().port,
      connectTimeout: 200,
    }).catch((error) => error);
    say("late", told(late));

    const sleeping = pool.query("SLEEP").catch((error) => error);
    await pool.query("SELECT 1 + 1 AS two");
    crash();
    const lost = await sleeping;
    say("lost", ["ECONNRESET", "PROTOCOL_CONNECTION_LOST"].includes(lost.code), lost.fatal);
    for (;;) {
      const again = await pool.query("SELECT 1 + 1 AS two").catch(() => undefined);
      if (again !== undefined) {
        say("again", again[0]);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await pool.end();
  },
});

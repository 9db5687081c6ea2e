/** sql.js (SQLite as WebAssembly, read from its package): tables, transactions, functions, behind HTTP. */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import initSqlJs from "sql.js";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  async server() {
    const SQL = await initSqlJs();
    let db = new SQL.Database();
    db.create_function("twice", (x) => x * 2);
    createServer(async (request, response) => {
      const { sql, parameters, reopen } = await json(request);
      try {
        if (reopen) db = new SQL.Database(db.export());
        response.end(JSON.stringify(db.exec(sql, parameters)));
      } catch (error) {
        response.writeHead(400).end(JSON.stringify({ error: error.message }));
      }
    }).listen(port, "0.0.0.0", ready);
  },
  async client() {
    const ask = async (sql, parameters = [], more = {}) => {
      const body = JSON.stringify({ sql, parameters, ...more });
      return (await fetch(url, { method: "POST", body })).json();
    };
    await ask("CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT UNIQUE, balance INT)");
    await ask("INSERT INTO account (name, balance) VALUES ('ada', 10), ('bob', 20)");
    say("selected", await ask("SELECT * FROM account WHERE balance > ?", [15]));
    say("refused", await ask("INSERT INTO account (name) VALUES ('ada')"));
    await ask("BEGIN; UPDATE account SET balance = 0; ROLLBACK");
    say("joined", await ask("SELECT group_concat(name), sum(twice(balance)) FROM account"));
    say("saved", await ask("SELECT count(*), upper(max(name)) FROM account", [], { reopen: true }));
    say("version", await ask("SELECT sqlite_version() > '3.40', length(randomblob(8))"));
  },
});

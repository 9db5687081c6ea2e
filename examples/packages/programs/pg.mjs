/** pg (node-postgres) against a scripted peer: a pool, parameters, a transaction, an error, the end. */
import pg from "pg";
import { servePostgres } from "./peers/postgres-peer.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: servePostgres,
  async client() {
    const pool = new pg.Pool({ host, port, user: "u", database: "d", max: 3 });
    say("sum", (await pool.query("select $1::int + $2::int as sum", [20, 22])).rows);
    const client = await pool.connect();
    await client.query("begin");
    await client.query("insert into people (name) values ($1)", ["ada"]);
    await client.query("insert into people (name) values ($1)", ["alan"]);
    await client.query("commit");
    client.release();
    const { rows, fields } = await pool.query("select id, name from people");
    say(
      "rows",
      rows,
      fields.map(({ name }) => name),
    );
    say("error", (await pool.query("select nothing").catch((error) => error)).code);
    const many = await Promise.all(
      [1, 2, 3, 4, 5].map((i) => pool.query("select $1::int + $2::int as sum", [i, i])),
    );
    say(
      "parallel",
      many.map((result) => result.rows[0].sum),
      pool.totalCount,
    );
    await pool.end();
    say("ended", pool.totalCount);
  },
});

/** postgres.js against a scripted peer: tagged queries, pipelining, a transaction, an error, the end. */
import postgres from "postgres";
import { servePostgres } from "./peers/postgres-peer.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: servePostgres,
  async client() {
    const sql = postgres({ host, port, user: "u", database: "d", max: 2, fetch_types: false });
    say("sum", [...(await sql`select ${20}::int + ${22}::int as sum`)]);
    await sql.begin(async (transaction) => {
      await transaction`insert into people (name) values (${"ada"})`;
      await transaction`insert into people (name) values (${"alan"})`;
    });
    say("rows", [...(await sql`select id, name from people`)]);
    say("error", (await sql`select nothing`.catch((error) => error)).code);
    const many = await Promise.all([1, 2, 3].map((i) => sql`select ${i}::int + ${i}::int as sum`));
    say(
      "parallel",
      many.map(([{ sum }]) => sum),
    );
    await sql.end();
  },
});

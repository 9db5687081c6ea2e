/** knex with pg over PostgreSQL itself (PGlite): schema, joins, transactions, migrations beside the program, a database that crashes. */
import knex from "knex";
import { fileURLToPath } from "node:url";
import { servePostgres } from "./peers/pglite-server.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

await roles({
  server: servePostgres,
  async client() {
    const directory = fileURLToPath(new URL("./beside/migrations", import.meta.url));
    const db = knex({
      client: "pg",
      connection: { host, port, user: "postgres", database: "postgres" },
      pool: { min: 0, max: 1 },
      migrations: { directory },
      // It would tell each connection that fails.
      log: { warn() {}, error() {} },
    });
    say("migrated", await db.migrate.latest().then(([batch, names]) => [batch, names]));
    await db("people").insert([
      { name: "ada", born: 1815 },
      { name: "alan", born: 1912 },
      { name: "grace", born: 1906 },
    ]);
    await db("books").insert({ author_id: 1, title: "Notes", tags: JSON.stringify(["engine"]) });
    say("query", db("people").where("born", ">", 1900).orderBy("name").toString());
    say("people", await db("people").where("born", ">", 1900).orderBy("name").pluck("name"));
    say(
      "joined",
      await db("books")
        .join("people", "people.id", "books.author_id")
        .select("name", "title", "tags"),
    );
    const failed = await db
      .transaction(async (transaction) => {
        await transaction("people").insert({ name: "eve", born: 1 });
        await transaction("people").insert({ name: "ada", born: 2 });
      })
      .catch(({ code, constraint, detail }) => ({ code, constraint, detail }));
    say("rolled back", failed, await db("people").count());
    const [{ name }] = await db.transaction((transaction) =>
      transaction("people").where({ name: "alan" }).update({ born: 1913 }).returning("*"),
    );
    say("updated", name);
    say("syntax", (await db.raw("selec 1").catch((error) => error)).code);

    crash();
    // The database comes back empty.
    for (;;) {
      const gone = await db("people")
        .first()
        .catch((error) => error);
      if (gone.code === "42P01") {
        say("after the crash", gone.code, gone.message.split(" - ")[1]);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await db.migrate.latest();
    say("made again", await db("people").count(), (await db.migrate.list())[0].length);
    await db.destroy();
  },
});

/** drizzle-orm with pg over PostgreSQL itself (PGlite): tables, relations, prepared queries, transactions, conflicts, a crash. */
import { and, eq, gt, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, jsonb, pgTable, serial, text } from "drizzle-orm/pg-core";
import pg from "pg";
import { servePostgres } from "./peers/pglite-server.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

const people = pgTable("people", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  born: integer("born"),
  tags: jsonb("tags").$default(() => []),
});
const books = pgTable("books", {
  id: serial("id").primaryKey(),
  title: text("title"),
  authorId: integer("author_id").references(() => people.id),
});
const peopleRelations = relations(people, ({ many }) => ({ books: many(books) }));
const booksRelations = relations(books, ({ one }) => ({
  author: one(people, { fields: [books.authorId], references: [people.id] }),
}));

await roles({
  server: servePostgres,
  async client() {
    const pool = new pg.Pool({ host, port, user: "postgres", database: "postgres", max: 2 });
    pool.on("error", () => {});
    const db = drizzle(pool, { schema: { people, books, peopleRelations, booksRelations } });
    const make = async () => {
      await db.execute(
        sql`create table people (id serial primary key, name text not null unique, born int, tags jsonb)`,
      );
      await db.execute(
        sql`create table books (id serial primary key, title text, author_id int references people (id))`,
      );
    };
    await make();
    const added = await db
      .insert(people)
      .values([
        { name: "ada", born: 1815, tags: ["engine"] },
        { name: "alan", born: 1912 },
      ])
      .returning({ id: people.id, tags: people.tags });
    say("added", added);
    await db.insert(books).values({ title: "Notes", authorId: 1 });
    say(
      "query",
      db
        .select()
        .from(people)
        .where(and(gt(people.born, 1900), eq(people.name, "alan")))
        .toSQL(),
    );
    const byName = db
      .select()
      .from(people)
      .where(eq(people.name, sql.placeholder("name")))
      .prepare("by_name");
    say("prepared", await byName.execute({ name: "ada" }), await byName.execute({ name: "eve" }));
    say(
      "related",
      await db.query.people.findMany({ with: { books: true }, columns: { name: true } }),
    );
    const [row] = await db
      .insert(people)
      .values({ name: "ada", born: 1 })
      .onConflictDoUpdate({ target: people.name, set: { born: sql`${people.born} + 1` } })
      .returning();
    say("upserted", row);
    const failed = await db
      .transaction(async (tx) => {
        await tx.insert(people).values({ name: "eve" });
        await tx.insert(people).values({ name: "ada" });
      })
      .catch((error) => error);
    say("rolled back", failed.constructor.name, failed.cause.code, await db.$count(people));

    crash();
    for (;;) {
      const gone = await db.$count(people).catch((error) => error);
      if (gone.cause?.code === "42P01") {
        say("after the crash", gone.cause.code);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await make();
    say("made again", await db.$count(people));
    await pool.end();
  },
});

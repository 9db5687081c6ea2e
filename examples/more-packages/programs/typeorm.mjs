/** TypeORM from TypeScript with decorators, with pg over PostgreSQL itself (PGlite): entities, relations, a repository, transactions, a crash. */
import "reflect-metadata";
import { DataSource } from "typeorm";
import { loadTypeScript } from "./beside/load-typescript.mjs";
import { servePostgres } from "./peers/pglite-server.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

await roles({
  server: servePostgres,
  async client() {
    const { Person, Book } = await loadTypeScript("typeorm/entities");
    const source = new DataSource({
      type: "postgres",
      host,
      port,
      username: "postgres",
      database: "postgres",
      poolSize: 2,
      installExtensions: false,
      entities: [Person, Book],
    });
    await source.initialize();
    await source.synchronize();
    const people = source.getRepository(Person);
    const ada = people.create({ name: "ada", born: new Date("1815-12-10"), books: [] });
    ada.books.push(source.getRepository(Book).create({ title: "Notes" }));
    await people.save(ada);
    await people.save([{ name: "alan" }, { name: "grace" }].map((one) => people.create(one)));
    const found = await people.findOne({ where: { name: "ada" }, relations: { books: true } });
    say(
      "found",
      found instanceof Person,
      found.id,
      found.label,
      found.books.map(({ title }) => title),
    );
    say(
      "built",
      await people
        .createQueryBuilder("person")
        .leftJoin("person.books", "book")
        .select("person.name", "name")
        .addSelect("count(book.id)", "books")
        .groupBy("person.name")
        .orderBy("person.name")
        .getRawMany(),
    );
    const types = source
      .getMetadata(Person)
      .columns.map(({ propertyName, type }) => [
        propertyName,
        typeof type === "function" ? type.name : type,
      ]);
    say("types", types);
    const failed = await source
      .transaction(async (manager) => {
        await manager.insert(Person, { name: "eve" });
        await manager.insert(Person, { name: "ada" });
      })
      .catch((error) => error);
    say("rolled back", failed.name, failed.driverError.code, await people.count());
    await people.update({ name: "alan" }, { born: new Date("1912-06-23") });
    say(
      "sorted",
      (await people.find({ order: { born: "DESC" }, take: 2 })).map(({ name }) => name),
    );

    crash();
    for (;;) {
      const gone = await people.count().catch((error) => error);
      if (gone.driverError?.code === "42P01") {
        say("after the crash", gone.name, gone.driverError.code);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await source.synchronize();
    say("made again", await people.count());
    await source.destroy();
  },
});

/** sequelize with pg over PostgreSQL itself (PGlite): models, associations, hooks, scopes, transactions, validation, a crash. */
import { DataTypes, Op, Sequelize } from "sequelize";
import { servePostgres } from "./peers/pglite-server.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

await roles({
  server: servePostgres,
  async client() {
    const sequelize = new Sequelize("postgres", "postgres", "", {
      host,
      port,
      dialect: "postgres",
      logging: false,
      pool: { max: 1, acquire: 120_000 },
    });
    const Person = sequelize.define(
      "person",
      {
        name: { type: DataTypes.STRING, unique: true, validate: { len: [2, 20] } },
        born: DataTypes.INTEGER,
        meta: DataTypes.JSONB,
      },
      {
        timestamps: false,
        scopes: { late: { where: { born: { [Op.gt]: 1900 } } } },
        hooks: { beforeCreate: (person) => void (person.name = person.name.trim()) },
      },
    );
    const Book = sequelize.define("book", { title: DataTypes.STRING }, { timestamps: false });
    Person.hasMany(Book, { as: "books" });
    Book.belongsTo(Person, { as: "person" });
    await sequelize.sync();
    const ada = await Person.create({ name: " ada ", born: 1815, meta: { title: "countess" } });
    await Person.bulkCreate([
      { name: "alan", born: 1912 },
      { name: "grace", born: 1906 },
    ]);
    await ada.createBook({ title: "Notes" });
    const found = await Person.findOne({
      where: { meta: { title: "countess" } },
      include: { model: Book, as: "books" },
    });
    say(
      "included",
      found.name,
      found.books.map(({ title }) => title),
    );
    say(
      "scoped",
      (await Person.scope("late").findAll({ order: ["name"] })).map(({ name }) => name),
    );
    const bad = await Person.create({ name: "x" }).catch((error) => error);
    say("invalid", bad.name, bad.message);
    const rolled = await sequelize
      .transaction(async (transaction) => {
        await Person.create({ name: "eve" }, { transaction });
        await Person.create({ name: "alan" }, { transaction });
      })
      .catch((error) => error);
    say("rolled back", rolled.name, rolled.errors[0].message, await Person.count());
    const [changed, rows] = await Person.update(
      { born: 1913 },
      { where: { name: "alan" }, returning: true },
    );
    say("updated", changed, rows[0].toJSON());
    say("raw", await sequelize.query("select sum(born) as sum from people", { plain: true }));

    crash();
    for (;;) {
      const gone = await Person.count().catch((error) => error);
      if (gone.original?.code === "42P01") {
        say("after the crash", gone.name, gone.original.code);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await sequelize.sync();
    say("made again", await Person.count());
    await sequelize.close();
  },
});

/** The first migration of `knex.mjs`. */
export async function up(knex) {
  await knex.schema.createTable("people", (table) => {
    table.increments("id");
    table.string("name").notNullable().unique();
    table.integer("born");
  });
}

export async function down(knex) {
  await knex.schema.dropTable("people");
}

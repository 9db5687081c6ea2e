/** The second migration of `knex.mjs`, as CommonJS. */
exports.up = (knex) =>
  knex.schema.createTable("books", (table) => {
    table.increments("id");
    table.integer("author_id").references("id").inTable("people");
    table.string("title");
    table.jsonb("tags");
  });

exports.down = (knex) => knex.schema.dropTable("books");

/** The database host of the applications that need PostgreSQL: PGlite behind its socket server. */

/** What `applications` has to hold for it. */
export const postgresNeeds = {
  "postgres/node_modules": "npm install --prefix applications/postgres",
};

/** The host, to be called `database`. */
export const postgres = {
  own: "postgres/server.mjs",
  port: 5432,
  keeps: true,
  env: (at) => ({ PORT: String(at("database").port) }),
};

/** The same, with SQL of a checkout that it runs when it starts, such as migrations. */
export function postgresWith(checkout, files) {
  const SQL_FILES = files.map((file) => `checkouts/${checkout}/${file}`).join(":");
  return { ...postgres, env: (at) => ({ ...postgres.env(at), SQL_FILES }) };
}

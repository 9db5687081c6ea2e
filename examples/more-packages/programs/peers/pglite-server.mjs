/** PostgreSQL itself (PGlite, as WebAssembly) behind its protocol on a port, its data in memory. */
import { PGlite } from "@electric-sql/pglite";
import { dataDir } from "@electric-sql/pglite-prepopulatedfs";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { port, ready } from "../roles.mjs";

export async function servePostgres() {
  // A folder that `initdb` has been through already: that takes most of a start.
  const db = await PGlite.create({ loadDataDir: await dataDir() });
  const server = new PGLiteSocketServer({ db, host: "0.0.0.0", port, maxConnections: 100 });
  await server.start();
  ready();
}

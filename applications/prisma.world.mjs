/**
 * The Express and Prisma RealWorld backend over PostgreSQL, from what its build (nx) makes. Its Prisma 4 has native
 * engines only, so both arms run it with a Prisma 6 whose query compiler is WebAssembly; its own files are unchanged.
 * `prisma migrate` is a native engine too: the database runs the migrations' SQL when it starts.
 */
import { postgresNeeds, postgresWith } from "./support/postgres.mjs";
import { applicationWorld } from "./support/world.mjs";

const checkout = "node-express-realworld-example-app";
const migrations = [
  "20210924225358_initial",
  "20211001143221_implicit_tags",
  "20211105153605_api_url",
  "20211221184529_deprecated_preview",
].map((name) => `src/prisma/migrations/${name}/migration.sql`);

export const application = {
  title: "Express and Prisma RealWorld keeps articles",
  checkout,
  needs: {
    "node_modules/express": "npm install",
    "node_modules/@prisma/adapter-pg":
      "npm install --no-save @prisma/client@6 prisma@6 @prisma/adapter-pg@6",
    "node_modules/.prisma/client/query_compiler_bg.wasm":
      "node applications/prisma/generate.mjs CHECKOUT CHECKOUT/src/prisma/schema.prisma",
    "dist/api/main.js": "npx nx build",
  },
  ownNeeds: postgresNeeds,
  hosts: {
    database: postgresWith(checkout, migrations),
    express: {
      serves: true,
      programs: {
        wait: { own: "support/wait-for.mjs", argv: (at) => [at("database").address], ends: true },
        server: {
          after: { wait: "exited" },
          file: "dist/api/main.js",
          preload: "prisma/adapter.cjs",
          port: 3000,
          env: (at) => ({
            PORT: String(at("express").port),
            NODE_ENV: "production",
            JWT_SECRET: "a secret",
            DATABASE_URL: `postgresql://postgres:postgres@${at("database").address}/postgres`,
          }),
        },
      },
    },
  },
  flow: "prisma.flow.mjs",
};

export default applicationWorld(application);

/** The NestJS RealWorld backend over PostgreSQL, from its sources under ts-node, tables by TypeORM. */
import { postgres, postgresNeeds } from "./support/postgres.mjs";
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "NestJS RealWorld keeps articles",
  checkout: "nestjs-realworld-example-app",
  needs: {
    "node_modules/@nestjs/core": "npm install",
    "node_modules/pg": "npm install --no-save pg",
    "node_modules/hash-wasm": "npm install --no-save hash-wasm (argon2 in the world)",
    "src/config.ts": "copy src/config.ts.example",
  },
  ownNeeds: postgresNeeds,
  hosts: {
    database: postgres,
    nest: {
      serves: true,
      programs: {
        wait: {
          own: "support/wait-for.mjs",
          argv: (at) => [at("database").address],
          ends: true,
        },
        server: {
          after: { wait: "exited" },
          file: "index.js",
          port: 3000,
          fixed: true,
          env: (at) => ({
            TYPEORM_CONNECTION: "postgres",
            TYPEORM_HOST: at("database").host,
            TYPEORM_PORT: String(at("database").port),
            TYPEORM_USERNAME: "postgres",
            TYPEORM_PASSWORD: "postgres",
            TYPEORM_DATABASE: "postgres",
            TYPEORM_ENTITIES: "src/**/**.entity.ts",
            TYPEORM_SYNCHRONIZE: "true",
            // Checking types at each start takes most of the time; it agrees as well.
            TS_NODE_TRANSPILE_ONLY: "true",
          }),
        },
      },
    },
  },
  flow: "nestjs.flow.mjs",
};

export default applicationWorld(application);

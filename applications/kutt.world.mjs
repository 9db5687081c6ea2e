/** Kutt over PostgreSQL and Redis: migrated by Knex's own command first, visits counted by a sandboxed Bull queue. */
import { postgres, postgresNeeds } from "./support/postgres.mjs";
import { applicationWorld } from "./support/world.mjs";

const env = (at) => ({
  PORT: String(at("kutt").port),
  DEFAULT_DOMAIN: "kutt.example",
  JWT_SECRET: "securekey",
  DB_CLIENT: "pg",
  DB_HOST: at("database").host,
  DB_PORT: String(at("database").port),
  DB_NAME: "postgres",
  DB_USER: "postgres",
  DB_PASSWORD: "postgres",
  REDIS_ENABLED: "true",
  REDIS_HOST: at("redis").host,
  REDIS_PORT: String(at("redis").port),
});

export const application = {
  title: "Kutt shortens links",
  checkout: "kutt",
  needs: { "node_modules/knex": "npm install" },
  ownNeeds: postgresNeeds,
  hosts: {
    redis: { block: "redis", port: 6379 },
    database: postgres,
    kutt: {
      serves: true,
      programs: {
        wait: { own: "support/wait-for.mjs", argv: (at) => [at("database").address], ends: true },
        migrate: {
          after: { wait: "exited" },
          file: "node_modules/knex/bin/cli.js",
          argv: () => ["migrate:latest"],
          env,
          ends: true,
        },
        server: {
          file: "server/server.js",
          argv: () => ["--production"],
          port: 3000,
          env,
          after: { migrate: "exited" },
        },
      },
    },
  },
  flow: "kutt.flow.mjs",
};

export default applicationWorld(application);

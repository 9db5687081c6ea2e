/** Unleash over PostgreSQL: it migrates its database when it starts. */
import { postgres, postgresNeeds } from "./support/postgres.mjs";
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "Unleash serves feature toggles",
  checkout: "unleash",
  node: 22,
  needs: {
    "node_modules/express": "pnpm install",
    "dist/server.js": "pnpm run build:backend",
    "frontend/build/index.html":
      "pnpm run build:frontend (or its index.html and favicon.ico alone)",
  },
  ownNeeds: postgresNeeds,
  hosts: {
    database: postgres,
    unleash: {
      file: "dist/server.js",
      port: 4242,
      serves: true,
      env: (at) => ({
        NODE_ENV: "production",
        TZ: "UTC",
        HTTP_PORT: String(at("unleash").port),
        UNLEASH_URL: "http://unleash",
        DATABASE_HOST: at("database").host,
        DATABASE_PORT: String(at("database").port),
        DATABASE_NAME: "postgres",
        DATABASE_USERNAME: "postgres",
        DATABASE_PASSWORD: "postgres",
        DATABASE_SSL: "false",
        LOG_LEVEL: "warn",
        CHECK_VERSION: "false",
        SEND_TELEMETRY: "false",
        SIMPLE_LOGIN_LIMIT_PER_MINUTE: "1000",
        INIT_ADMIN_API_TOKENS: "*:*.unleash-admin-token",
        INIT_BACKEND_API_TOKENS: "default:development.unleash-client-token",
      }),
    },
  },
  flow: "unleash.flow.mjs",
};

export default applicationWorld(application);

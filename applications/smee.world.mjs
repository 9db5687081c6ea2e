/** smee.io: two instances that share a Redis; a webhook posted to one is forwarded by the other over SSE. */
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "smee.io forwards webhooks",
  checkout: "smee.io",
  needs: { "node_modules/fastify": "npm install", "public/main.min.js": "npm run build" },
  hosts: {
    redis: { block: "redis", port: 6379 },
    "smee-1": { file: "index.js", port: 3000, serves: true, env: serverEnv("smee-1") },
    "smee-2": { file: "index.js", port: 3000, serves: true, env: serverEnv("smee-2") },
  },
  flow: "smee.flow.mjs",
};

function serverEnv(name) {
  return (at) => ({ PORT: String(at(name).port), REDIS_URL: `redis://${at("redis").address}` });
}

export default applicationWorld(application);

/** Arena over Bull, as its repository's example starts it: it finds its Redis on the host that it runs on. */
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "Arena shows Bull's queues",
  checkout: "arena",
  needs: {
    "node_modules/express": "npm install",
    "example/node_modules/bull": "npm install in example",
  },
  hosts: {
    arena: {
      serves: true,
      programs: {
        redis: { block: "redis", port: 6379, fixed: true },
        arena: { file: "example/bull.js", port: 4735, fixed: true, after: { redis: "listening" } },
      },
    },
  },
  flow: "arena.flow.mjs",
};

export default applicationWorld(application);

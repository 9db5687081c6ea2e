/** json-server over the database of its repository, as its `bin` starts it; it watches the file for changes. */
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "json-server serves a file",
  checkout: "json-server",
  node: 22,
  needs: { "node_modules/chokidar": "npm install", "lib/bin.js": "npm run build" },
  writes: ["fixtures/db.json"],
  hosts: {
    json: {
      file: "lib/bin.js",
      port: 3000,
      serves: true,
      argv: (at) => ["--port", String(at("json").port), "fixtures/db.json"],
    },
  },
  flow: "json-server.flow.mjs",
};

export default applicationWorld(application);

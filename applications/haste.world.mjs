/** haste-server as it is configured in its repository: pastes are files, found by the digest of their key. */
import { applicationWorld } from "./support/world.mjs";

export const application = {
  title: "haste-server keeps pastes",
  checkout: "haste-server",
  needs: { "node_modules/connect": "npm install" },
  writes: ["data", "static/application.min.js"],
  hosts: {
    haste: {
      file: "server.js",
      port: 7777,
      serves: true,
      env: (at) => ({ PORT: String(at("haste").port) }),
    },
  },
  flow: "haste.flow.mjs",
};

export default applicationWorld(application);

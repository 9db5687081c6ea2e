/** Lightcone's own Redis block, as the server that the Redis clients here talk to. */
import { Server } from "../../../../dist/blocks/redis/server.js";
import { port, ready } from "../roles.mjs";

export async function serveRedis() {
  await new Server({}).listen(port, "0.0.0.0");
  ready();
}

/** A client without a timeout, and a server that never answers it. */
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";

export default world("every request is answered", (w) => {
  const server = w.host("server", () => void createServer(() => {}).listen(80));
  w.host("client", async ({ op }) => {
    await op(
      "request",
      "a",
      () => new Promise((done) => createConnection(80, server).on("data", done)),
    );
  });
  w.run("9s");
});

/**
 * Ports for servers that must be told theirs before they start, and so cannot ask the system for a free one.
 *
 * They lie below the range that Linux, macOS and Windows draw from for `listen(0)` and for outgoing
 * connections: a port that the system gave and that was closed again may be given, before the server has bound
 * it, to another program. The server then fails to bind, and whoever connects to "it" talks to a stranger.
 */
import { createServer } from "node:net";

const FIRST = 10_000;
const COUNT = 22_000;

/** A loopback port that nothing listens on, and that the system gives to nobody by itself. */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

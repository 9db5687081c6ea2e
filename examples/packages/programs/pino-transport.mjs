/** pino.transport, in worker threads: pino/file, pino-pretty, and a target that lies beside the program. */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { ready, roles, say, until } from "./roles.mjs";

const targets = {
  "pino/file": {},
  "pino-pretty": { colorize: false },
  [join(import.meta.dirname, "beside", "transport.mjs")]: {},
};

await roles({
  server: () => {
    setInterval(() => {}, 1e6);
    ready();
  },
  async client() {
    // A transport's thread keeps nobody alive.
    setInterval(() => {}, 1e6);
    const folder = mkdtempSync(join(tmpdir(), "pino-"));
    for (const [target, options] of Object.entries(targets)) {
      const destination = join(folder, `${target.length}.log`);
      const transport = pino.transport({ target, options: { ...options, destination } });
      const log = pino({ base: null, timestamp: false }, transport);
      await once(transport, "ready");
      log.info({ user: 7 }, "through a thread");
      log.error("bad");
      await new Promise((flushed) => log.flush(flushed));
      // The thread has all of it now, and writes it in the background.
      await until(() => existsSync(destination) && /bad/i.test(readFileSync(destination, "utf8")));
      say(target.split("/").at(-1), readFileSync(destination, "utf8"));
    }
    rmSync(folder, { recursive: true });
  },
});

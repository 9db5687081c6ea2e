/** pino: levels, children, serializers, redaction, to a file that is read back. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pino from "pino";
import { ready, roles, say } from "./roles.mjs";

await roles({
  server: () => {
    setInterval(() => {}, 1e6);
    ready();
  },
  async client() {
    const file = join(mkdtempSync(join(tmpdir(), "pino-")), "app.log");
    const destination = pino.destination({ dest: file, sync: true });
    const log = pino(
      { base: null, timestamp: false, level: "debug", redact: ["password"], name: "app" },
      destination,
    );
    log.info({ password: "secret", user: 7 }, "in %s", "english");
    log.child({ request: 1 }).warn("careful");
    log.trace("not written");
    log.error(new TypeError("bad"), "failed");
    destination.flushSync();
    for (const line of readFileSync(file, "utf8").trim().split("\n")) {
      const entry = JSON.parse(line);
      if (entry.err) entry.err = { type: entry.err.type, message: entry.err.message };
      say(entry);
    }
    say("bigger", pino.levels.values.error > pino.levels.values.warn);
    rmSync(dirname(file), { recursive: true });
  },
});

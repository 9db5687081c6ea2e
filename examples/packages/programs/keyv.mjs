/** keyv over the Redis block (@keyv/redis): namespaces, times to live, many keys at once, iterating, a server that crashes. */
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { serveRedis } from "./peers/redis-block.mjs";
import { crash, host, port, roles, say, until } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const store = new KeyvRedis(`redis://${host}:${port}`, { throwOnConnectError: false });
    const users = new Keyv({ store, namespace: "users" });
    const errors = [];
    users.on("error", (error) => errors.push(error.code ?? error.message));
    say("set", await users.set("ada", { born: 1815, tags: new Set(["a"]).size }));
    say("get", await users.get("ada"), await users.get("bob"));
    await users.setMany([
      { key: "bob", value: 1 },
      { key: "eve", value: [2, null] },
    ]);
    say("many", await users.getMany(["ada", "bob", "eve", "nobody"]));
    await users.set("late", "gone soon", 100);
    while (await users.has("late")) await new Promise((resolve) => setTimeout(resolve, 20));
    say("late", await users.get("late"));
    const keys = [];
    for await (const [key] of users.iterator()) keys.push(key);
    say("keys", keys.toSorted());
    say("delete", await users.delete("ada"), await users.delete("ada"));
    await users.clear();
    say("cleared", await users.get("bob"));

    const local = new Keyv();
    await local.set("here", true);
    say("local", await local.get("here"), await local.get("there"));

    await users.set("memory", "lost");
    crash();
    await until(() => errors.length > 0);
    say("error seen", errors.length > 0);
    for (;;) {
      if (await users.set("back", "again").catch(() => false)) break;
    }
    say("after the crash", await users.get("back"), await users.get("memory"));
    await users.disconnect();
  },
});

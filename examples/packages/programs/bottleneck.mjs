/** bottleneck: concurrency, reservoirs, priorities, retries; one limit shared over the Redis block, which crashes. */
import Bottleneck from "bottleneck";
import Redis from "ioredis";
import { serveRedis } from "./peers/redis-block.mjs";
import { crash, host, port, roles, say, until } from "./roles.mjs";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await roles({
  server: serveRedis,
  async client() {
    const local = new Bottleneck({ maxConcurrent: 2, minTime: 10 });
    let running = 0;
    let most = 0;
    const job = async (n) => {
      most = Math.max(most, ++running);
      await wait(20);
      running--;
      return n * n;
    };
    say("squares", await Promise.all([1, 2, 3, 4, 5].map((n) => local.schedule(job, n))), most);

    const order = [];
    const queue = new Bottleneck({ maxConcurrent: 1 });
    queue.schedule(() => wait(20));
    await Promise.all(
      [9, 1, 5].map((priority) =>
        queue.schedule({ priority }, async () => void order.push(priority)),
      ),
    );
    say("order", order);

    queue.on("failed", (error, { retryCount }) => (retryCount < 2 ? 10 : undefined));
    let tries = 0;
    const flaky = async () => {
      if (++tries < 3) throw new Error("not yet");
      return tries;
    };
    say("retried", await queue.schedule(flaky));
    const never = async () => {
      throw new Error("never");
    };
    say("failed", await queue.schedule(never).catch((error) => error.message));
    await queue.stop();
    say("stopped", await queue.schedule(flaky).catch((error) => error.message));

    const errors = [];
    const shared = () => {
      const limiter = new Bottleneck({
        id: "api",
        datastore: "ioredis",
        Redis,
        clearDatastore: false,
        clientOptions: { host, port, retryStrategy: () => 50 },
        reservoir: 4,
        maxConcurrent: 1,
      });
      limiter.on("error", (error) => errors.push(error.code ?? error.message));
      return limiter;
    };
    const [one, two] = [shared(), shared()];
    await Promise.all([one.ready(), two.ready()]);
    const done = [];
    await Promise.all([
      one.schedule(async () => void done.push("one")),
      two.schedule(async () => void done.push("two")),
      one.schedule(async () => void done.push("one")),
    ]);
    say("shared", done.toSorted(), await one.currentReservoir(), await two.currentReservoir());
    say("published", await one.incrementReservoir(2), await two.currentReservoir());

    crash();
    await until(() => errors.length > 0);
    say("errors", [...new Set(errors)]);
    // Redis has forgotten the limit: whoever comes next makes it again. (Limiters of before recognize that by an error
    // that Redis 7 spells in another way, and queue nothing from then on.)
    const three = shared();
    await three.ready();
    say("after the crash", await three.schedule(async () => "ran"), await three.currentReservoir());
    await three.disconnect(false);
    await one.disconnect(false);
    await two.disconnect(false);
  },
});

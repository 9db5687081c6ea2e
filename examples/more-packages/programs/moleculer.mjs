/** moleculer: two nodes over the Redis block (transporter, cache): remote calls, validation, events, streams, retries, a crash. */
import { Readable } from "node:stream";
import { ServiceBroker } from "moleculer";
import { Server } from "../../../dist/blocks/redis/server.js";
import { crash, host, port, ready, roles, say } from "./roles.mjs";

const options = (nodeID, at) => ({
  nodeID,
  logger: false,
  transporter: {
    type: "Redis",
    options: { host: at, port, retryStrategy: () => 50, maxRetriesPerRequest: null },
  },
  heartbeatInterval: 1,
  heartbeatTimeout: 3,
  requestTimeout: 5000,
});

await roles({
  async server() {
    await new Server({}).listen(port, "0.0.0.0");
    const broker = new ServiceBroker(options("server", "127.0.0.1"));
    let asked = 0;
    broker.createService({
      name: "math",
      actions: {
        add: {
          params: { a: "number", b: { type: "number", positive: true } },
          handler: ({ params }) => params.a + params.b,
        },
        fail() {
          throw new Error("no idea");
        },
        flaky() {
          if (++asked < 3) throw Object.assign(new Error("again"), { retryable: true });
          return asked;
        },
        where: (context) => [context.nodeID, context.meta.user, context.caller],
        async length(context) {
          let length = 0;
          for await (const chunk of context.params) length += chunk.length;
          return length;
        },
      },
      events: {
        "user.created": {
          context: true,
          handler: (context) => context.emit("user.greeted", { name: context.params.name }),
        },
      },
    });
    await broker.start();
    ready();
  },
  async client() {
    const broker = new ServiceBroker({
      ...options("client", host),
      retryPolicy: { enabled: true, retries: 5, delay: 20, check: (error) => error.retryable },
    });
    const greeted = [];
    broker.createService({
      name: "ears",
      events: {
        "user.greeted": {
          context: true,
          handler: ({ params, nodeID }) => greeted.push([params.name, nodeID]),
        },
      },
    });
    await broker.start();
    await broker.waitForServices("math");
    say("add", await broker.call("math.add", { a: 2, b: 3 }));
    const invalid = await broker.call("math.add", { a: "x", b: -1 }).catch((error) => error);
    say(
      "invalid",
      invalid.name,
      invalid.code,
      invalid.data.map(({ type, field }) => [type, field]),
    );
    const failed = await broker.call("math.fail").catch((error) => error);
    say("failed", failed.name, failed.message, failed.nodeID);
    say("flaky", await broker.call("math.flaky"));
    say("where", await broker.call("math.where", {}, { meta: { user: "ada" } }));
    const missing = await broker.call("math.nothing").catch((error) => error);
    say("missing", missing.name, missing.code);
    const chunks = Readable.from(
      ["one", "two", "x".repeat(10_000)].map((text) => Buffer.from(text)),
    );
    say("streamed", await broker.call("math.length", chunks));
    // The other node may not have heard yet that somebody listens here.
    while (greeted.length === 0) {
      await broker.emit("user.created", { name: "ada" });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    say("greeted", greeted[0]);

    crash();
    // A fresh server counts from the beginning.
    for (;;) {
      const answer = await broker.call("math.flaky").catch(() => undefined);
      if (answer === 3) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    say("after the crash", await broker.call("math.add", { a: 20, b: 22 }));
    await broker.stop();
  },
});

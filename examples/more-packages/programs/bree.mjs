/** bree: jobs in worker threads by interval and by cron, with data, messages, time-outs, errors and an end. */
import Bree from "bree";
import { fileURLToPath } from "node:url";
import { ready, roles, say, until } from "./roles.mjs";

const at = (name) => fileURLToPath(new URL(`./beside/jobs/${name}.cjs`, import.meta.url));

await roles({
  server() {
    setInterval(() => {}, 1e6);
    ready();
  },
  async client() {
    const messages = [];
    const errors = [];
    const bree = new Bree({
      root: false,
      logger: false,
      doRootCheck: false,
      outputWorkerMetadata: false,
      jobs: [
        { name: "greet", path: at("greet"), interval: 100, worker: { workerData: { to: "ada" } } },
        { name: "fail", path: at("fail"), timeout: 50 },
      ],
      workerMessageHandler: ({ name, message }) => messages.push([name, message]),
      errorHandler: (error, { name }) => errors.push([name, error.message]),
    });
    const created = [];
    bree.on("worker created", (name) => created.push(name));
    await bree.start();
    await until(() => messages.length >= 4 && errors.length > 0);
    await bree.stop();
    say("messages", messages.slice(0, 2));
    say("errors", errors);
    say("created", [...new Set(created)].toSorted());
    await bree.add({ name: "once", path: at("greet") });
    messages.length = 0;
    await bree.run("once");
    await until(() => messages.length > 0);
    say("once", messages[0]);
    say("twice", await bree.add({ name: "once" }).catch(({ message }) => message));
  },
});

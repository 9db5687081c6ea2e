/** agenda over the Redis block (@agendajs/redis-backend): jobs now, later and at an interval, priorities, failures, unique jobs, two workers, a server that crashes. */
import { RedisBackend } from "@agendajs/redis-backend";
import { Agenda } from "agenda";
import { serveRedis } from "../../packages/programs/peers/redis-block.mjs";
import { crash, host, port, roles, say } from "./roles.mjs";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await roles({
  server: serveRedis,
  async client() {
    const errors = [];
    const make = async (name) => {
      const redisOptions = { host, port, retryStrategy: () => 50, maxRetriesPerRequest: null };
      const backend = new RedisBackend({ redisOptions, name });
      // An error of its subscription ends the process if nobody listens.
      backend.notificationChannel.on("error", (error) => errors.push(error.code ?? error.name));
      const agenda = new Agenda({
        backend,
        processEvery: 100,
        defaultLockLifetime: 10_000,
      });
      agenda.on("error", (error) => errors.push(error.code ?? error.name));
      await agenda.ready;
      return agenda;
    };
    const [agenda, other] = [await make("one"), await make("two")];
    const done = [];
    for (const each of [agenda, other]) {
      each.define("greet", async ({ attrs }) => void done.push(attrs.data.to));
      each.define("fail", async () => {
        throw new Error("not today");
      });
      each.define("tick", async () => void done.push("tick"), { concurrency: 1 });
    }
    const until = async (holds) => {
      while (!(await holds())) await sleep(20);
    };
    const failed = new Promise((resolve) => {
      for (const each of [agenda, other])
        each.on("fail:fail", (error, { attrs }) =>
          resolve([error.message, attrs.failCount, attrs.failReason]),
        );
    });
    await agenda.start();
    await other.start();

    await agenda.now("greet", { to: "ada" });
    await until(() => done.includes("ada"));
    say("now", done);
    const begun = Date.now();
    await agenda.schedule(new Date(begun + 600), "greet", { to: "late" });
    await until(() => done.includes("late"));
    say("later", Date.now() - begun >= 600);
    await agenda.now("fail", {});
    say("failed", await failed);
    for (const n of [1, 2]) {
      const job = agenda.create("greet", { to: "unique" });
      job.unique({ "data.to": "unique" });
      job.schedule(new Date(Date.now() + 500 * n));
      await job.save();
    }
    await until(() => done.includes("unique"));
    await sleep(1_200);
    say("unique", done.filter((to) => to === "unique").length);
    await agenda.every(200, "tick");
    await until(() => done.filter((to) => to === "tick").length >= 3);
    say("cancelled", await agenda.cancel({ name: "tick" }));
    const ticks = done.filter((to) => to === "tick").length;
    await sleep(1_000);
    say("no more", done.filter((to) => to === "tick").length - ticks <= 1);

    crash();
    await until(() =>
      agenda.now("greet", { to: "after" }).then(
        () => true,
        () => false,
      ),
    );
    await until(() => done.includes("after"));
    say("after the crash");
    await agenda.stop();
    await other.stop();
    process.exit(0);
  },
});

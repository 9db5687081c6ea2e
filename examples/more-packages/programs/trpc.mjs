/** tRPC: queries and mutations in a batch, inputs checked by zod, errors, and a subscription over ws that survives a crash. */
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { crash, host, port, ready, roles, say, until, url } from "./roles.mjs";

await roles({
  server() {
    const t = initTRPC.context().create();
    const people = new Map([["1", { id: "1", name: "ada" }]]);
    const logged = t.procedure.use(async ({ ctx, next, path }) => {
      if (ctx.token !== "secret") throw new TRPCError({ code: "UNAUTHORIZED", message: path });
      return next({ ctx: { ...ctx, who: "ada" } });
    });
    const router = t.router({
      person: t.procedure.input(z.string()).query(({ input }) => people.get(input) ?? null),
      add: logged.input(z.object({ name: z.string().min(2) })).mutation(({ input, ctx }) => {
        const id = String(people.size + 1);
        people.set(id, { id, name: input.name });
        return { id, by: ctx.who };
      }),
      count: t.procedure
        .input(z.object({ to: z.number(), lastEventId: z.string().nullish() }))
        .subscription(async function* ({ input }) {
          for (let i = 1; i <= input.to; i++) {
            yield i;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }),
    });
    const createContext = ({ req }) => ({ token: req.headers["authorization"] });
    const server = createServer(createHTTPHandler({ router, createContext }));
    applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext });
    server.listen(port, ready);
  },
  async client() {
    let requests = 0;
    let token = "wrong";
    const opened = [];
    const wsClient = createWSClient({
      url: `ws://${host}:${port}`,
      WebSocket,
      retryDelayMs: () => 50,
      onOpen: () => opened.push("open"),
      onClose: () => opened.push("close"),
    });
    const trpc = createTRPCClient({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: wsLink({ client: wsClient }),
          false: httpBatchLink({
            url,
            headers: () => ({ authorization: token }),
            fetch: (...args) => {
              requests++;
              return fetch(...args);
            },
          }),
        }),
      ],
    });
    say("batch", await Promise.all([trpc.person.query("1"), trpc.person.query("2")]), requests);
    const refused = await trpc.add.mutate({ name: "alan" }).catch((error) => error);
    say("refused", refused.name, refused.message, refused.data.code, refused.data.httpStatus);
    token = "secret";
    say("added", await trpc.add.mutate({ name: "alan" }), await trpc.person.query("2"));
    const bad = await trpc.add.mutate({ name: "x" }).catch((error) => error);
    say("bad", bad.data.code, JSON.parse(bad.message)[0].code, JSON.parse(bad.message)[0].path);
    say("missing", (await trpc.nothing.query().catch((error) => error)).data.code);

    const seen = [];
    const take = (to) =>
      new Promise((resolve, reject) => {
        const subscription = trpc.count.subscribe(
          { to },
          {
            onData: (value) => seen.push(value),
            onError: reject,
            onComplete: () => {
              subscription.unsubscribe();
              resolve();
            },
          },
        );
      });
    await take(3);
    say("counted", seen.splice(0));
    const taking = take(40);
    await until(() => seen.length >= 2);
    crash();
    await taking;
    say(
      "counted again",
      seen.slice(0, 2),
      seen.slice(-3),
      seen.filter((value) => value === 1).length,
    );
    say("connection", opened[0], opened.at(-1), opened.includes("close"));
    await wsClient.close();
  },
});

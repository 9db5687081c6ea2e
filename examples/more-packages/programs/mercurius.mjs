/** mercurius on fastify: a schema, loaders, errors, batched queries, a subscription over ws that is taken up again after a crash. */
import Fastify from "fastify";
import mercurius from "mercurius";
import WebSocket from "ws";
import { crash, host, port, ready, roles, say, url } from "./roles.mjs";

await roles({
  async server() {
    const app = Fastify();
    const dogs = [{ name: "Max" }, { name: "Charlie" }];
    let loads = 0;
    app.register(mercurius, {
      schema: `
        type Owner { name: String }
        type Dog { name: String! owner: Owner }
        type Query { add(x: Int, y: Int): Int dogs: [Dog] loads: Int fail: Int }
        type Mutation { bark(name: String!): Boolean }
        type Subscription { barked: String }`,
      resolvers: {
        Query: {
          add: (_root, { x, y }) => x + y,
          dogs: () => dogs,
          loads: () => loads,
          fail() {
            throw new mercurius.ErrorWithProps("broken", { code: "BROKEN" }, 200);
          },
        },
        Mutation: {
          async bark(_root, { name }, { pubsub }) {
            await pubsub.publish({ topic: "barks", payload: { barked: name } });
            return true;
          },
        },
        Subscription: {
          barked: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe("barks") },
        },
      },
      loaders: {
        Dog: {
          async owner(queries) {
            loads++;
            return queries.map(({ obj }) => ({ name: `${obj.name}'s owner` }));
          },
        },
      },
      subscription: true,
      allowBatchedQueries: true,
      jit: 1,
    });
    await app.listen({ port, host: "0.0.0.0" });
    ready();
  },
  async client() {
    const ask = async (body) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      return [response.status, await response.json()];
    };
    const query = "query Add($x: Int!) { add(x: $x, y: 2) }";
    say(
      "add",
      await ask({ query, variables: { x: 40 } }),
      await ask({ query, variables: { x: 1 } }),
    );
    say("loaded", await ask({ query: "{ dogs { name owner { name } } loads }" }));
    say("loads", await ask({ query: "{ loads }" }));
    say("error", await ask({ query: "{ fail }" }));
    say("unknown", await ask({ query: "{ cats }" }));
    say("batch", await ask([{ query: "{ add(x: 1, y: 1) }" }, { query: "{ add(x: 2, y: 2) }" }]));

    const subscribe = () =>
      new Promise((resolve) => {
        const heard = [];
        const socket = new WebSocket(`ws://${host}:${port}/graphql`, "graphql-ws");
        const send = (message) => socket.send(JSON.stringify(message));
        socket.on("open", () => send({ type: "connection_init" }));
        socket.on("error", () => resolve(undefined));
        socket.on("message", (text) => {
          const { type, payload } = JSON.parse(text);
          if (type === "connection_ack") {
            send({ id: "1", type: "start", payload: { query: "subscription { barked }" } });
            // Asked on the same connection, it comes after the subscription.
            send({ id: "2", type: "start", payload: { query: "{ add(x: 0, y: 0) }" } });
          } else if (type === "data") heard.push(payload.data.barked);
          else if (type === "complete" || type === "error") resolve({ heard, socket });
        });
      });
    const bark = async (ears, name) => {
      while (!ears.heard.includes(name)) {
        await ask({ query: `mutation { bark(name: "${name}") }` });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return [...new Set(ears.heard.filter(Boolean))];
    };
    const ears = await subscribe();
    say("heard", await bark(ears, "Max"));
    const closed = new Promise((resolve) => ears.socket.once("close", resolve));
    crash();
    say("closed", await closed);
    let again;
    while ((again = await subscribe()) === undefined)
      await new Promise((resolve) => setTimeout(resolve, 50));
    say("heard again", await bark(again, "Charlie"));
    again.socket.terminate();
  },
});

/** graphql-yoga: queries, variables, mutations, errors, and a subscription over server-sent events. */
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { port, ready, roles, say, url } from "./roles.mjs";

const typeDefs = /* GraphQL */ `
  type Todo {
    id: ID!
    text: String!
    done: Boolean!
  }
  type Query {
    todos(done: Boolean): [Todo!]!
  }
  type Mutation {
    add(text: String!): Todo!
    finish(id: ID!): Todo!
  }
  type Subscription {
    countdown(from: Int!): Int!
  }
`;

await roles({
  server() {
    const todos = [];
    const resolvers = {
      Query: {
        todos: (_, { done }) => todos.filter((todo) => done === undefined || todo.done === done),
      },
      Mutation: {
        add(_, { text }) {
          const todo = { id: String(todos.length + 1), text, done: false };
          todos.push(todo);
          return todo;
        },
        finish(_, { id }) {
          const todo = todos.find((candidate) => candidate.id === id);
          if (!todo) throw new Error(`no todo ${id}`);
          todo.done = true;
          return todo;
        },
      },
      Subscription: {
        countdown: {
          async *subscribe(_, { from }) {
            for (let i = from; i >= 0; i--) {
              await new Promise((resolve) => setTimeout(resolve, 5));
              yield { countdown: i };
            }
          },
        },
      },
    };
    const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
    createServer(yoga).listen(port, ready);
  },
  async client() {
    const ask = async (query, variables) => {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    };
    say("add", await ask("mutation ($t: String!) { add(text: $t) { id text } }", { t: "write" }));
    say("add", await ask('mutation { add(text: "test") { id } }'));
    say("finish", await ask('mutation { finish(id: "1") { done } }'));
    say("open", await ask("{ todos(done: false) { text } }"));
    say("invalid", (await ask("{ nothing }")).errors[0].message);
    const events = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { countdown(from: 3) }" }),
    });
    const lines = (await events.text()).split("\n").filter((line) => line.startsWith("data: {"));
    say(
      "countdown",
      lines.map((line) => JSON.parse(line.slice(6)).data.countdown),
    );
  },
});

/** Apollo Server and Apollo Client: queries, variables, mutations, errors, the cache, batching, and a server that crashes. */
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core/index.js";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { GraphQLError } from "graphql";
import { crash, port, ready, roles, say, url } from "./roles.mjs";

await roles({
  async server() {
    const books = [{ id: "1", title: "Notes", author: { id: "a", name: "ada" } }];
    const server = new ApolloServer({
      typeDefs: `#graphql
        type Author { id: ID! name: String! }
        type Book { id: ID! title: String! author: Author! }
        type Query { books(first: Int): [Book!]! book(id: ID!): Book me: String! }
        type Mutation { addBook(title: String!): Book! }`,
      resolvers: {
        Query: {
          books: (_root, { first }) => books.slice(0, first ?? 10),
          book(_root, { id }) {
            const found = books.find((book) => book.id === id);
            if (found) return found;
            throw new GraphQLError("no such book", { extensions: { code: "NOT_FOUND", id } });
          },
          me: (_root, _args, { user }) => user,
        },
        Mutation: {
          addBook(_root, { title }) {
            const book = { id: String(books.length + 1), title, author: books[0].author };
            books.push(book);
            return book;
          },
        },
      },
      includeStacktraceInErrorResponses: false,
    });
    const context = async ({ req }) => ({ user: req.headers["x-user"] });
    await startStandaloneServer(server, { listen: { port }, context });
    ready();
  },
  async client() {
    let requests = 0;
    const link = new HttpLink({
      uri: url,
      headers: { "x-user": "ada" },
      fetch: (...args) => {
        requests++;
        return fetch(...args);
      },
    });
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const BOOKS = gql`
      query Books($first: Int) {
        books(first: $first) {
          id
          title
          author {
            id
            name
          }
        }
        me
      }
    `;
    const variables = { first: 5 };
    say("books", (await client.query({ query: BOOKS, variables })).data);
    await client.query({ query: BOOKS, variables });
    say("from the cache", requests);
    const watched = [];
    const subscription = client
      .watchQuery({ query: BOOKS, variables })
      .subscribe(({ data }) => data?.books && watched.push(data.books.length));
    const ADD = gql`
      mutation Add($title: String!) {
        addBook(title: $title) {
          id
          title
        }
      }
    `;
    const added = await client.mutate({
      mutation: ADD,
      variables: { title: "Letters" },
      refetchQueries: [{ query: BOOKS, variables }],
      awaitRefetchQueries: true,
    });
    say("added", added.data);
    while (watched.at(-1) !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
    say("watched", watched.at(-1));
    subscription.unsubscribe();
    const missing = await client
      .query({
        query: gql`
          {
            book(id: "9") {
              title
            }
          }
        `,
      })
      .catch((error) => error);
    say("missing", missing.name, missing.message, missing.errors?.[0].extensions);
    const invalid = await client
      .query({
        query: gql`
          {
            nothing
          }
        `,
      })
      .catch((error) => error);
    say("invalid", invalid.name, invalid.errors?.[0]?.extensions.code ?? invalid.statusCode);
    // Without a header that browsers cannot send by themselves, a GET is refused.
    say("forged", (await fetch(`${url}/?query={me}`)).status);

    crash();
    let down = false;
    for (;;) {
      const again = await client
        .query({ query: BOOKS, variables, fetchPolicy: "network-only" })
        .catch(() => {
          down = true;
        });
      if (again?.data?.books.length === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    say("after the crash", down, client.readQuery({ query: BOOKS, variables }).books.length);
    client.stop();
  },
});

/** The flow of a RealWorld backend (the API of "Conduit"): register, log in, write an article, comment, read. */
import { ask, shown, walk } from "./client.mjs";

/** Walks it. `scheme` is the word before a token in the header, `user` where a token is read in the answers. */
export async function walkRealWorld() {
  await walk(async ({ step, urls: [url], round }) => {
    const api = `${url}/api`;
    const user = {
      username: `ada${round}`,
      email: `ada${round}@example.com`,
      password: "a long password",
    };
    let token, slug, comment;
    const hidden = () => ({ slug, round: undefined });
    const signed = () => ({ authorization: `Token ${token}` });
    await step("register", async () =>
      shown(await ask("POST", `${api}/users`, { body: { user } })),
    );
    await step("the same again", async () =>
      shown(await ask("POST", `${api}/users`, { body: { user } })),
    );
    await step("a wrong password", async () => {
      const body = { user: { email: user.email, password: "guess" } };
      return shown(await ask("POST", `${api}/users/login`, { body }));
    });
    await step("login", async () => {
      const body = { user: { email: user.email, password: user.password } };
      const answer = await ask("POST", `${api}/users/login`, { body });
      token = answer.data.user.token;
      return shown(answer);
    });
    await step("who I am", async () =>
      shown(await ask("GET", `${api}/user`, { headers: signed() })),
    );
    await step("nobody", async () => (await ask("GET", `${api}/user`)).status);
    const article = {
      title: `Grüße ${round}`,
      description: "short",
      body: "long",
      tagList: ["one", "two"],
    };
    await step("an article", async () => {
      const answer = await ask("POST", `${api}/articles`, { headers: signed(), body: { article } });
      slug = (answer.data.article ?? answer.data).slug;
      return shown(answer, hidden());
    });
    await step("read back", async () =>
      shown(await ask("GET", `${api}/articles/${slug}`, { headers: signed() }), hidden()),
    );
    await step("a comment", async () => {
      const body = { comment: { body: "well said" } };
      const answer = await ask("POST", `${api}/articles/${slug}/comments`, {
        headers: signed(),
        body,
      });
      comment = (answer.data.comment ?? answer.data.article?.comments?.at(-1))?.id;
      return shown(answer, hidden());
    });
    await step("its comments", async () =>
      shown(await ask("GET", `${api}/articles/${slug}/comments`, { headers: signed() }), hidden()),
    );
    await step("a favorite", async () =>
      shown(await ask("POST", `${api}/articles/${slug}/favorite`, { headers: signed() }), hidden()),
    );
    await step("the articles", async () => {
      const { status, data } = await ask("GET", `${api}/articles`, { headers: signed() });
      return {
        status,
        count: data.articlesCount - round,
        titles: data.articles.slice(0, 1).map(({ title }) => title),
      };
    });
    await step("the comment removed", async () =>
      shown(
        await ask("DELETE", `${api}/articles/${slug}/comments/${comment}`, { headers: signed() }),
        hidden(),
      ),
    );
    await step(
      "the article removed",
      async () => (await ask("DELETE", `${api}/articles/${slug}`, { headers: signed() })).status,
    );
    await step(
      "gone",
      async () => (await ask("GET", `${api}/articles/${slug}`, { headers: signed() })).status,
    );
  });
}
